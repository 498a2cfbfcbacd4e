"""The notice that operators put on every page of ours, in both languages, for a time.

There is one at most. Every process keeps what it read for `BELIEVED_FOR` seconds, so that a page
costs no statement more; a database that does not answer leaves the notice as it was.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import BigInteger, Connection, Integer, String, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.domain.lever_facts import BannerEnded, BannerSet
from idp.domain.services import Services
from idp.kernel.clock import Clock
from idp.kernel.database import Base, is_postgresql

log = structlog.get_logger(__name__)

BELIEVED_FOR: Final = 30
"""Seconds for which a process believes what it read."""
LONGEST: Final = 300
"""Characters of the notice in either language."""
LONGEST_SHOWN: Final = 31 * 86_400
"""Seconds for which a notice can be shown: nobody reads one that is always there."""
_ONE: Final = 1


class Banner(Base):
    """The notice. Times in seconds since the epoch; `set_by` is an operator, None for a command."""

    __tablename__ = "banners"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    english: Mapped[str] = mapped_column(String(LONGEST))
    welsh: Mapped[str] = mapped_column(String(LONGEST))
    begins_at: Mapped[int] = mapped_column(BigInteger)
    ends_at: Mapped[int] = mapped_column(BigInteger)
    set_by: Mapped[str | None] = mapped_column(String(32))
    set_at: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as it is shown: what it says by language, and from when to when."""

    words: dict[str, str]
    begins_at: int
    ends_at: int


def find(session: Session) -> Banner | None:
    """Return the notice, whether it is shown now or not."""
    stored = select(Banner).where(Banner.id == _ONE)
    return session.scalar(stored.execution_options(populate_existing=True))


def put(
    session: Session,
    services: Services,
    *,
    english: str,
    welsh: str,
    begins_at: int,
    ends_at: int,
    by: str | None,
) -> None:
    """Put a notice in the place of the one before. The caller has looked at its words and times."""
    now = services.clock.now()
    new = {
        "english": english,
        "welsh": welsh,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "set_by": by,
        "set_at": now,
    }
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    session.execute(
        insert(Banner)
        .values(id=_ONE, **new)
        .on_conflict_do_update(index_elements=[Banner.id], set_=new)
    )
    fact = BannerSet(account_id=by, begins_at=begins_at, ends_at=ends_at)
    audit.record(session, fact, now=now)


def end(session: Session, services: Services, *, by: str | None) -> bool:
    """Take the notice away; False if there is none."""
    if session.scalar(delete(Banner).returning(Banner.id)) is None:
        return False
    audit.record(session, BannerEnded(account_id=by), now=services.clock.now())
    return True


class Board:
    """What one process knows of the notice. `connect` opens a connection that nobody waits for."""

    def __init__(self, clock: Clock, connect: Callable[[], Connection]) -> None:
        self._clock = clock
        self._connect = connect
        self._lock = threading.Lock()
        self._told: Told | None = None
        self._good_until = float("-inf")

    def shown(self, language: str) -> str | None:
        """Return what the notice says now in this language, or None; 30 seconds old at most."""
        if self._clock.monotonic() >= self._good_until:
            self._read()
        return self.known(language)

    def known(self, language: str) -> str | None:
        """Return what `shown` does, of what was read before."""
        told = self._told
        if told is None or not told.begins_at <= self._clock.now() < told.ends_at:
            return None
        return told.words.get(language, told.words["en"])

    def forget(self) -> None:
        """Read anew at the next page."""
        self._good_until = float("-inf")

    def _read(self) -> None:
        if not self._lock.acquire(blocking=False):
            # Another thread reads: what was known before does for this page.
            return
        try:
            with self._connect() as connection:
                row = connection.execute(select(Banner.__table__)).one_or_none()
            self._told = None if row is None else _told(row)
        except SQLAlchemyError as fault:
            log.warning("banner_not_read_again", reason=type(fault).__name__)
        finally:
            self._good_until = self._clock.monotonic() + BELIEVED_FOR
            self._lock.release()


def _told(row: object) -> Told:
    words = {"en": row.english, "cy": row.welsh}  # type: ignore[attr-defined]
    return Told(words, row.begins_at, row.ends_at)  # type: ignore[attr-defined]
