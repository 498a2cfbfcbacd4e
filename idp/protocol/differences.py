"""How an address that was sent differs from those that are registered, in one word.

For a team that has to mend it. The words are a closed list, so that the audit record may hold one;
the address itself is somebody else's text and stays out of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import SplitResult, urlsplit


class Difference(StrEnum):
    """The one thing that differs from the nearest registered address."""

    SCHEME = "scheme"
    HOST = "host"
    PORT = "port"
    TRAILING_SLASH = "trailing slash"
    CASE = "case"
    PATH = "path"
    QUERY = "query"
    FRAGMENT = "fragment"
    NOT_REGISTERED = "not registered"


@dataclass(frozen=True, slots=True)
class Found:
    """What differs, and `nearest`: the registered address that it differs from, by its mark.

    No mark when there is none that is near.
    """

    difference: Difference
    nearest: str = ""


_MOST_COMPARED: Final = 1000
_MARK: Final = 16


def mark(address: str) -> str:
    """Return what stands for a registered address in the audit record."""
    return sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK]


def difference_from(registered: Iterable[str], received: str) -> Found:
    """Return in what `received`, which is not registered, differs from the nearest that is.

    Addresses that differ in more than one part are not near. Never raises.
    """
    sent = _parts(received)
    if sent is None:
        return Found(Difference.NOT_REGISTERED)
    for number, address in enumerate(sorted(registered)):
        known = _parts(address)
        if known is None or number >= _MOST_COMPARED:
            continue
        one = _one_difference(known, sent)
        if one is not None:
            return Found(one, mark(address))
    return Found(Difference.NOT_REGISTERED)


_Parts = tuple[SplitResult, str, int | None]


def _parts(address: str) -> _Parts | None:
    try:
        split = urlsplit(address)
        return split, split.hostname or "", split.port
    except ValueError:
        return None


def _one_difference(known: _Parts, sent: _Parts) -> Difference | None:
    """Return the difference, or None if there are several or none that we can name."""
    (ours, our_host, our_port), (theirs, their_host, their_port) = known, sent
    paths = (ours.path, theirs.path)
    differing = [
        difference
        for difference, same in (
            (Difference.SCHEME, ours.scheme == theirs.scheme),
            (Difference.HOST, our_host == their_host),
            (Difference.PORT, our_port == their_port),
            (Difference.PATH, ours.path == theirs.path),
            (Difference.QUERY, ours.query == theirs.query),
            (Difference.FRAGMENT, ours.fragment == theirs.fragment),
        )
        if not same
    ]
    if not differing:
        # The same parts, written otherwise: https://A.example for https://a.example.
        return Difference.CASE
    if differing != [Difference.PATH]:
        return differing[0] if len(differing) == 1 else None
    if paths[0].rstrip("/") == paths[1].rstrip("/"):
        return Difference.TRAILING_SLASH
    return Difference.CASE if paths[0].lower() == paths[1].lower() else Difference.PATH
