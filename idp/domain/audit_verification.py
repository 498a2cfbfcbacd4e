"""Proof: everything the audit log says is recomputed from its raw rows.

Owns: the walk over entries and checkpoints, and naming the first entry that is broken.
Does not own: sealing (`idp.domain.audit_log`) or checkpoints (`idp.domain.checkpoints`).

What it cannot show: arrivals added or removed in the seconds before they are sealed, and an end
that was cut off both here and in the file of checkpoints.
"""

import heapq
import hmac
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from idp.domain import checkpoints
from idp.domain.audit_entries import ENTRY_COLUMNS, Checkpoint, SealedEntry, entry_bytes
from idp.domain.audit_log import seal_key, seal_of, unsealed
from idp.domain.checkpoints import Witness
from idp.domain.merkle import Frontier, leaf_hash
from idp.domain.services import Services

PAGE = 2000
_COLUMNS = (
    SealedEntry.log_index,
    *(getattr(SealedEntry, name) for name in ENTRY_COLUMNS),
    SealedEntry.leaf_hash,
    SealedEntry.seal,
)


class Breach(StrEnum):
    """What was done to the log."""

    CHANGED = "changed"
    MISSING = "missing"
    ADDED = "added"
    REORDERED = "reordered"
    TAIL_CUT_OFF = "tail cut off"
    CHECKPOINT = "checkpoint does not hold"


@dataclass(frozen=True)
class Broken:
    """The first thing that is wrong; entries before `log_index` are proved."""

    log_index: int
    breach: Breach
    words: str


@dataclass(frozen=True)
class Verdict:
    """What verification found. `broken` is None when the log holds."""

    entries: int
    checkpoints: int
    file_checkpoints: int
    root_hash: str
    unsealed: int
    oldest_unsealed_at: int | None
    broken: Broken | None

    @property
    def holds(self) -> bool:
        """Whether nothing was found to be wrong."""
        return self.broken is None


def verify(session: Session, services: Services) -> Verdict:
    """Recompute every leaf, seal, root and checkpoint signature, and stop at the first fault.

    It may run while entries are sealed: it looks at the log as it is when it starts.
    """
    # The file first, and both ends in one statement: what is sealed meanwhile is in neither.
    file_end = checkpoints.file_length(services)
    last_index, witnessed_to = session.execute(
        select(
            select(func.max(SealedEntry.log_index)).scalar_subquery(),
            select(func.max(Checkpoint.size)).scalar_subquery(),
        )
    ).one()
    walk = _Walk(
        session,
        services,
        end=0 if last_index is None else last_index + 1,
        witnessed_to=witnessed_to or 0,
    )
    broken = walk.first_fault(file_end)
    count, oldest_at = unsealed(session)
    return Verdict(
        entries=walk.frontier.size,
        checkpoints=walk.seen["database"],
        file_checkpoints=walk.seen["file"],
        root_hash=walk.frontier.root().hex(),
        unsealed=count,
        oldest_unsealed_at=oldest_at,
        broken=broken,
    )


class _Walk:
    """One pass over the log; `frontier` is what has been proved so far."""

    def __init__(
        self, session: Session, services: Services, *, end: int, witnessed_to: int
    ) -> None:
        self._session = session
        self._services = services
        self._key = seal_key(session, services)
        self._end = end
        self._witnessed_to = witnessed_to
        self._agreed = 0
        self.frontier = Frontier()
        self.seen = {"database": 0, "file": 0}

    def first_fault(self, file_end: int) -> Broken | None:
        """Walk entries and checkpoints side by side, by size."""
        witnesses = heapq.merge(
            checkpoints.kept_in_database(self._session, self._services, self._witnessed_to),
            checkpoints.kept_in_file(self._services, file_end),
            # At one size the file goes first: a forged checkpoint of the database agrees with the
            # forged log, and must not move the place from which on the file disagrees.
            key=lambda witness: (witness.size, witness.source == "database"),
        )
        waiting = next(witnesses, None)
        for row in itertools.chain(self._rows(0), (None,)):
            while waiting is not None and (row is None or waiting.size <= self.frontier.size):
                fault = self._fault_of_witness(waiting)
                if fault is not None:
                    return fault
                waiting = next(witnesses, None)
            fault = self._fault_of_row(row) if row is not None else self._fault_of_end()
            if fault is not None:
                return fault
        return None

    def _fault_of_witness(self, witness: Witness) -> Broken | None:
        where = f"the checkpoint of size {witness.size} ({witness.source})"
        last_entry = max(witness.size - 1, 0)
        if witness.fault is not None:
            return Broken(last_entry, Breach.CHECKPOINT, f"{where}: {witness.fault}")
        if witness.size < self.frontier.size:
            return Broken(last_entry, Breach.CHECKPOINT, f"{where} is out of order")
        if witness.size > self.frontier.size:
            words = f"{where} was signed, but the log ends before entry {self.frontier.size}"
            return Broken(self.frontier.size, Breach.TAIL_CUT_OFF, words)
        if witness.root_hash != self.frontier.root().hex():
            words = (
                f"{where} was signed over other entries: everything from entry {self._agreed} on "
                "was cut off and has grown again"
            )
            return Broken(self._agreed, Breach.TAIL_CUT_OFF, words)
        self._agreed = witness.size
        self.seen["database" if witness.source == "database" else "file"] += 1
        return None

    def _fault_of_end(self) -> Broken | None:
        if self._witnessed_to < self._end:
            words = f"no checkpoint covers the entries from {self._witnessed_to} on"
            return Broken(self._witnessed_to, Breach.CHECKPOINT, words)
        return None

    def _fault_of_row(self, row: Row[Any]) -> Broken | None:
        expected = self.frontier.size
        if row.log_index < expected:
            words = f"an entry stands at {row.log_index}, before the first place"
            return Broken(row.log_index, Breach.ADDED, words)
        if row.log_index > expected:
            if self._found_elsewhere(expected, None):
                return Broken(expected, Breach.REORDERED, "the entry stands at another place")
            return Broken(expected, Breach.MISSING, "the entry is not there")
        leaf = leaf_hash(entry_bytes(row))
        if not self._sealed_as(row, leaf, expected):
            return self._diagnosis(row, leaf, expected)
        if row.leaf_hash != leaf.hex():
            return Broken(expected, Breach.CHANGED, "its stored hash is not the hash of the entry")
        self.frontier.append(leaf)
        return None

    def _diagnosis(self, row: Row[Any], leaf: bytes, index: int) -> Broken:
        """Say what happened to an entry whose seal is not the one for its place."""
        horizon = max(self._end, self._witnessed_to) + 1
        home = next((at for at in range(horizon) if self._sealed_as(row, leaf, at)), None)
        found = self._found_elsewhere(index, row)
        if index >= self._witnessed_to:
            return Broken(index, Breach.ADDED, "it stands behind the last checkpoint")
        if found == "content" or (found == "entry" and home is not None):
            return Broken(index, Breach.REORDERED, "what belongs here stands at another place")
        if found == "entry":
            return Broken(index, Breach.ADDED, "it was put before the entry that belongs here")
        if home is None:
            return Broken(index, Breach.CHANGED, "the seal does not fit what the entry says")
        if home > index:
            words = f"the entry was removed, and entry {home} was moved into its place"
            return Broken(index, Breach.MISSING, words)
        return Broken(index, Breach.ADDED, f"it is a copy of entry {home}")

    def _found_elsewhere(self, index: int, row: Row[Any] | None) -> str | None:
        """Look behind `index` for what belongs there: an `entry` with its seal, or its `content`.

        `content`: the seal stayed at `index` (in `row`) while the words went elsewhere.
        """
        for other in self._rows(index + 1):
            leaf = leaf_hash(entry_bytes(other))
            if self._sealed_as(other, leaf, index):
                return "entry"
            if row is not None and self._sealed_as(row, leaf, index):
                return "content"
        return None

    def _sealed_as(self, row: Row[Any], leaf: bytes, index: int) -> bool:
        return hmac.compare_digest(seal_of(self._key, index, leaf).encode(), row.seal.encode())

    def _rows(self, start: int) -> Iterator[Row[Any]]:
        """Yield the raw rows from `start` on (all of them from 0), a page at a time."""
        after = start - 1 if start else None
        while True:
            query = select(*_COLUMNS).where(SealedEntry.log_index < self._end)
            if after is not None:
                query = query.where(SealedEntry.log_index > after)
            page = self._session.execute(query.order_by(SealedEntry.log_index).limit(PAGE)).all()
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].log_index
