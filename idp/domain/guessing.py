"""Guesses: a password or a code that somebody typed, and what comes of it.

A guess takes two commits: the try is taken and kept before the guess is looked at, and what came
of it is written afterwards; the caller commits in between. Every page that asks for a password or
a code guesses here, so that tries, locks, audit and mails are the same wherever it is asked.
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    audit,
    authenticator_apps,
    email_codes,
    notices,
    recovery_codes,
    throttles,
)
from idp.domain.accounts import Account
from idp.domain.email_codes import Purpose
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.throttles import Kind

LONGEST_PASSWORD_TRIED = 1024
"""Longer than any password we accept; what is longer is wrong without being hashed."""

_NOT_A_LOCK = (Kind.REAUTH_EMAIL, Kind.REAUTH_PASSWORD, Kind.REAUTH_CODE)
_OF_ONE_WAY = (
    Kind.RESET_CODE,
    Kind.RESET_APP_CODE,
    Kind.RESET_RECOVERY,
    Kind.RECOVERY_EMAIL,
    Kind.RECOVERY_STOP,
)
"""Locks of a way around signing in, which itself goes on: no mail says that it is paused."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Where tries are taken from: what is guessed, and about whom."""

    kind: Kind
    subject: str


@dataclass(frozen=True, slots=True)
class PasswordGuess:
    """A password try that has been taken: whose it would be, and what it is compared with."""

    counter: Counter
    email: str
    account_id: str | None
    password_hash: str | None
    tries_left: int
    password_set_at: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password was right, and its hash at today's cost if the stored one is older."""

    right: bool
    better_hash: str | None = None


def take_password_try(
    session: Session, services: Services, email: str, counter: Counter | None = None
) -> PasswordGuess:
    """Take one of the tries that this address has, whether it has an account or not.

    Another `counter` than the address's own may be named. Raises throttles.Locked. Commit before
    judging.
    """
    counter = counter or Counter(Kind.PASSWORD, accounts.email_key(email))
    left = throttles.reserve(session, counter.kind, counter.subject, services.clock.now())
    account = accounts.find_by_email(session, email)
    if account is None:
        return PasswordGuess(counter, email, None, None, left)
    set_at = account.password_set_at
    return PasswordGuess(counter, email, account.id, account.password_hash, left, set_at)


def judge(services: Services, guess: PasswordGuess, password: str) -> Verdict:
    """Return whether the password is right. Never inside a transaction. Raises TooBusy."""
    if len(password) > LONGEST_PASSWORD_TRIED:
        services.hasher.verify(None, "")
        return Verdict(right=False)
    right = services.hasher.verify(guess.password_hash, password)
    if right and guess.password_hash and services.hasher.needs_rehash(guess.password_hash):
        return Verdict(right=True, better_hash=services.hasher.hash(password))
    return Verdict(right)


def nothing_was_tried(session: Session, guess: PasswordGuess) -> None:
    """Give the try back that was taken for a password which nobody had time to judge."""
    throttles.give_back(session, guess.counter.kind, guess.counter.subject)


def password_was_wrong(
    session: Session, services: Services, guess: PasswordGuess, *, device: str
) -> bool:
    """Record a wrong password; return whether it was the last try, so that the lock begins."""
    fact = audit.PasswordRefused(account_id=guess.account_id)
    audit.record(session, fact, now=services.clock.now())
    return _was_the_last(
        session, services, guess.counter, guess.account_id, guess.tries_left, device
    )


def password_was_right(session: Session, guess: PasswordGuess, verdict: Verdict) -> bool:
    """Give the tries back, and keep the hash at today's cost if the stored one is older.

    False if the account has gone or got another password while this one was judged: nothing must
    be opened by it then. Until this transaction ends, no other change of the account is made.
    """
    if not accounts.hold(session, guess.account_id or ""):
        return False
    account = session.get_one(Account, guess.account_id)
    session.refresh(account)
    # The same password's hash may have been made anew meanwhile, by a sign-in beside this one.
    if guess.password_hash != account.password_hash:
        if guess.password_set_at != account.password_set_at:
            return False
    elif verdict.better_hash is not None:
        account.password_hash = verdict.better_hash
    throttles.forgive(session, guess.counter.kind, guess.counter.subject)
    return True


def locked_until(session: Session, services: Services, counter: Counter) -> int | None:
    """Return until when (seconds since the epoch) no try is left, or None if there is one."""
    return throttles.locked_until(session, counter.kind, counter.subject, services.clock.now())


def take_code_try(session: Session, services: Services, counter: Counter) -> int:
    """Take one of the tries and return how many are left. Raises throttles.Locked.

    Commit before the code is looked at.
    """
    return throttles.reserve(session, counter.kind, counter.subject, services.clock.now())


def use_app_code(
    session: Session, services: Services, counter: Counter, account_id: str, code: str
) -> bool:
    """Return whether an app of the account shows `code`; a right one is used up.

    Until this transaction ends, no other change of the account is made.
    """
    accounts.hold(session, account_id)
    right = authenticator_apps.use_code(session, services, account_id=account_id, code=code)
    if right:
        throttles.forgive(session, counter.kind, counter.subject)
    return right


def use_email_code(
    session: Session,
    services: Services,
    counter: Counter,
    journey: Journey,
    purpose: Purpose,
    code: str,
) -> bool:
    """Return whether `code` is the one mailed for this; a right one is used up."""
    right = email_codes.use(session, services, journey, purpose, code)
    if right:
        throttles.forgive(session, counter.kind, counter.subject)
    return right


def email_code_was_wrong(
    session: Session,
    services: Services,
    counter: Counter,
    journey: Journey,
    purpose: Purpose,
    *,
    account_id: str | None,
    tries_left: int,
) -> bool:
    """Record a wrong code; return whether it was the last try, so that the lock begins."""
    fact = audit.EmailCodeRefused(account_id=account_id, purpose=purpose.value)
    audit.record(session, fact, now=services.clock.now(), journey_id=journey.id)
    return _was_the_last(session, services, counter, account_id, tries_left, "")


def was_the_last_stop_code(
    session: Session, services: Services, counter: Counter, *, tries_left: int
) -> bool:
    """Record a wrong stop code of a recovery; return whether it was the last try."""
    fact = audit.RecoveryStopRefused(account_id=counter.subject)
    audit.record(session, fact, now=services.clock.now())
    return _was_the_last(session, services, counter, counter.subject, tries_left, "")


def use_recovery_code(
    session: Session,
    services: Services,
    counter: Counter,
    account_id: str,
    code: str,
    *,
    device: str,
) -> bool:
    """Return whether `code` is an unused recovery code of the account.

    A right one is used up, and its owner is told. Until this transaction ends, no other change of
    the account is made.
    """
    accounts.hold(session, account_id)
    left = recovery_codes.use(session, services, account_id, code)
    account = accounts.get(session, account_id)
    if left is None or account is None:
        return False
    throttles.forgive(session, counter.kind, counter.subject)
    notices.send(
        session,
        services,
        to=account.email,
        template="recovery_code_used",
        language=account.language,
        device=device,
        left=left,
    )
    return True


def code_was_wrong(
    session: Session,
    services: Services,
    counter: Counter,
    account_id: str,
    *,
    tries_left: int,
    device: str,
) -> bool:
    """Record a wrong code; return whether it was the last try, so that the lock begins."""
    fact = audit.SecondFactorRefused(account_id=account_id)
    audit.record(session, fact, now=services.clock.now())
    return _was_the_last(session, services, counter, account_id, tries_left, device)


def _was_the_last(
    session: Session,
    services: Services,
    counter: Counter,
    account_id: str | None,
    tries_left: int,
    device: str,
) -> bool:
    if tries_left > 0:
        return False
    if counter.kind not in _NOT_A_LOCK:
        _tell_of_lock(session, services, account_id, counter.kind, device)
    return True


def _tell_of_lock(
    session: Session, services: Services, account_id: str | None, kind: Kind, device: str
) -> None:
    fact = audit.Locked(account_id=account_id, kind=kind.value)
    audit.record(session, fact, now=services.clock.now())
    if kind in _OF_ONE_WAY:
        return
    account = accounts.get(session, account_id or "")
    if account is None:
        notices.send_nobody(
            session, services, template="account_locked", language="en", device=device
        )
    else:
        notices.send(
            session,
            services,
            to=account.email,
            template="account_locked",
            language=account.language,
            device=device,
        )
