"""What happens when somebody gets a new password, without a web framework."""

from dataclasses import dataclass
from enum import Enum

from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    audit,
    email_codes,
    guessing,
    journeys,
    notices,
    passwords,
    recovery_codes,
    resets,
    second_factors,
    sessions,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.email_codes import Purpose
from idp.domain.guessing import Counter
from idp.domain.journeys import Journey
from idp.domain.passwords import Problem
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession, Method
from idp.domain.throttles import Kind
from idp.protocol.session_facts import ACTIVE, PART_CREATED

PURPOSE = Purpose.RESET_PASSWORD


class Page(Enum):
    """A page of this room, as far as one leads to another."""

    REQUEST = "reset_password.ask"
    REQUIRED = "reset_password.required"
    EMAIL_CODE = "reset_password.email_code"
    SECOND_FACTOR = "reset_password.second_factor"
    PASSWORD = "reset_password.password"  # noqa: S105 - the name of a page


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a browser brings to a new password."""

    browser_hash: str
    device: str
    session: BrowserSession | None


def choose_address(
    session: Session, journey: Journey, signed_in: BrowserSession | None
) -> str | None:
    """Return the Journey's address, which is that of the person signed in if none was typed."""
    if journey.email is None and signed_in is not None:
        account = accounts.get(session, signed_in.account_id)
        journey.email = account.email if account else None
    return journey.email


def forced(session: Session, signed_in: BrowserSession | None) -> Account | None:
    """Return the account signed in here if it must have a new password."""
    account = accounts.get(session, signed_in.account_id) if signed_in else None
    return account if account is not None and account.reset_because is not None else None


def go_by_its_address(journey: Journey, account: Account) -> None:
    """Let the Journey go on with the address of an account that must have a new password."""
    if journey.email is None:
        journey.email = account.email
    elif accounts.email_key(journey.email) != account.email_key:
        journeys.go_by(journey, account.email)


def account_due(
    session: Session, journey: Journey, signed_in: BrowserSession | None
) -> Account | None:
    """Return the account that this Journey may give a new password, as far as knowing it goes.

    Its mailbox was proved here; or its password is too easy to guess and was given here.
    """
    proved = resets.account_of(session, journey)
    if proved is not None:
        return proved
    account = forced(session, signed_in)
    if account is None or account.reset_because != accounts.WEAK:
        return None
    given = journey.password_at is not None and journey.account_id == account.id
    return account if given else None


def second_factor_given(
    journey: Journey, account: Account, signed_in: BrowserSession | None
) -> Method | None:
    """Return which second factor was given for this: here, or signing in in this Journey."""
    if journey.reset_factor is not None:
        return Method(journey.reset_factor)
    if (
        signed_in is not None
        and signed_in.account_id == account.id == journey.account_id
        and signed_in.level == "Cl.Cm"
        and journey.otp_at is not None
    ):
        return sessions.method_of(signed_in)
    return None


def page_due(session: Session, journey: Journey, signed_in: BrowserSession | None) -> Page:
    """Return the page that this Journey has come to on the way to a new password."""
    account = account_due(session, journey, signed_in)
    if account is None:
        if journey.reset_begun_at is not None:
            return Page.EMAIL_CODE
        return Page.REQUEST if forced(session, signed_in) is None else Page.REQUIRED
    if second_factors.has_any(session, account.id) and not second_factor_given(
        journey, account, signed_in
    ):
        return Page.SECOND_FACTOR
    return Page.PASSWORD


def may_sign_in(account: Account) -> bool:
    """Return whether the account is neither suspended nor blocked."""
    return account.state in (ACTIVE, PART_CREATED)


def send_code(
    session: Session, services: Services, journey: Journey, *, language: str, device: str
) -> int:
    """Send a code to the Journey's address and return how many more may be sent.

    For an address without an account the same work is done, and nobody is written to. Raises
    throttles.Locked when none may be sent.
    """
    email, now = journey.email or "", services.clock.now()
    left = throttles.reserve(session, Kind.EMAIL_SEND, accounts.email_key(email), now)
    known = accounts.find_by_email(session, email)
    resets.begin(services, journey, known)
    code = email_codes.make(session, services, journey, PURPOSE)
    if known is None:
        notices.send_nobody(
            session,
            services,
            template="password_reset_code",
            language=language,
            device=device,
            code=code,
        )
    else:
        notices.send(
            session,
            services,
            to=known.email,
            template="password_reset_code",
            language=language,
            device=device,
            code=code,
        )
    account_id = known.id if known else None
    fact = audit.EmailCodeSent(account_id=account_id, purpose=PURPOSE.value)
    audit.record(session, fact, now=now, journey_id=journey.id)
    return left


def sending_locked_until(session: Session, services: Services, journey: Journey) -> int | None:
    """Return until when no code can be sent to the Journey's address, or None."""
    key = accounts.email_key(journey.email or "")
    return throttles.locked_until(session, Kind.EMAIL_SEND, key, services.clock.now())


def email_counter(journey: Journey) -> Counter:
    """Return where tries at the mail's code are taken from: the address, whoever has it."""
    return Counter(Kind.RESET_CODE, accounts.email_key(journey.email or ""))


def app_counter(account: Account) -> Counter:
    """Return where tries at the app's code are taken from."""
    return Counter(Kind.RESET_APP_CODE, account.id)


def recovery_counter(account: Account) -> Counter:
    """Return where tries at a recovery code are taken from."""
    return Counter(Kind.RESET_RECOVERY, account.id)


def has_recovery_codes(session: Session, account: Account) -> bool:
    """Return whether the account has recovery codes that were not used."""
    return bool(recovery_codes.left(session, account.id))


def prove_mailbox(session: Session, services: Services, journey: Journey, code: str) -> bool:
    """Return whether `code` proves the mailbox. An address without an account is never proved."""
    counter = email_counter(journey)
    right = guessing.use_email_code(session, services, counter, journey, PURPOSE, code)
    if not right or journey.reset_account_id is None:
        return False
    resets.mailbox_was_proved(services, journey)
    fact = audit.EmailProved(account_id=journey.reset_account_id)
    audit.record(session, fact, now=services.clock.now(), journey_id=journey.id)
    return True


def use_app_code(
    session: Session, services: Services, journey: Journey, account: Account, code: str
) -> bool:
    """Return whether the app's code is right, and remember it for this reset."""
    if not guessing.use_app_code(session, services, app_counter(account), account.id, code):
        return False
    _remember(session, services, journey, account, Method.APP)
    return True


def use_recovery_code(
    session: Session,
    services: Services,
    journey: Journey,
    account: Account,
    code: str,
    *,
    device: str,
) -> bool:
    """Return whether this is an unused recovery code, and remember it for this reset."""
    counter = recovery_counter(account)
    if not guessing.use_recovery_code(session, services, counter, account.id, code, device=device):
        return False
    _remember(session, services, journey, account, Method.RECOVERY_CODE)
    return True


def _remember(
    session: Session, services: Services, journey: Journey, account: Account, method: Method
) -> None:
    resets.second_factor_was_given(services, journey, method)
    fact = audit.SecondFactorPassed(account_id=account.id)
    audit.record(session, fact, now=services.clock.now(), journey_id=journey.id)


def password_problem(account: Account, password: str) -> Problem | None:
    """Return why this password cannot be used, or None."""
    return passwords.problem_with(password, email=account.email)


def finish(
    session: Session,
    services: Services,
    journey: Journey,
    account: Account,
    *,
    old_hash: str,
    new_hash: str,
    arrival: Arrival,
) -> str | None:
    """Set the new password and sign the browser in at the level proved; return its new cookie.

    None when another request set a password first, or the account was closed meanwhile.
    """
    factor = second_factor_given(journey, account, arrival.session)
    own = arrival.session is not None and arrival.session.account_id == account.id
    done = resets.set_password(
        session,
        services,
        account,
        old_hash=old_hash,
        new_hash=new_hash,
        proof=resets.Proof(factor, resets.account_of(session, journey) is not None),
        device=arrival.device,
        but=arrival.session.sid if arrival.session is not None and own else None,
    )
    if not done:
        return None
    now = services.clock.now()
    journey.account_id, journey.password_at, journey.email = account.id, now, account.email
    signed_in, secret = sessions.after_password(
        session,
        services,
        browser_hash=arrival.browser_hash,
        account=account,
        current=arrival.session,
        device=arrival.device,
    )
    journey.otp_at = None if factor is None else now
    if factor is None:
        return secret
    return sessions.after_second_factor(session, services, signed_in, method=factor)
