"""The levers that operators have on a citizen's account: which there are, and pulling one.

Owns: that nobody pulls one on their own account, that each is written down with its reason, and
that the marked ones wait for a second operator. Does not own what a lever does (`interventions`).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    change_requests,
    interventions,
    operator_acts,
    recoveries,
    sessions,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.change_requests import Act, CannotBeDone, ChangeRequest, WaitsAlready
from idp.domain.services import Services
from idp.protocol.session_facts import ACTIVE, BLOCKED, SUSPENDED


class Lever(StrEnum):
    """Something that an operator can do to an account."""

    SUSPEND = "suspend"
    RESTORE = "restore"
    FORCE_RESET = "force_reset"
    FORCE_PROOF = "force_proof"
    BLOCK = "block"
    UNLOCK = "unlock"
    REMOVE_SECOND_FACTOR = "remove_second_factor"
    SIGN_OUT = "sign_out"


class Pulled(StrEnum):
    """What came of it."""

    DONE = "done"
    ASKED = "asked"
    NOTHING = "nothing"


class OwnAccount(Exception):
    """Nobody acts as an operator on their own account."""


NEEDS_ANOTHER: Final = {
    Lever.BLOCK: "block_account",
    Lever.REMOVE_SECOND_FACTOR: "remove_second_factor",
}
"""The levers that a second operator has to approve, with the kind of their request."""

NOT_POSSIBLE: Final = "The account is not in a state in which that can be done."
OWN: Final = "Nobody approves what is done to their own account."

_DO: Final[dict[Lever, Callable[[Session, Services, Account], bool | int]]] = {
    Lever.SUSPEND: interventions.suspend,
    Lever.RESTORE: interventions.restore,
    Lever.FORCE_RESET: interventions.order_reset,
    Lever.FORCE_PROOF: interventions.order_proof,
    Lever.BLOCK: interventions.block,
    Lever.UNLOCK: interventions.lift_locks,
    Lever.REMOVE_SECOND_FACTOR: interventions.let_second_factor_go,
    Lever.SIGN_OUT: interventions.sign_out,
}


def pull(
    session: Session, services: Services, lever: Lever, account: Account, *, by: str, reason: str
) -> Pulled:
    """Pull a lever in the name of the operator `by`, or ask a second one to.

    NOTHING when it would do nothing, or somebody has asked already. Raises OwnAccount.
    """
    if account.id == by:
        raise OwnAccount
    kind = NEEDS_ANOTHER.get(lever)
    if kind is not None:
        if not is_possible(session, services, account, lever):
            return Pulled.NOTHING
        try:
            change_requests.submit(
                session, services, kind, {}, by=by, reason=reason, about=account.id
            )
        except WaitsAlready:
            return Pulled.NOTHING
    elif not _DO[lever](session, services, account):
        return Pulled.NOTHING
    act = lever.value if kind is None else f"ask_{lever.value}"
    operator_acts.write_down(
        session, services, by=by, act=act[:32], account_id=account.id, reason=reason
    )
    return Pulled.DONE if kind is None else Pulled.ASKED


def is_possible(session: Session, services: Services, account: Account, lever: Lever) -> bool:
    """Return whether a lever would do something to the account as it is now."""
    now = services.clock.now()
    if lever is Lever.UNLOCK:
        return bool(throttles.locks(session, (account.id, account.email_key), now))
    if lever is Lever.REMOVE_SECOND_FACTOR:
        begun = recoveries.find(session, account.id, now)
        return begun is not None and begun.journey_id is None and begun.ready_at > now
    if lever is Lever.FORCE_PROOF:
        return interventions.has_proof(session, account.id)
    if lever is Lever.SIGN_OUT:
        return bool(sessions.of_account(session, services, account.id))
    if lever is Lever.FORCE_RESET:
        return account.state != BLOCKED and account.reset_because != accounts.ORDERED
    allowed = {
        Lever.SUSPEND: (ACTIVE,),
        Lever.RESTORE: (SUSPENDED,),
        Lever.BLOCK: (ACTIVE, SUSPENDED),
    }
    return account.state in allowed[lever]


def waits(session: Session, lever: Lever, account_id: str) -> bool:
    """Return whether a second operator has been asked to pull this lever on the account."""
    return change_requests.waiting_about(session, NEEDS_ANOTHER[lever], account_id) is not None


def _as_asked(lever: Lever) -> Act:
    def perform(session: Session, services: Services, asked: ChangeRequest, by: str) -> None:
        if asked.about == by:
            raise CannotBeDone(OWN)
        account = accounts.get(session, asked.about or "")
        if account is None or not _DO[lever](session, services, account):
            raise CannotBeDone(NOT_POSSIBLE)
        operator_acts.write_down(
            session,
            services,
            by=by,
            act=lever.value,
            account_id=account.id,
            reason=asked.reason,
        )

    return Act(NEEDS_ANOTHER[lever], perform)


ACTS: Final = tuple(_as_asked(lever) for lever in NEEDS_ANOTHER)
