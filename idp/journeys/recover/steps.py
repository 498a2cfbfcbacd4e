"""What happens when somebody needs a new second factor, without a web framework."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    audit,
    email_codes,
    guessing,
    holds,
    identities,
    notices,
    provings,
    recoveries,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.email_codes import Purpose
from idp.domain.guessing import Counter
from idp.domain.journeys import Journey
from idp.domain.provings import Proving
from idp.domain.recoveries import Recovery
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.domain.throttles import Kind
from idp.protocol.identity_proving import Outcome
from idp.protocol.session_facts import ACTIVE

PURPOSE: Final = Purpose.RECOVER
NOT_THE_OWNER: Final = (Outcome.NOT_MATCHED, Outcome.FRAUD)


class Page(Enum):
    """A page of this room, or of another one that it leads to."""

    START = "recover.start"
    PROVING = "prove_identity.start"
    WAITING = "recover.waiting"
    READY = "recover.ready"
    NOT_NOW = "recover.not_now"
    NOT_CONFIRMED = "recover.not_confirmed"


@dataclass(frozen=True, slots=True)
class Case:
    """One account in one Journey: what there is to decide on.

    `proof_level` is that of the account's kept proof, None without one or where nobody checks.
    """

    account: Account
    recovery: Recovery | None
    proving: Proving | None
    proof_level: str | None
    held_until: int | None
    checks_locked_until: int | None


def case_of(
    session: Session,
    services: Services,
    journey: Journey,
    signed_in: BrowserSession | None,
) -> Case | None:
    """Gather what is known; None if this is not for the person signed in here, or no longer.

    It is for who gave the password in this Journey and no second factor since.
    """
    if signed_in is None or signed_in.level == "Cl.Cm" or not password_is_given(journey, signed_in):
        return None
    now = services.clock.now()
    account = accounts.get(session, signed_in.account_id)
    if account is None or account.state != ACTIVE:
        return None
    proof = identities.find(session, services, account.id)
    proving = provings.find(session, journey.id, account.id)
    return Case(
        account,
        recoveries.find(session, account.id, now),
        proving if proving is not None and proving.for_recovery else None,
        proof.level if proof is not None and services.settings.stand_in_proving else None,
        holds.until(account, now),
        throttles.locked_until(session, Kind.RECOVERY_CHECK, account.id, now),
    )


def password_is_given(journey: Journey, signed_in: BrowserSession) -> bool:
    """Return whether the person signed in here gave their password in this very Journey."""
    return journey.password_at is not None and journey.account_id == signed_in.account_id


def page_due(case: Case, journey: Journey, now: int) -> Page:
    """Return the page that this case has come to."""
    if case.held_until is not None:
        return Page.NOT_NOW
    if case.recovery is not None and case.recovery.journey_id in (None, journey.id):
        return Page.READY if case.recovery.may_be_finished(journey, now) else Page.WAITING
    if case.proof_level is None:
        return Page.START
    if case.proving is None:
        return Page.START if case.checks_locked_until is None else Page.NOT_NOW
    if case.proving.outcome is None:
        return Page.PROVING
    return Page.NOT_CONFIRMED if case.proving.outcome in NOT_THE_OWNER else Page.NOT_NOW


def use_proof(session: Session, services: Services, case: Case, journey: Journey) -> bool:
    """Let the Journey go on if an identity check has just found the owner; False if it has not."""
    proving = case.proving
    if proving is None or proving.outcome != Outcome.PROVED or case.held_until is not None:
        return False
    return provings.use_for_recovery(session, proving) and recoveries.allow(
        session, services, case.account.id, journey
    )


def begin_proving(session: Session, services: Services, case: Case, journey: Journey) -> bool:
    """Make the Journey ready for the identity check; False if too many have been made."""
    if case.proof_level is None:
        return False
    try:
        throttles.reserve(session, Kind.RECOVERY_CHECK, case.account.id, services.clock.now())
    except throttles.Locked:
        return False
    provings.begin_for_recovery(
        session, journey_id=journey.id, account_id=case.account.id, level=case.proof_level
    )
    journey.recovering = True
    return True


def send_code(
    session: Session, services: Services, case: Case, journey: Journey, *, device: str
) -> int:
    """Send a code to the account's address and return how many more may be sent.

    Raises throttles.Locked when none may be sent.
    """
    account, now = case.account, services.clock.now()
    left = throttles.reserve(session, Kind.EMAIL_SEND, account.email_key, now)
    journey.recovering = True
    code = email_codes.make(session, services, journey, PURPOSE)
    notices.send(
        session,
        services,
        to=account.email,
        template="account_recovery_code",
        language=account.language,
        device=device,
        code=code,
    )
    fact = audit.EmailCodeSent(account_id=account.id, purpose=PURPOSE.value)
    audit.record(session, fact, now=now, journey_id=journey.id)
    return left


def sending_locked_until(session: Session, services: Services, case: Case) -> int | None:
    """Return until when no code can be sent to the account's address, or None."""
    now = services.clock.now()
    return throttles.locked_until(session, Kind.EMAIL_SEND, case.account.email_key, now)


def email_counter(case: Case) -> Counter:
    """Return where tries at the mail's code are taken from."""
    return Counter(Kind.RECOVERY_EMAIL, case.account.id)


def stop_counter(case: Case) -> Counter:
    """Return where tries at the code that stops a recovery are taken from."""
    return Counter(Kind.RECOVERY_STOP, case.account.id)


def begin_waiting(
    session: Session, services: Services, case: Case, journey: Journey, code: str, *, device: str
) -> bool:
    """Begin the wait of seven days if `code` proves the mailbox; one that is open goes on."""
    counter = email_counter(case)
    if not guessing.use_email_code(session, services, counter, journey, PURPOSE, code):
        return False
    fact = audit.EmailProved(account_id=case.account.id)
    audit.record(session, fact, now=services.clock.now(), journey_id=journey.id)
    recoveries.begin(session, services, case.account, device=device)
    return True


def stop(session: Session, services: Services, case: Case, code: str, *, device: str) -> bool:
    """End the wait if `code` is the one that the mails tell."""
    recovery = case.recovery
    if recovery is None or not recoveries.is_stop_code(session, services, recovery, code):
        return False
    counter = stop_counter(case)
    throttles.forgive(session, counter.kind, counter.subject)
    return recoveries.cancel(session, services, case.account.id, recoveries.STOPPED, device=device)
