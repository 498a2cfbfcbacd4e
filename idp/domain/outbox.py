"""The outbox: what must happen after a commit, written in that commit, delivered by the worker.

Rows are leased, so any number of workers may run and one that dies loses nothing. A delivery is
tried again with growing pauses, then laid aside as dead, where an operator sees it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    String,
    Text,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql
from idp.kernel.sealing import SealBroken

LEASE_SECONDS = 60
PAUSES = (5, 30, 120, 600, 3600)
"""Seconds to wait after each failed try; one more failure and the row is dead."""
_PURPOSE = "outbox payload"


class OutboxMessage(Base):
    """One thing to do. The payload is sealed: a mail may hold a code."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_state_due_at", "state", "due_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    payload_sealed: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[int] = mapped_column(BigInteger)
    lease: Mapped[str | None] = mapped_column(String(32))
    last_error: Mapped[str | None] = mapped_column(String(256))
    ended_at: Mapped[int | None] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that this worker alone may deliver until its lease ends."""

    id: str
    kind: str
    payload: Mapping[str, str]
    tries: int
    lease: str


def put(session: Session, services: Services, kind: str, payload: Mapping[str, str]) -> str:
    """Write a message into this transaction and return its id."""
    message_id = services.entropy.identifier()
    now = services.clock.now()
    text = json.dumps(dict(payload), separators=(",", ":"), sort_keys=True)
    session.add(
        OutboxMessage(
            id=message_id,
            kind=kind,
            payload_sealed=services.sealer.seal(text.encode(), _PURPOSE, message_id),
            state="waiting",
            tries=0,
            due_at=now,
            created_at=now,
        )
    )
    session.flush()
    return message_id


def lease(session: Session, services: Services, *, limit: int = 20) -> list[Leased]:
    """Take up to `limit` due messages for this worker. Commit before delivering them.

    The try is counted now, so that a worker which dies while delivering has used it.
    """
    now = services.clock.now()
    token = services.entropy.identifier()
    due = (
        select(OutboxMessage.id)
        .where(OutboxMessage.state == "waiting", OutboxMessage.due_at <= now)
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(limit)
    )
    if is_postgresql(session):
        due = due.with_for_update(skip_locked=True)
    # A CTE is run once. PostgreSQL may run a plain subquery for each row, and as it skips what it
    # has locked itself, each run would find others: more than the limit.
    chosen = due.cte("chosen")
    rows = session.scalars(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(select(chosen.c.id)), OutboxMessage.due_at <= now)
        .values(lease=token, tries=OutboxMessage.tries + 1, due_at=now + LEASE_SECONDS)
        .returning(OutboxMessage)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    leased = []
    for row in sorted(rows, key=lambda row: row.id):
        try:
            payload = json.loads(services.sealer.open(row.payload_sealed, _PURPOSE, row.id))
        except SealBroken:
            # One message that cannot be read must not keep the others from being delivered.
            failed(session, Leased(row.id, row.kind, {}, row.tries, token), now, "SealBroken")
            continue
        leased.append(Leased(row.id, row.kind, payload, row.tries, token))
    return leased


def delivered(session: Session, message: Leased, now: int) -> bool:
    """Record that the message was delivered; False if its lease had gone to another worker."""
    return _settle(session, message, state="delivered", ended_at=now, last_error=None)


def put_back(session: Session, message: Leased, now: int) -> None:
    """Give back a message that nobody had time to deliver: due at once, its try not counted."""
    _settle(session, message, due_at=now, tries=message.tries - 1)


def failed(session: Session, message: Leased, now: int, why: str, *, for_good: bool = False) -> str:
    """Record a failed try and return the state the message is in now: `waiting` or `dead`.

    `for_good` says that no other try would end better.
    """
    state = "dead" if for_good or message.tries > len(PAUSES) else "waiting"
    pause = PAUSES[message.tries - 1] if state == "waiting" else 0
    _settle(
        session,
        message,
        state=state,
        due_at=now + pause,
        last_error=why[:256],
        ended_at=now if state == "dead" else None,
    )
    return state


def _settle(session: Session, message: Leased, **values: object) -> bool:
    settled = session.scalar(
        update(OutboxMessage)
        .where(OutboxMessage.id == message.id, OutboxMessage.lease == message.lease)
        .values(lease=None, **values)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return settled is not None


def retry(session: Session, message_id: str | None, now: int) -> list[str]:
    """Put a dead message back in line, with all its tries; every dead one for None.

    Return the ids of those that were dead.
    """
    revived = (
        update(OutboxMessage)
        .where(OutboxMessage.state == "dead")
        .values(state="waiting", tries=0, due_at=now, ended_at=None)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    if message_id is not None:
        revived = revived.where(OutboxMessage.id == message_id)
    return sorted(session.scalars(revived))


def counts(session: Session) -> dict[str, int]:
    """Return how many messages are in each state."""
    rows = session.execute(
        select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    ).all()
    return dict(rows)


def given_up(session: Session) -> int:
    """Return how many dead messages used up their tries: the others were refused for good."""
    gone = OutboxMessage.state == "dead", OutboxMessage.tries > len(PAUSES)
    return session.scalar(select(func.count()).where(*gone)) or 0


def stuck(session: Session, kind: str, tries: int) -> tuple[int, str]:
    """Return how many messages of `kind` wait after `tries` or more, and why the newest does."""
    waiting = (
        OutboxMessage.kind == kind,
        OutboxMessage.state == "waiting",
        OutboxMessage.tries >= tries,
    )
    newest = select(OutboxMessage.last_error).where(*waiting).order_by(OutboxMessage.id.desc())
    count = session.scalar(select(func.count()).where(*waiting)) or 0
    return count, session.scalar(newest.limit(1)) or ""


def oldest_waiting_at(session: Session) -> int | None:
    """Return when the oldest undelivered message was written, or None."""
    return session.scalar(
        select(func.min(OutboxMessage.created_at)).where(OutboxMessage.state == "waiting")
    )


def oldest_due_at(session: Session) -> int | None:
    """Return when the message that waits longest for a worker was due, or None."""
    return session.scalar(
        select(func.min(OutboxMessage.due_at)).where(OutboxMessage.state == "waiting")
    )


def messages(session: Session, state: str | None = None) -> Sequence[OutboxMessage]:
    """Return the messages in `state` (or all), oldest first, payloads still sealed."""
    query = select(OutboxMessage).order_by(OutboxMessage.id)
    return session.scalars(query.where(OutboxMessage.state == state) if state else query).all()


def sweep(session: Session, delivered: int, dead: int, limit: int = 500) -> int:
    """Delete up to `limit` messages delivered before `delivered`, or dead since before `dead`."""
    over = or_(
        and_(OutboxMessage.state == "delivered", OutboxMessage.ended_at < delivered),
        and_(OutboxMessage.state == "dead", OutboxMessage.ended_at < dead),
    )
    old = select(OutboxMessage.id).where(over).limit(limit)
    done = session.scalars(
        # Asked again: an operator may have put a dead one back in line meanwhile.
        delete(OutboxMessage).where(OutboxMessage.id.in_(old), over).returning(OutboxMessage.id)
    ).all()
    return len(done)
