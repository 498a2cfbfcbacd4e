"""What happens when somebody signs in, without a web framework.

Guesses are `idp.domain.guessing`'s business; here is what a right one opens.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    audit,
    authenticator_apps,
    guessing,
    journeys,
    sessions,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.guessing import Counter, PasswordGuess, Verdict
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession, Method
from idp.domain.throttles import Kind
from idp.protocol.session_facts import ACTIVE, PART_CREATED


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


def password_counter(journey: Journey) -> Counter | None:
    """Return where password tries are taken from, None for the address's own counter."""
    if journey.hint_subject is None:
        return None
    return Counter(Kind.REAUTH_PASSWORD, journey.hint_subject)


def code_counter(journey: Journey, account_id: str, kind: Kind = Kind.APP_CODE) -> Counter:
    """Return where tries of this kind of code are taken from."""
    return Counter(kind if journey.hint_subject is None else Kind.REAUTH_CODE, account_id)


def password_was_right(
    session: Session,
    services: Services,
    journey: Journey,
    guess: PasswordGuess,
    verdict: Verdict,
    arrival: Arrival,
    *,
    weak: bool,
) -> str | None:
    """Sign the browser in at `Cl` and return its new cookie; a `weak` password must be replaced.

    None when the account may not sign in at all, or has another password by now: this one was
    right, and nothing is opened.
    """
    if not guessing.password_was_right(session, guess, verdict):
        return None
    account = session.get_one(Account, guess.account_id)
    journey.account_id, journey.otp_at, journey.recovering = account.id, None, False
    if not may_sign_in(account):
        return None
    account.language = arrival.language
    if weak and account.reset_because is None:
        account.reset_because = accounts.WEAK
        fact = audit.PasswordFoundWeak(account_id=account.id)
        audit.record(session, fact, now=services.clock.now(), journey_id=journey.id)
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


def use_code(
    session: Session,
    services: Services,
    journey: Journey,
    signed_in: BrowserSession,
    code: str,
) -> str | None:
    """Raise the session to `Cl.Cm` and return its new cookie, or None if the code was wrong."""
    counter = code_counter(journey, signed_in.account_id)
    if not guessing.use_app_code(session, services, counter, signed_in.account_id, code):
        return None
    return second_factor_was_right(session, services, journey, signed_in, Method.APP)


def second_factor_was_right(
    session: Session,
    services: Services,
    journey: Journey,
    signed_in: BrowserSession,
    method: Method,
) -> str:
    """Raise the session to `Cl.Cm` and return its new cookie."""
    if journey.account_id != signed_in.account_id:
        # Somebody else gave their password in this Journey, in another tab: it proves nothing now.
        journey.account_id, journey.password_at = signed_in.account_id, None
    journey.otp_at = services.clock.now()
    return sessions.after_second_factor(session, services, signed_in, method=method)


def password_is_locked(session: Session, services: Services, email: str | None) -> bool:
    """Return whether no password of this address is looked at now: a new one would lift that."""
    if email is None:
        return False
    key, now = accounts.email_key(email), services.clock.now()
    return throttles.locked_until(session, Kind.PASSWORD, key, now) is not None


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
