"""Looking up a citizen, and what an operator is shown of them, without a web framework."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    audit,
    citizen_levers,
    identities,
    known_subjects,
    operator_acts,
    recoveries,
    second_factors,
    sessions,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.citizen_levers import NEEDS_ANOTHER, Lever
from idp.domain.lever_facts import OperatorActed
from idp.domain.operator_acts import LOOK, OperatorAct
from idp.domain.recoveries import Recovery
from idp.domain.second_factors import SecondFactors
from idp.domain.services import Services
from idp.domain.throttles import Kind

NOBODY: Final = "look_up_nobody"


@dataclass(frozen=True, slots=True)
class Record:
    """What an operator sees of a citizen: nothing of the services they use.

    `levers` are those that would do something now; `waiting` those that a second operator has been
    asked for. `acts` are what operators did, with the address of who did it if they are known.
    """

    account: Account
    ways: SecondFactors
    locks: list[tuple[Kind, int]]
    recovery: Recovery | None
    proved_at: int | None
    signed_in: int
    levers: tuple[Lever, ...]
    waiting: tuple[Lever, ...]
    acts: list[tuple[OperatorAct, str | None]]


def find(session: Session, typed: str) -> Account | None:
    """Return the account with this address, or that a service was told of by this subject."""
    found = accounts.find_by_email(session, typed)
    if found is not None:
        return found
    owner = known_subjects.owner_of(session, typed)
    return None if owner is None else accounts.get(session, owner)


def look_up(
    session: Session, services: Services, typed: str, *, by: str, reason: str
) -> str | None:
    """Return whose account it is, and let `by` see its record; that nobody was found is kept."""
    account = find(session, typed)
    if account is None:
        fact = OperatorActed(account_id=by, act=NOBODY)
        audit.record(session, fact, now=services.clock.now())
        return None
    operator_acts.write_down(
        session, services, by=by, act=LOOK, account_id=account.id, reason=reason
    )
    return account.id


def record_of(session: Session, services: Services, account: Account) -> Record:
    """Gather what an operator sees of an account."""
    now = services.clock.now()
    locks = throttles.locks(session, (account.id, account.email_key), now)
    recovery = recoveries.find(session, account.id, now)
    proof = identities.find(session, services, account.id)
    live = len(sessions.of_account(session, services, account.id))
    waiting = tuple(
        lever for lever in NEEDS_ANOTHER if citizen_levers.waits(session, lever, account.id)
    )
    acts = operator_acts.of_account(session, account.id)
    names = {act.operator_id: accounts.get(session, act.operator_id) for act in acts}
    return Record(
        account=account,
        ways=second_factors.of(session, account.id),
        locks=locks,
        recovery=recovery,
        proved_at=None if proof is None else proof.proved_at,
        signed_in=live,
        levers=tuple(
            lever
            for lever in Lever
            if lever not in waiting
            and citizen_levers.is_possible(session, services, account, lever)
        ),
        waiting=waiting,
        acts=[(act, who.email if (who := names[act.operator_id]) else None) for act in acts],
    )
