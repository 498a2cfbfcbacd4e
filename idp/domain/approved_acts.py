"""What needs a second person: another operator decides, and what they approve is done at once.

Owns: the table of acts, and that deciding and doing are one: a request whose act cannot be done
stays waiting. Does not own what an act does (the module of its noun), or requests themselves
(`change_requests`).

To add an act: an `Act` in the module of its noun, which stands in `_ALL` here; whoever asks for it
calls `change_requests.submit` with its kind.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    change_requests,
    citizen_levers,
    emergency_keys,
    go_lives,
    limits,
    members,
    operators,
    suspensions,
    team_changes,
)
from idp.domain.change_requests import (
    Act,
    CannotBeDone,
    ChangeRequest,
    NotWaiting,
    OwnRequest,
    State,
)
from idp.domain.services import Services
from idp.protocol.session_facts import ACTIVE

__all__ = ["ACTS", "Act", "CannotBeDone", "NotAnOperator", "NotWaiting", "OwnRequest"]

_ALL: Final[tuple[Act, ...]] = (
    suspensions.ACT,
    go_lives.ACT,
    team_changes.ACT,
    *citizen_levers.ACTS,
    emergency_keys.ACT,
    limits.ACT,
)
ACTS: Final[dict[str, Act]] = {act.kind: act for act in _ALL}
"""Every act that needs a second person, by the kind of its request."""


ASKER_LEFT: Final = (
    "Whoever asked for it may not ask for it any more. Refuse it, so that somebody else can ask."
)


class NotAnOperator(Exception):
    """Only an operator may decide."""


def approve(session: Session, services: Services, request_id: str, *, by: str) -> ChangeRequest:
    """Approve a waiting request in the name of the operator `by`, and do what it asks, once.

    Raises OwnRequest (which is recorded: commit it), NotWaiting, NotAnOperator, and CannotBeDone,
    after which the request still waits.
    """

    def and_do_it(asked: ChangeRequest) -> None:
        if asker_left(session, asked):
            raise CannotBeDone(ASKER_LEFT)
        ACTS[asked.kind].perform(session, services, asked, by)

    return _decide(session, services, request_id, State.APPROVED, by, "", and_do_it)


def asker_left(session: Session, asked: ChangeRequest) -> bool:
    """Return whether a request cannot be approved, since who made it may not make it any more.

    That is for operators or for the team, and for nobody whose account is suspended or blocked.
    """
    account = accounts.get(session, asked.requested_by)
    if account is None or account.state != ACTIVE:
        return True
    if asked.kind in members.MAY_ASK:
        return not members.may_ask(session, asked)
    return not operators.is_operator(session, account.id)


def refuse(
    session: Session, services: Services, request_id: str, *, by: str, words: str
) -> ChangeRequest:
    """Refuse a waiting request for good, with a reason. Raises as `approve`."""
    return _decide(session, services, request_id, State.REFUSED, by, words)


def ask_for_changes(
    session: Session, services: Services, request_id: str, *, by: str, words: str
) -> ChangeRequest:
    """Send a waiting request back to who made it, saying what to change. Raises as `approve`."""
    return _decide(session, services, request_id, State.CHANGES_ASKED, by, words)


def withdraw(session: Session, services: Services, request_id: str, *, by: str) -> ChangeRequest:
    """Take back one's own waiting request. Raises NotWaiting, also when it is another's."""
    return change_requests.withdraw(session, services, request_id, by=by, own=True)


def _decide(
    session: Session,
    services: Services,
    request_id: str,
    outcome: State,
    by: str,
    words: str,
    act: Callable[[ChangeRequest], None] | None = None,
) -> ChangeRequest:
    if not operators.is_operator(session, by):
        raise NotAnOperator
    # SQLite begins a transaction at the first write: a savepoint before that would be one itself.
    _hold(session, request_id)
    attempt = session.begin_nested()
    try:
        asked = change_requests.decide(session, services, request_id, outcome, by=by, words=words)
        if act is not None:
            act(asked)
        told = ACTS[asked.kind].decided
        if told is not None:
            told(session, services, asked)
    except (OwnRequest, NotWaiting):
        # What was found out about whoever tried is kept.
        attempt.commit()
        raise
    except Exception:
        attempt.rollback()
        raise
    attempt.commit()
    return asked


def _hold(session: Session, request_id: str) -> None:
    session.execute(
        update(ChangeRequest)
        .where(ChangeRequest.id == request_id)
        .values(state=ChangeRequest.state)
        .execution_options(synchronize_session=False)
    )
