"""What happens when somebody signs in, without a web framework.

A guess takes two commits: the try is taken and kept before the password is looked at, and what
came of it is written afterwards. The caller commits in between.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    audit,
    authenticator_apps,
    journeys,
    notices,
    sessions,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.domain.throttles import Kind
from idp.protocol.session_facts import ACTIVE, PART_CREATED

LONGEST_PASSWORD_TRIED = 1024
"""Longer than any password we accept; what is longer is wrong without being hashed."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A password try that has been taken: whose it would be, and what it is compared with.

    `counter` is where the try was taken from.
    """

    counter: tuple[Kind, str]
    email: str
    account_id: str | None
    password_hash: str | None
    tries_left: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password was right, and its hash at today's cost if the stored one is older."""

    right: bool
    better_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a browser brings to a sign-in."""

    browser_hash: str
    device: str
    language: str
    session: BrowserSession | None


def email_of(session: Session, journey: Journey, signed_in: BrowserSession | None) -> str | None:
    """Return the address to sign in with: the typed one, or the one already signed in here.

    Whoever a service named types it in any case.
    """
    if journey.email or journey.hint_subject is not None:
        return journey.email
    account = accounts.get(session, signed_in.account_id) if signed_in else None
    return account.email if account else None


def choose_email(journey: Journey, email: str) -> None:
    """Sign in with `email` from here on; what was proved for another address is forgotten."""
    journeys.go_by(journey, email)


def take_password_try(session: Session, services: Services, journey: Journey, email: str) -> Guess:
    """Take one of the tries that this address has, whether it has an account or not.

    Raises throttles.Locked. Commit before judging.
    """
    counter = (Kind.PASSWORD, accounts.email_key(email))
    if journey.hint_subject is not None:
        counter = (Kind.REAUTH_PASSWORD, journey.hint_subject)
    left = throttles.reserve(session, *counter, services.clock.now())
    account = accounts.find_by_email(session, email)
    if account is None:
        return Guess(counter, email, None, None, left)
    return Guess(counter, email, account.id, account.password_hash, left)


def judge(services: Services, guess: Guess, password: str) -> Verdict:
    """Return whether the password is right. Never inside a transaction. Raises TooBusy."""
    if len(password) > LONGEST_PASSWORD_TRIED:
        services.hasher.verify(None, "")
        return Verdict(right=False)
    right = services.hasher.verify(guess.password_hash, password)
    if right and guess.password_hash and services.hasher.needs_rehash(guess.password_hash):
        return Verdict(right=True, better_hash=services.hasher.hash(password))
    return Verdict(right)


def nothing_was_tried(session: Session, guess: Guess) -> None:
    """Give the try back that was taken for a password which nobody had time to judge."""
    throttles.give_back(session, *guess.counter)


def password_was_wrong(session: Session, services: Services, guess: Guess, *, device: str) -> bool:
    """Record a wrong password; return whether it was the last try, so that the lock begins."""
    now = services.clock.now()
    audit.record(session, audit.PasswordRefused(account_id=guess.account_id), now=now)
    if guess.tries_left > 0:
        return False
    if guess.counter[0] is Kind.PASSWORD:
        _tell_of_lock(session, services, guess.account_id, Kind.PASSWORD, device)
    return True


def password_was_right(
    session: Session,
    services: Services,
    journey: Journey,
    guess: Guess,
    verdict: Verdict,
    arrival: Arrival,
) -> str | None:
    """Sign the browser in at `Cl` and return its new cookie.

    None when the account may not sign in at all; the password was right, and nothing is opened.
    """
    account = accounts.get(session, guess.account_id or "")
    if account is None:
        return None
    throttles.forgive(session, *guess.counter)
    if verdict.better_hash is not None:
        account.password_hash = verdict.better_hash
    journey.account_id, journey.otp_at = account.id, None
    if not may_sign_in(account):
        return None
    account.language = arrival.language
    journey.password_at = services.clock.now()
    journey.email = account.email
    _, secret = sessions.after_password(
        session,
        services,
        browser_hash=arrival.browser_hash,
        account=account,
        current=arrival.session,
        device=arrival.device,
    )
    return secret


def may_sign_in(account: Account) -> bool:
    """Return whether the account is neither suspended nor blocked."""
    return account.state in (ACTIVE, PART_CREATED)


def closed_state(
    session: Session, journey: Journey, signed_in: BrowserSession | None
) -> str | None:
    """Return the state that keeps this person out for good or for now, or None."""
    account_id = signed_in.account_id if signed_in else journey.account_id
    account = accounts.get(session, account_id) if account_id else None
    return None if account is None or may_sign_in(account) else account.state


def password_is_given(journey: Journey, signed_in: BrowserSession | None) -> bool:
    """Return whether the person signed in here gave their password in this very Journey."""
    return (
        signed_in is not None
        and journey.password_at is not None
        and journey.account_id == signed_in.account_id
    )


def code_is_wanted(journey: Journey, signed_in: BrowserSession) -> bool:
    """Return whether a code would prove something: not after a code, nor before a new password.

    Who has a code already and was not asked for the password again in this Journey is asked for
    nothing: a code by itself must not make an old sign-in look new.
    """
    if signed_in.level != "Cl.Cm":
        return True
    return password_is_given(journey, signed_in) and journey.otp_at is None


def has_app(session: Session, signed_in: BrowserSession) -> bool:
    """Return whether there is an app that could show this person a code."""
    return authenticator_apps.has_app(session, signed_in.account_id)


def take_code_try(session: Session, services: Services, journey: Journey, account_id: str) -> int:
    """Take one of the account's tries and return how many are left. Raises throttles.Locked."""
    return throttles.reserve(session, *_code_counter(journey, account_id), services.clock.now())


def _code_counter(journey: Journey, account_id: str) -> tuple[Kind, str]:
    kind = Kind.APP_CODE if journey.hint_subject is None else Kind.REAUTH_CODE
    return kind, account_id


def use_code(
    session: Session,
    services: Services,
    journey: Journey,
    signed_in: BrowserSession,
    code: str,
) -> str | None:
    """Raise the session to `Cl.Cm` and return its new cookie, or None if the code was wrong."""
    right = authenticator_apps.use_code(
        session,
        services,
        account_id=signed_in.account_id,
        code=code,
    )
    if not right:
        return None
    throttles.forgive(session, *_code_counter(journey, signed_in.account_id))
    if journey.account_id != signed_in.account_id:
        # Somebody else gave their password in this Journey, in another tab: it proves nothing now.
        journey.account_id, journey.password_at = signed_in.account_id, None
    journey.otp_at = services.clock.now()
    return sessions.after_second_factor(session, services, signed_in)


def code_was_wrong(
    session: Session,
    services: Services,
    journey: Journey,
    account_id: str,
    *,
    tries_left: int,
    device: str,
) -> bool:
    """Record a wrong code; return whether it was the last try, so that the lock begins."""
    audit.record(
        session, audit.SecondFactorRefused(account_id=account_id), now=services.clock.now()
    )
    if tries_left > 0:
        return False
    if journey.hint_subject is None:
        _tell_of_lock(session, services, account_id, Kind.APP_CODE, device)
    return True


def locked_until(
    session: Session, services: Services, email: str | None, signed_in: BrowserSession | None
) -> int | None:
    """Return until when (seconds since the epoch) this sign-in is locked, or None."""
    now = services.clock.now()
    ends = [
        throttles.locked_until(session, kind, subject, now)
        for kind, subject in (
            (Kind.PASSWORD, accounts.email_key(email) if email else None),
            (Kind.APP_CODE, signed_in.account_id if signed_in else None),
        )
        if subject
    ]
    return max((end for end in ends if end is not None), default=None)


def _tell_of_lock(
    session: Session, services: Services, account_id: str | None, kind: Kind, device: str
) -> None:
    audit.record(
        session, audit.Locked(account_id=account_id, kind=kind.value), now=services.clock.now()
    )
    account = accounts.get(session, account_id) if account_id else None
    if account is not None:
        notices.send(
            session,
            services,
            to=account.email,
            template="account_locked",
            language=account.language,
            device=device,
        )
