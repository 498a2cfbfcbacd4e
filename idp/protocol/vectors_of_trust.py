"""Vectors of trust: how sure a service wants to be that this is the right person.

A vector names a credential level (`Cl`: password, `Cl.Cm`: password and a second
factor) and, for identity, a level of confidence (`P0` to `P3`).
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

CREDENTIAL_LEVELS: Final = ("Cl", "Cl.Cm")
CONFIDENCE_LEVELS: Final = ("P0", "P1", "P2", "P3")
_IDENTITY_LEVELS: Final = frozenset(CONFIDENCE_LEVELS[1:])
_RANK_OF_LEVEL: Final = {level: rank for rank, level in enumerate(CREDENTIAL_LEVELS)}
_RANK_OF_CONFIDENCE: Final = {
    confidence: rank for rank, confidence in enumerate((None, *CONFIDENCE_LEVELS))
}


class VectorsNotValid(ValueError):
    """The `vtr` parameter is malformed, or combines what may not be combined."""


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector: a credential level, and a level of confidence when one was named."""

    level: str
    confidence: str | None = None

    @property
    def identity(self) -> bool:
        """Whether this vector asks for a proven identity (P1 and above)."""
        return self.confidence in _IDENTITY_LEVELS


@dataclass(frozen=True, slots=True)
class Vectors:
    """Everything one request asked for, and the lowest vector, which is the one in force."""

    asked: tuple[Vector, ...]
    effective: Vector
    named_confidences: frozenset[str]

    @property
    def identity(self) -> bool:
        """Whether a proven identity is asked for; vectors with and without never mix."""
        return self.effective.identity


def reaches(level: str, wanted: str) -> bool:
    """Say whether a session at `level` satisfies a request for `wanted`."""
    return _RANK_OF_LEVEL[level] >= _RANK_OF_LEVEL[wanted]


def of(*asked: Vector) -> Vectors:
    """Gather vectors and find the effective one: lowest confidence, then lowest level."""
    effective = min(
        asked, key=lambda v: (_RANK_OF_CONFIDENCE[v.confidence], _RANK_OF_LEVEL[v.level])
    )
    named = frozenset(v.confidence for v in asked if v.confidence is not None)
    return Vectors(asked, effective, named)


DEFAULT: Final = of(Vector("Cl.Cm"))


# A service sends the same few texts again and again; the answer depends on the text alone.
@lru_cache(maxsize=256)
def parse(text: str | None) -> Vectors:
    """Read the `vtr` parameter, a JSON array of vectors; absent or empty means `Cl.Cm`.

    Raises VectorsNotValid for anything malformed and for every illegal combination.
    """
    if text is None:
        return DEFAULT
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise VectorsNotValid("not JSON") from fault
    if not isinstance(members, list):
        raise VectorsNotValid("not a JSON array")
    if not members:
        return DEFAULT
    vectors = of(*(_vector(member) for member in members))
    if any(vector.identity != vectors.identity for vector in vectors.asked):
        raise VectorsNotValid("vectors with and without identity are mixed")
    return vectors


def _vector(member: object) -> Vector:
    """Read one vector; its parts come in any order, and unknown kinds of part are ignored."""
    if not isinstance(member, str):
        raise VectorsNotValid("a vector is not a string")
    parts = member.split(".")
    level = ".".join(sorted(part for part in parts if part.startswith("C")))
    if level not in _RANK_OF_LEVEL:
        raise VectorsNotValid("the credential part is neither Cl nor Cl.Cm")
    confidences = [part for part in parts if part.startswith("P")]
    if len(confidences) > 1:
        raise VectorsNotValid("more than one level of confidence in a vector")
    confidence = confidences[0] if confidences else None
    if confidence not in _RANK_OF_CONFIDENCE:
        raise VectorsNotValid("unknown level of confidence")
    if confidence in _IDENTITY_LEVELS and level != "Cl.Cm":
        raise VectorsNotValid("an identity is asked for without Cl.Cm")
    return Vector(level, confidence)


def permitted(
    vectors: Vectors, levels_of_confidence: Collection[str], *, identity_supported: bool
) -> bool:
    """Say whether a client may ask for these vectors.

    Every level of confidence it named, `P0` included, must be registered for it.
    """
    if vectors.identity and not identity_supported:
        return False
    return all(named in levels_of_confidence for named in vectors.named_confidences)
