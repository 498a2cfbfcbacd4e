"""How much chance there is in values of one kind, as seen from outside."""

from math import log2

ALPHABETS = (10, 16, 32, 36, 62, 64)
"""Sizes of the alphabets that random values are usually written in."""
FEW = 5
"""Letters in one place; fewer are counted as they are, as at the end of base64."""


def bits_of(values: list[str]) -> float:
    """At most how many random bits such values have: by place, from what is seen there.

    A counter looks better than it is, so this finds what is too short and not what is guessable.
    """
    places = [set(place) for place in zip(*values, strict=False)]
    changing = [place for place in places if len(place) > 1]
    seen = len(set().union(*(place for place in changing if len(place) >= FEW)))
    size = next((size for size in ALPHABETS if size >= seen), ALPHABETS[-1])
    return sum(log2(size if len(place) >= FEW else len(place)) for place in changing)
