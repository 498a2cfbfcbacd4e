"""Search in the audit record: the sealed entries that one asks for, newest first, a page at a time.

Does not own proving the record (`audit_verification`). Every page is read along an index, from the
place where the one before ended: no page counts or skips what it does not show.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Engine, and_, or_, select
from sqlalchemy.orm import Session

from idp.domain.audit_entries import ENTRY_COLUMNS, SealedEntry

PAGE: Final = 50
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None asks for all. Times are epoch seconds, both ends included.

    `before` is the (at, log_index) of the entry after which to read on.
    """

    fact: str | None = None
    account_id: str | None = None
    client_id: str | None = None
    request_id: str | None = None
    since: int | None = None
    until: int | None = None
    before: tuple[int, int] | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What holds of every entry that is wanted."""
        equal = (
            (SealedEntry.fact, self.fact),
            (SealedEntry.account_id, self.account_id),
            (SealedEntry.client_id, self.client_id),
            (SealedEntry.request_id, self.request_id),
        )
        found: list[ColumnElement[bool]] = [c == value for c, value in equal if value is not None]
        if self.since is not None:
            found.append(SealedEntry.at >= self.since)
        if self.until is not None:
            found.append(SealedEntry.at <= self.until)
        if self.before is not None:
            at, index = self.before
            # The first condition alone lets SQLite begin at the right place of its index.
            found += [
                SealedEntry.at <= at,
                or_(SealedEntry.at < at, and_(SealedEntry.at == at, SealedEntry.log_index < index)),
            ]
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, newest first; `more` says where the next page begins, if there is one."""

    entries: tuple[SealedEntry, ...]
    more: tuple[int, int] | None


def page(session: Session, wanted: Wanted, size: int = PAGE) -> Page:
    """Return the newest entries that are wanted, at most `size`."""
    newest = (
        select(SealedEntry)
        .where(*wanted.conditions)
        .order_by(SealedEntry.at.desc(), SealedEntry.log_index.desc())
        .limit(size + 1)
    )
    found = session.scalars(newest).all()
    shown = tuple(found[:size])
    last = shown[-1] if len(found) > size else None
    return Page(shown, (last.at, last.log_index) if last else None)


def told(entry: SealedEntry) -> dict[str, Any]:
    """Return what an entry says, by name."""
    said: dict[str, Any] = {name: getattr(entry, name) for name in ENTRY_COLUMNS}
    return {"log_index": entry.log_index} | said | {"detail": orjson.loads(entry.detail)}


def lines(engine: Engine, wanted: Wanted, most: int | None = None) -> Iterator[bytes]:
    """Yield the wanted entries as lines of JSON, newest first, at most `most`.

    Each line has the entry's leaf hash and seal, so that whoever has the file can recompute them.
    The database is asked for a batch at a time, in a transaction of its own.
    """
    left = most
    while left is None or left > 0:
        with Session(engine) as session:
            found = page(session, wanted, _BATCH if left is None else min(_BATCH, left))
            text = b"".join(_line(entry) for entry in found.entries)
        if text:
            yield text
        if found.more is None:
            return
        wanted = replace(wanted, before=found.more)
        left = None if left is None else left - len(found.entries)


def _line(entry: SealedEntry) -> bytes:
    proof = {"leaf_hash": entry.leaf_hash, "seal": entry.seal}
    return orjson.dumps(told(entry) | proof, option=orjson.OPT_APPEND_NEWLINE)
