"""A client's key set as it is at its address: each key, and what is wrong with it in particular.

For the team that published it. Which of its keys count is decided by `idp.domain.client_keys`,
which asks this module for nothing and ignores what is wrong.
"""

import json
from base64 import urlsafe_b64decode
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from idp.domain import client_keys
from idp.domain.client_keys import MOST_KEYS, SHORTEST_RSA
from idp.kernel.fetching import Fault, Fetched

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_KINDS = ("RSA", "EC")
_LONGEST_SHOWN = 100


class KeyTrouble(StrEnum):
    """What is wrong with one key of a set."""

    PRIVATE = "private"
    NO_KID = "no_kid"
    DOUBLE_KID = "double_kid"
    USE = "use"
    KIND = "kind"
    CURVE = "curve"
    WEAK = "weak"
    UNREADABLE = "unreadable"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class ExaminedKey:
    """One entry of a set; `trouble` is empty when it can be used."""

    kid: str
    kind: str
    trouble: tuple[KeyTrouble, ...]


@dataclass(frozen=True, slots=True)
class ExaminedSet:
    """What was found at an address. `fault` is why there are no keys, if there are none."""

    status: int
    content_type: str
    keys: tuple[ExaminedKey, ...] = ()
    fault: Fault | None = None

    @property
    def usable(self) -> int:
        """How many of the keys can be used."""
        return sum(not key.trouble for key in self.keys)


def examine(answer: Fetched) -> ExaminedSet:
    """Return what is in an answer that should be a key set (RFC 7517 section 5)."""
    if answer.status != 200:
        return ExaminedSet(answer.status, answer.content_type, fault=Fault.STATUS)
    try:
        read = json.loads(answer.body)
    except (ValueError, RecursionError):
        read = None
    entries = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(entries, list):
        return ExaminedSet(answer.status, answer.content_type, fault=Fault.NOT_JSON)
    names = Counter(kid for kid in map(_kid, entries) if kid)
    keys = tuple(
        _examined(number, entry, names) for number, entry in enumerate(entries[: 2 * MOST_KEYS])
    )
    return ExaminedSet(answer.status, answer.content_type, keys)


def _examined(number: int, entry: Any, names: Counter[str]) -> ExaminedKey:
    if not isinstance(entry, dict):
        return ExaminedKey("", "", (KeyTrouble.UNREADABLE,))
    kid, kind = _kid(entry), _text(entry.get("kty"))
    trouble = [KeyTrouble.PRIVATE] if _PRIVATE_MEMBERS & set(entry) else []
    if not kid:
        trouble.append(KeyTrouble.NO_KID)
    elif names[kid] > 1:
        trouble.append(KeyTrouble.DOUBLE_KID)
    if entry.get("use", "sig") != "sig":
        trouble.append(KeyTrouble.USE)
    about_key = _trouble_of_key(entry, kind)
    if about_key is not None:
        trouble.append(about_key)
    elif not trouble and not client_keys.is_usable(entry):
        trouble.append(KeyTrouble.UNREADABLE)
    if number >= MOST_KEYS:
        trouble.append(KeyTrouble.TOO_MANY)
    described = " ".join(filter(None, (kind, _text(entry.get("crv")), _text(entry.get("alg")))))
    return ExaminedKey(kid[:_LONGEST_SHOWN], described, tuple(trouble))


def _trouble_of_key(entry: dict[str, Any], kind: str) -> KeyTrouble | None:
    if kind not in _KINDS:
        return KeyTrouble.KIND
    if kind == "EC" and entry.get("crv") != "P-256":
        return KeyTrouble.CURVE
    if kind == "RSA" and 0 < _bits(entry.get("n")) < SHORTEST_RSA:
        return KeyTrouble.WEAK
    return None


def _bits(modulus: object) -> int:
    if not isinstance(modulus, str):
        return 0
    try:
        number = urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))
    except (ValueError, UnicodeError):
        return 0
    return int.from_bytes(number).bit_length()


def _kid(entry: Any) -> str:
    return _text(entry.get("kid"), longest=1000) if isinstance(entry, dict) else ""


def _text(value: object, longest: int = 20) -> str:
    if not isinstance(value, str):
        return ""
    # JSON can spell half a character, which no page can show.
    return value[:longest].encode(errors="replace").decode()
