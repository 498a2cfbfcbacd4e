"""What happens when somebody creates an account, without a web framework."""

from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    audit,
    authenticator_apps,
    email_codes,
    holds,
    journeys,
    notices,
    passwords,
    recoveries,
    recovery_codes,
    second_factors,
    sessions,
    test_citizens,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.email_codes import Purpose
from idp.domain.journeys import Journey
from idp.domain.passwords import Problem
from idp.domain.recoveries import Recovery
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.domain.throttles import Kind
from idp.protocol.session_facts import ACTIVE

PURPOSE = Purpose.CREATE_ACCOUNT


class TestCitizensAddress(Exception):
    """The address is in the domain of test citizens, and no such citizen waits for an account."""


class AlreadyDone(Exception):
    """Another request has done this step; nothing is left to do."""


def choose_email(session: Session, journey: Journey, email: str) -> None:
    """Create the account for `email`; what was proved for another address is forgotten.

    Raises TestCitizensAddress.
    """
    if not test_citizens.may_have_account(session, email):
        raise TestCitizensAddress
    journey.choice = "create"
    journeys.go_by(journey, email)


def send_code(
    session: Session, services: Services, journey: Journey, *, language: str, device: str
) -> int:
    """Send a code to the Journey's address and return how many more may be sent.

    An address that has an account gets a mail that says so, and a code that nobody is told: the
    same statements are made either way. Raises throttles.Locked when none may be sent.
    """
    email = journey.email or ""
    now = services.clock.now()
    left = throttles.reserve(session, Kind.EMAIL_SEND, accounts.email_key(email), now)
    known = accounts.find_by_email(session, email)
    code = email_codes.make(session, services, journey, PURPOSE)
    if known is None:
        notices.send(
            session,
            services,
            to=email,
            template="email_code",
            language=language,
            device=device,
            code=code,
        )
    else:
        notices.send(
            session,
            services,
            to=known.email,
            template="already_have_account",
            language=language,
            device=device,
        )
    audit.record(
        session,
        audit.EmailCodeSent(account_id=known.id if known else None, purpose=PURPOSE.value),
        now=now,
        journey_id=journey.id,
    )
    return left


def sending_locked_until(session: Session, services: Services, journey: Journey) -> int | None:
    """Return until when no code can be sent to the Journey's address, or None."""
    key = accounts.email_key(journey.email or "")
    return throttles.locked_until(session, Kind.EMAIL_SEND, key, services.clock.now())


def prove_email(session: Session, services: Services, journey: Journey, code: str) -> bool:
    """Return whether `code` proves the Journey's address; six wrong ones make it useless."""
    now = services.clock.now()
    if not email_codes.use(session, services, journey, PURPOSE, code):
        audit.record(
            session, audit.EmailCodeRefused(purpose=PURPOSE.value), now=now, journey_id=journey.id
        )
        return False
    journey.email_proved_at = now
    audit.record(session, audit.EmailProved(), now=now, journey_id=journey.id)
    return True


def password_problem(journey: Journey, password: str) -> Problem | None:
    """Return why this password cannot be used, or None."""
    return passwords.problem_with(password, email=journey.email or "")


def open_account(
    session: Session,
    services: Services,
    journey: Journey,
    *,
    password_hash: str,
    browser_hash: str,
    current: BrowserSession | None,
    device: str,
    language: str,
) -> str:
    """Open the account, sign its owner in at `Cl`, and return the session's new cookie.

    Raises accounts.EmailTaken when the address got an account in the meantime, and
    TestCitizensAddress.
    """
    if not test_citizens.may_have_account(session, journey.email or ""):
        raise TestCitizensAddress
    account = accounts.create(
        session,
        services,
        email=journey.email or "",
        password_hash=password_hash,
        language=language,
    )
    now = services.clock.now()
    audit.record(
        session, audit.AccountCreated(account_id=account.id), now=now, journey_id=journey.id
    )
    journey.account_id = account.id
    journey.password_at = now
    _, secret = sessions.after_password(
        session,
        services,
        browser_hash=browser_hash,
        account=account,
        current=current,
        device=device,
    )
    return secret


def sign_in_instead(journey: Journey) -> None:
    """The address got an account in the meantime: its owner goes on by signing in."""
    journey.choice = "sign_in"
    journey.email_proved_at = None


def app_is_due(
    session: Session, services: Services, journey: Journey, signed_in: BrowserSession
) -> bool:
    """Return whether the person signed in here may set up an app: they have none, or recover.

    Only then, so that a password alone never replaces or adds one.
    """
    if not second_factors.has_any(session, signed_in.account_id):
        return True
    return recovery_of(session, services, journey, signed_in) is not None


def recovery_of(
    session: Session, services: Services, journey: Journey, signed_in: BrowserSession
) -> Recovery | None:
    """Return the recovery that lets this person put a new app in the place of everything.

    For who gave the password in this Journey and said in it that they recover.
    """
    now = services.clock.now()
    account = accounts.get(session, signed_in.account_id)
    given = journey.password_at is not None and journey.account_id == signed_in.account_id
    if account is None or not (given and journey.recovering):
        return None
    if holds.until(account, now) is not None:
        return None
    recovery = recoveries.find(session, account.id, now)
    return recovery if recovery and recovery.may_be_finished(journey, now) else None


def owner_email(session: Session, signed_in: BrowserSession) -> str:
    """Return the address by which the app will label this account."""
    account = accounts.get(session, signed_in.account_id)
    return account.email if account else ""


def proposed_seed(services: Services, journey: Journey) -> str:
    """Return the seed to show on this Journey's page: the same one until a code proves it."""
    seed, journey.app_secret_sealed = authenticator_apps.proposal(
        services, journey.app_secret_sealed, journey.id
    )
    return seed


def recover(
    session: Session,
    services: Services,
    journey: Journey,
    signed_in: BrowserSession,
    recovery: Recovery,
    code: str,
) -> str | None:
    """Put the new app in the place of every second factor, if `code` is its; return the cookie.

    None when the code is wrong: nothing changes. Raises AlreadyDone when the recovery is over.
    """
    now = services.clock.now()
    seed = proposed_seed(services, journey)
    step = authenticator_apps.step_of(seed, code, now)
    account = accounts.get(session, signed_in.account_id)
    if step is None or account is None:
        return None
    if not recoveries.finish(session, services, recovery, journey):
        raise AlreadyDone
    second_factors.start_over(
        session, services, account.id, secret=seed, step=step, but=signed_in.sid
    )
    journey.app_secret_sealed = None
    journey.otp_at = now
    notices.send(
        session,
        services,
        to=account.email,
        template="recovery_done",
        language=account.language,
        device=signed_in.device,
    )
    return sessions.after_second_factor(session, services, signed_in)


def finish(
    session: Session,
    services: Services,
    journey: Journey,
    signed_in: BrowserSession,
    code: str,
) -> str | None:
    """Complete the account and keep the app if `code` is the app's; return the new cookie.

    None when the code is wrong: nothing is kept, and the same seed is shown again. Raises
    AlreadyDone when another request completed the account: a second app is never kept by this.
    """
    now = services.clock.now()
    seed = proposed_seed(services, journey)
    step = authenticator_apps.step_of(seed, code, now)
    account = accounts.get(session, signed_in.account_id)
    if step is None or account is None:
        return None
    if not accounts.complete(session, account):
        raise AlreadyDone
    authenticator_apps.add(session, services, account_id=account.id, secret=seed, step=step)
    journey.app_secret_sealed, journey.choice = None, "create"
    if journey.account_id != account.id:
        journey.account_id, journey.password_at = account.id, None
    journey.otp_at = now
    audit.record(session, audit.AuthenticatorAppAdded(account_id=account.id), now=now)
    audit.record(
        session, audit.AccountCompleted(account_id=account.id), now=now, journey_id=journey.id
    )
    notices.send(
        session,
        services,
        to=account.email,
        template="account_created",
        language=account.language,
        device=signed_in.device,
    )
    return sessions.after_second_factor(session, services, signed_in)


def owner_to_give_codes(
    session: Session, services: Services, journey: Journey, signed_in: BrowserSession | None
) -> Account | None:
    """Return whom this Journey's page may give recovery codes: who set their app up in it.

    Only until a set was said to be saved. Whoever just signs in, or has just reset their password,
    asks for codes in their account, where that has to be confirmed.
    """
    if signed_in is None or journey.account_id != signed_in.account_id:
        return None
    if journey.otp_at is None or signed_in.level != "Cl.Cm":
        return None
    account = accounts.get(session, signed_in.account_id)
    if account is None or account.state != ACTIVE:
        return None
    apps = authenticator_apps.of_account(session, account.id)
    if not apps or apps[0].added_at < journey.opened_at:
        return None
    if holds.until(account, services.clock.now()) is not None:
        return None
    return None if recovery_codes.facts(session, account.id).saved else account
