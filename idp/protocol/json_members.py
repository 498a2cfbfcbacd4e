"""JSON that others write: an object with a member twice means something else to everybody."""

from __future__ import annotations


def without_doubles(members: list[tuple[str, object]]) -> dict[str, object]:
    """Gather the members of a JSON object, for `json.loads`. Raises ValueError for a double."""
    gathered = dict(members)
    if len(gathered) != len(members):
        raise ValueError("a member is there twice")
    return gathered
