"""Requests that another person has to approve: going live, changes to what is live, marked acts.

Owns: that a request is decided once, and never approved by who made it. Does not own what happens
when it is approved: each kind has an `Act`, and `approved_acts` knows them all.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    delete,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.domain.console_facts import OwnRequestNotApproved, RequestDecided, RequestSubmitted
from idp.domain.lever_facts import OperatorActed
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql

KEPT_FOR: Final = 365 * 86_400
"""Seconds for which a decided request that belongs to no service is kept."""


class State(StrEnum):
    """Where a request stands."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    CHANGES_ASKED = "changes_asked"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    DONE_ALONE = "done_alone"
    """By one person, in an emergency or where that is enough: kept for who did it and why."""


_WAITS = text("state = 'submitted'")


def _one_waits(column: str) -> Index:
    name = f"uq_change_requests_waiting_{column}"
    return Index(name, "kind", column, unique=True, sqlite_where=_WAITS, postgresql_where=_WAITS)


class ChangeRequest(Base):
    """One request. `about` names what it is about when that is no client: an account, a key.

    Of one kind, one request waits for a client, and one for whatever else it is about.
    """

    __tablename__ = "change_requests"
    __table_args__ = (
        Index("ix_change_requests_state", "state", "requested_at"),
        _one_waits("client_id"),
        _one_waits("about"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    service_id: Mapped[str | None] = mapped_column(
        ForeignKey("services.id", ondelete="CASCADE"), index=True
    )
    client_id: Mapped[str | None] = mapped_column(String(64), index=True)
    about: Mapped[str | None] = mapped_column(String(64))
    payload: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(1000))
    state: Mapped[str] = mapped_column(String(16))
    requested_by: Mapped[str] = mapped_column(String(32))
    requested_at: Mapped[int] = mapped_column(BigInteger)
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[int | None] = mapped_column(BigInteger)
    decision: Mapped[str | None] = mapped_column(String(1000))

    @property
    def asked(self) -> dict[str, Any]:
        """What is asked for, as it was submitted."""
        asked: dict[str, Any] = json.loads(self.payload)
        return asked


class OwnRequest(Exception):
    """Whoever asked cannot be the one who approves."""


class NotWaiting(Exception):
    """The request was decided already, or there is none of that id."""


class WaitsAlready(Exception):
    """A request of this kind waits already for the same client, or about the same."""


class CannotBeDone(Exception):
    """What a request asks for can no longer be done; the words are a plain sentence."""


@dataclass(frozen=True, slots=True)
class Act:
    """What requests of one kind lead to.

    `perform` does what was asked, in the transaction that approves it; it is given the account
    that approved, and raises CannotBeDone, after which nothing of it is kept. `decided` hears of
    every decision, in its transaction too: it tells those who asked.
    """

    kind: str
    perform: Callable[[Session, Services, ChangeRequest, str], None]
    decided: Callable[[Session, Services, ChangeRequest], None] | None = None


def submit(  # noqa: PLR0913 - the facts of one request, by name
    session: Session,
    services: Services,
    kind: str,
    payload: dict[str, Any],
    *,
    by: str,
    reason: str = "",
    service_id: str | None = None,
    client_id: str | None = None,
    about: str | None = None,
) -> ChangeRequest:
    """Ask for something in the name of the account `by`. Raises WaitsAlready."""
    now = services.clock.now()
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    made = insert(ChangeRequest).values(
        id=services.entropy.identifier(),
        kind=kind,
        service_id=service_id,
        client_id=client_id,
        about=about,
        payload=json.dumps(payload, sort_keys=True),
        reason=reason,
        state=State.SUBMITTED,
        requested_by=by,
        requested_at=now,
    )
    asked: ChangeRequest | None = session.scalar(
        made.on_conflict_do_nothing().returning(ChangeRequest)
    )
    if asked is None:
        raise WaitsAlready
    fact = RequestSubmitted(
        account_id=by, request=asked.id, kind=kind, client_id=client_id, service_id=service_id
    )
    audit.record(session, fact, now=now)
    return asked


def decide(
    session: Session,
    services: Services,
    request_id: str,
    outcome: State,
    *,
    by: str,
    words: str = "",
) -> ChangeRequest:
    """Decide a waiting request in the name of the account `by`, once.

    Raises OwnRequest when `by` made it (which is recorded: commit it), NotWaiting when it is not
    waiting.
    """
    others = ChangeRequest.requested_by != by
    decided = _end(session, services, request_id, outcome, by, words, others)
    if decided is not None:
        return decided
    waiting = (ChangeRequest.id == request_id, ChangeRequest.state == State.SUBMITTED)
    asked = session.scalar(select(ChangeRequest).where(*waiting))
    if asked is None:
        raise NotWaiting
    refused = OwnRequestNotApproved(account_id=by, request=asked.id, kind=asked.kind)
    audit.record(session, refused, now=services.clock.now())
    raise OwnRequest


def withdraw(
    session: Session, services: Services, request_id: str, *, by: str, own: bool = False
) -> ChangeRequest:
    """Take back a waiting request in the name of the account `by`, once; with `own`, only its own.

    Raises NotWaiting.
    """
    whose = ChangeRequest.requested_by == by if own else true()
    withdrawn = _end(session, services, request_id, State.WITHDRAWN, by, "", whose)
    if withdrawn is None:
        raise NotWaiting
    return withdrawn


def _end(
    session: Session,
    services: Services,
    request_id: str,
    outcome: State,
    by: str,
    words: str,
    whose: ColumnElement[bool],
) -> ChangeRequest | None:
    """End a waiting request, once; None when it does not wait, or is not one of those wanted."""
    now = services.clock.now()
    decided = session.scalar(
        update(ChangeRequest)
        .where(ChangeRequest.id == request_id, ChangeRequest.state == State.SUBMITTED, whose)
        .values(state=outcome, decided_by=by, decided_at=now, decision=words)
        .returning(ChangeRequest)
        .execution_options(populate_existing=True)
    )
    if decided is None:
        return None
    fact = RequestDecided(
        account_id=by,
        request=decided.id,
        kind=decided.kind,
        outcome=str(outcome),
        client_id=decided.client_id,
        service_id=decided.service_id,
    )
    audit.record(session, fact, now=now)
    return decided


def keep_alone(
    session: Session,
    services: Services,
    kind: str,
    *,
    by: str,
    reason: str,
    client: tuple[str, str] | None = None,
    about: str | None = None,
) -> None:
    """Keep that `by` did alone what requests of this kind ask for, and why.

    `client` is its id and that of its service; `about` names what it was about otherwise.
    """
    now = services.clock.now()
    client_id, service_id = client or (None, None)
    session.add(
        ChangeRequest(
            id=services.entropy.identifier(),
            kind=kind,
            service_id=service_id,
            client_id=client_id,
            about=about,
            payload="{}",
            reason=reason,
            state=State.DONE_ALONE,
            requested_by=by,
            requested_at=now,
            decided_by=by,
            decided_at=now,
        )
    )
    session.flush()
    audit.record(session, OperatorActed(account_id=by, act=kind, about=client_id or about), now=now)


def sweep(session: Session, now: int, limit: int) -> int:
    """Delete up to `limit` requests that belong to no service, a year after they were decided."""
    over = (ChangeRequest.service_id.is_(None), ChangeRequest.decided_at < now - KEPT_FOR)
    old = select(ChangeRequest.id).where(*over).limit(limit)
    gone = delete(ChangeRequest).where(ChangeRequest.id.in_(old)).returning(ChangeRequest.id)
    return len(session.scalars(gone).all())


def waiting(session: Session) -> list[ChangeRequest]:
    """Return every request that waits for a decision, the oldest first."""
    open_ones = select(ChangeRequest).where(ChangeRequest.state == State.SUBMITTED)
    return list(session.scalars(open_ones.order_by(ChangeRequest.requested_at, ChangeRequest.id)))


def waiting_about(session: Session, kind: str, about: str) -> ChangeRequest | None:
    """Return the request of this kind that waits about an account, a key or the like, or None."""
    waits = (ChangeRequest.kind == kind, ChangeRequest.state == State.SUBMITTED)
    return session.scalar(select(ChangeRequest).where(*waits, ChangeRequest.about == about))


def of_client(session: Session, client_id: str, kind: str) -> ChangeRequest | None:
    """Return the newest request of this kind about a client, whatever became of it."""
    about = (ChangeRequest.client_id == client_id, ChangeRequest.kind == kind)
    # Of two within one second, the one that waits is the newer.
    waits = (ChangeRequest.state == State.SUBMITTED).desc()
    newest = (ChangeRequest.requested_at.desc(), waits, ChangeRequest.id.desc())
    return session.scalar(select(ChangeRequest).where(*about).order_by(*newest).limit(1))
