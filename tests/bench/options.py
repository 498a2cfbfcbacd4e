"""What to measure, and for how long: read from the environment of `make bench`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

PARTS = ("sso", "sign_in", "flood", "memory")


class BadOption(Exception):
    """A variable holds something that cannot be used; the text says which."""


@dataclass(frozen=True, slots=True)
class Options:
    """PEER, SECONDS (of one turn), ROUNDS, ONLY (parts and databases), FLOWS (for memory)."""

    peer: bool = False
    seconds: float = 5.0
    rounds: int = 5
    only: frozenset[str] = frozenset()
    flows: int = 0

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Options":
        """Return the options; raises BadOption."""
        only = frozenset(word for word in environ.get("ONLY", "").lower().split(",") if word)
        known = {*PARTS, "sqlite", "postgresql"}
        if unknown := only - known:
            raise BadOption(f"ONLY knows {', '.join(sorted(known))}; not {', '.join(unknown)}")
        return cls(
            peer=environ.get("PEER", "") not in ("", "0"),
            seconds=float(_number(environ, "SECONDS", 5, 1, 60)),
            rounds=_number(environ, "ROUNDS", 5, 1, 50),
            only=only,
            flows=_number(environ, "FLOWS", 0, 0, 1_000_000),
        )

    def part(self, name: str) -> bool:
        """Whether this part is wanted; memory only when flows are given."""
        if name == "memory" and not self.flows:
            return False
        chosen = self.only & set(PARTS)
        return not chosen or name in chosen

    def database(self, name: str) -> bool:
        """Whether this database ("sqlite" or "postgresql") is wanted."""
        chosen = self.only - set(PARTS)
        return not chosen or name in chosen


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, "") or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise BadOption(f"{name} must be a number from {low} to {high}")
    return int(text)
