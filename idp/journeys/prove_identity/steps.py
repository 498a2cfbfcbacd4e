"""What happens when somebody proves who they are, without a web framework."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from sqlalchemy.orm import Session

from idp.domain import audit, identities, provings
from idp.domain.identities import Proof
from idp.domain.journeys import Journey
from idp.domain.provings import Proving, Result
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.protocol.identity_proving import Outcome
from idp.protocol.person import Person

SLOW_AFTER: Final = 10
"""Seconds of waiting after which the page says that it is still trying."""
TOO_SLOW_AFTER: Final = 60
"""Seconds of waiting after which the page says that something is wrong."""
LONGEST_DELAY: Final = 90

AGAIN: Final = frozenset(
    {
        Outcome.PROVED,
        Outcome.NOT_MATCHED,
        Outcome.CANCELLED,
        Outcome.TIMED_OUT,
        Outcome.TECHNICAL_ERROR,
    }
)
"""How proving can end so that it may be tried again in the same Journey."""


class Page(Enum):
    """A page of this room, as far as one leads to another."""

    START = "prove_identity.start"
    DETAILS = "prove_identity.details"
    WAIT = "prove_identity.wait"
    RESULT = "prove_identity.result"


class Wait(Enum):
    """How long somebody has been waiting."""

    SHORT = "short"
    SLOW = "slow"
    TOO_SLOW = "too slow"


@dataclass(frozen=True, slots=True)
class Scores:
    """What the evidence is worth, 0 to 5 each: a simplification of GPG 45, for trying things."""

    strength: int
    validity: int
    verification: int
    activity: int


_NEEDED: Final = (
    ("P3", Scores(4, 3, 3, 3)),
    ("P2", Scores(3, 2, 2, 1)),
    ("P1", Scores(2, 1, 1, 0)),
)


def level_reached(scores: Scores) -> str | None:
    """Return the highest level that every one of the scores is good enough for, or None."""
    for level, needed in _NEEDED:
        pairs = (
            (scores.strength, needed.strength),
            (scores.validity, needed.validity),
            (scores.verification, needed.verification),
            (scores.activity, needed.activity),
        )
        if all(score >= least for score, least in pairs):
            return level
    return None


def matched(person: Person, level: str | None) -> Result:
    """Return the check's answer about a person at a level; without one it did not match."""
    if level is None:
        return Result(Outcome.NOT_MATCHED)
    return Result(Outcome.PROVED, level, person)


def may_enter(journey: Journey, proving: Proving, signed_in: BrowserSession) -> bool:
    """Return whether the person signed in may go through these pages.

    With both factors; for a recovery with the password alone, given in this Journey, in which
    they said that they cannot give another one.
    """
    if not proving.for_recovery:
        return signed_in.level == "Cl.Cm"
    given = journey.password_at is not None and journey.account_id == signed_in.account_id
    return given and journey.recovering


def kept_proof(session: Session, services: Services, proving: Proving) -> Proof | None:
    """Return the account's proof, if it is good enough for what is asked here."""
    proof = identities.find(session, services, proving.account_id)
    if proof is None or proving.identity_asked.met_by(proof.level) is None:
        return None
    return proof


def page_due(session: Session, services: Services, proving: Proving) -> Page:
    """Return the page that this proving has come to."""
    if proving.result is not None:
        return Page.RESULT
    if proving.submitted_at is not None:
        return Page.WAIT
    if not proving.anew and kept_proof(session, services, proving) is not None:
        return Page.DETAILS
    return Page.START


def highest_asked(proving: Proving) -> str:
    """Return the highest level of confidence that the service asks for."""
    return max(proving.identity_asked.levels)


def falls_short(proving: Proving, proof: Proof | None) -> bool:
    """Return whether an identity was proved, and not to a level that the service asks for."""
    return proof is None or proving.identity_asked.met_by(proof.level) is None


def receive(session: Session, services: Services, proving: Proving, client_id: str) -> bool:
    """Take the check's answer if it is there, and record it; return whether there is one now."""
    if proving.ready_at is None or proving.ready_at > services.clock.now():
        return False
    result = provings.receive(session, services, proving)
    if result is not None:
        _record(session, services, proving, client_id, result.outcome, result.level)
    return True


def give_up(session: Session, services: Services, proving: Proving, client_id: str) -> None:
    """Wait no longer: whatever the check answers, it has timed out."""
    if provings.give_up(session, proving):
        _record(session, services, proving, client_id, Outcome.TIMED_OUT, None)


def leave(session: Session, services: Services, proving: Proving, client_id: str) -> None:
    """Go back to the service without having proved anything."""
    if provings.settle(session, proving, Outcome.CANCELLED):
        _record(session, services, proving, client_id, Outcome.CANCELLED, None)


def wait_of(services: Services, proving: Proving) -> Wait:
    """Return how long this person has been waiting."""
    waited = services.clock.now() - (proving.submitted_at or 0)
    if waited >= TOO_SLOW_AFTER:
        return Wait.TOO_SLOW
    return Wait.SLOW if waited >= SLOW_AFTER else Wait.SHORT


def confirm(
    session: Session, services: Services, proving: Proving, proof: Proof, client_id: str
) -> None:
    """Use a kept proof in this Journey: its owner has looked at it and says that it is right."""
    if provings.settle(session, proving, Outcome.PROVED, proof_id=proof.id):
        fact = audit.IdentityConfirmed(
            account_id=proving.account_id, client_id=client_id, level=proof.level
        )
        _append(session, services, proving, fact)


def dispute(session: Session, services: Services, proving: Proving, client_id: str) -> None:
    """Prove the identity anew: its owner says that the kept proof is not right."""
    if provings.start_again(session, proving):
        fact = audit.IdentityDisputed(account_id=proving.account_id, client_id=client_id)
        _append(session, services, proving, fact)


def _record(
    session: Session,
    services: Services,
    proving: Proving,
    client_id: str,
    outcome: Outcome,
    level: str | None,
) -> None:
    account_id = proving.account_id
    if proving.for_recovery:
        ended = audit.RecoveryCheckEnded(account_id=account_id, outcome=outcome)
        _append(session, services, proving, ended)
        return
    fact: audit.Fact = audit.IdentityNotProved(
        account_id=account_id, client_id=client_id, outcome=outcome
    )
    if level is not None:
        fact = audit.IdentityProved(account_id=account_id, client_id=client_id, level=level)
    _append(session, services, proving, fact)


def _append(session: Session, services: Services, proving: Proving, fact: audit.Fact) -> None:
    audit.record(session, fact, now=services.clock.now(), journey_id=proving.journey_id)
