"""A change of address under way: kept as a Journey, which is this browser's and ends by itself."""

from sqlalchemy.orm import Session

from idp.domain import (
    account_changes,
    accounts,
    audit,
    email_codes,
    journeys,
    notices,
    test_citizens,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.email_codes import Purpose
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.domain.throttles import Kind

CHOICE = "change_email"
PURPOSE = Purpose.CHANGE_EMAIL
_WAY_BACK = "/account/security"


def is_fixed(account: Account) -> bool:
    """Return whether an account keeps its address: by theirs, test citizens are known as such."""
    return test_citizens.is_one(account.email)


def is_reserved(email: str) -> bool:
    """Return whether an address is in the domain of test citizens, which nobody changes to."""
    return test_citizens.is_one(email)


def begin(
    session: Session,
    services: Services,
    signed_in: BrowserSession,
    *,
    browser_id: str,
    language: str,
    email: str,
) -> Journey:
    """Begin the change to `email`."""
    journey = journeys.open_journey(
        session,
        services,
        browser_id=browser_id,
        client_id="onepass:account",
        parameters="",
        language=language,
        wanted=journeys.Wanted(email=email),
        returns_to=_WAY_BACK,
    )
    journey.account_id, journey.choice = signed_in.account_id, CHOICE
    return journey


def send_code(
    session: Session, services: Services, journey: Journey, *, language: str, device: str
) -> int:
    """Send a code to the new address and return how many more may be sent.

    An address that has an account gets a mail that says so, and a code that nobody is told: the
    same statements are made either way. Raises throttles.Locked when none may be sent.
    """
    email, now = journey.email or "", services.clock.now()
    left = throttles.reserve(session, Kind.EMAIL_SEND, accounts.email_key(email), now)
    known = accounts.find_by_email(session, email)
    code = email_codes.make(session, services, journey, PURPOSE)
    if known is None:
        notices.send(
            session,
            services,
            to=email,
            template="email_change_code",
            language=language,
            device=device,
            code=code,
        )
    else:
        notices.send(
            session,
            services,
            to=known.email,
            template="email_address_in_use",
            language=known.language,
            device=device,
        )
    fact = audit.EmailCodeSent(account_id=journey.account_id, purpose=PURPOSE.value)
    audit.record(session, fact, now=now, journey_id=journey.id)
    return left


def sending_locked_until(session: Session, services: Services, journey: Journey) -> int | None:
    """Return until when no code can be sent to the new address, or None."""
    key = accounts.email_key(journey.email or "")
    return throttles.locked_until(session, Kind.EMAIL_SEND, key, services.clock.now())


def prove(session: Session, services: Services, journey: Journey, code: str) -> bool:
    """Return whether `code` proves the new address; six wrong ones make it useless.

    A code for an address that has an account was told to nobody, so none is right.
    """
    now = services.clock.now()
    if email_codes.use(session, services, journey, PURPOSE, code):
        audit.record(session, audit.EmailProved(), now=now, journey_id=journey.id)
        return True
    fact = audit.EmailCodeRefused(purpose=PURPOSE.value)
    audit.record(session, fact, now=now, journey_id=journey.id)
    return False


def take(
    session: Session,
    services: Services,
    journey: Journey,
    account: Account,
    signed_in: BrowserSession,
) -> None:
    """Let the account answer to the new address. Raises accounts.EmailTaken."""
    account_changes.change_email(session, services, account, signed_in, email=journey.email or "")
    journeys.end(session, journey, services.clock.now())
