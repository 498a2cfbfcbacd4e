"""The attacks, a function each, by the id of their row. A module holds those of one subject."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.auth_flows.probe import Probe

Tried = Callable[[Probe], Iterator[float] | None]
"""An attack. One that lets time pass yields the seconds, so that others are tried meanwhile."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One written attack. `left_out`: which part of the row it does not try."""

    row_id: str
    run: Tried
    fix: str
    left_out: str


ATTACKS: dict[str, Attack] = {}


def attack(row_id: str, *, fix: str, left_out: str = "") -> Callable[[Tried], Tried]:
    """Make a function the attack of a row; `fix` tells who is vulnerable what to do."""

    def note(run: Tried) -> Tried:
        if row_id in ATTACKS:
            raise ValueError(f"{row_id} has two attacks")
        ATTACKS[row_id] = Attack(row_id, run, fix, left_out)
        return run

    return note


def load() -> dict[str, Attack]:
    """Every attack that is written, by the id of its row."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return ATTACKS
