"""Confirmations: who is signed in shows again who they are, for one change, before it is made.

A confirmation belongs to the session and to the change it was asked for, works for a quarter of
an hour, and is used up by the change. It takes the password, with a code if the last one is old, or
a passkey; while a hold is on after a reset, what is held takes a recovery code.
"""

from enum import StrEnum
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.domain import accounts, holds
from idp.domain.accounts import Account
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession, Method, cookie_hash

LIFETIME: Final = 900
"""Seconds that a confirmation works, and that a code once given need not be given again."""
_HALF: Final = "half:"
_WITH_RECOVERY_CODE: Final = "recovery:"


class Change(StrEnum):
    """What has to be confirmed. The words stand in addresses."""

    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 - the name of a change
    SIGN_OUT = "sign-out-everywhere"
    DATA = "data"
    DELETE = "delete"
    APP = "app"
    BACKUP = "backup"
    RECOVERY_CODES = "recovery-codes"
    PASSKEYS = "passkeys"


HELD: Final = frozenset(
    {Change.EMAIL, Change.APP, Change.BACKUP, Change.RECOVERY_CODES, Change.PASSKEYS}
)
"""What is held after a reset (`idp.domain.holds`)."""


def held_until(services: Services, account: Account, change: Change) -> int | None:
    """Return until when this change takes a recovery code, since the password was reset, or None.

    Seconds since the epoch. Whoever has no recovery code waits until then.
    """
    return holds.until(account, services.clock.now()) if change in HELD else None


def code_is_needed(
    services: Services, account: Account, signed_in: BrowserSession, change: Change
) -> bool:
    """Return whether the password is not enough: the last code is too old, or a hold is on."""
    if held_until(services, account, change) is not None:
        return True
    return signed_in.otp_at is None or signed_in.otp_at <= services.clock.now() - LIFETIME


def password_was_given(
    session: Session,
    services: Services,
    account: Account,
    signed_in: BrowserSession,
    change: Change,
) -> str | None:
    """Record that the password was right; return the session's new cookie, None if it has ended."""
    half = code_is_needed(services, account, signed_in, change)
    return _confirm(session, services, signed_in, f"{_HALF if half else ''}{change}")


def factor_was_given(
    session: Session,
    services: Services,
    signed_in: BrowserSession,
    change: Change,
    method: Method,
) -> str | None:
    """Record that a second factor was right; return as `password_was_given` does.

    A code counts after the password, a passkey by itself: it proves that they have it and that it
    is them. While a hold is on, only what was confirmed with a recovery code is.
    """
    by_paper = _WITH_RECOVERY_CODE if method is Method.RECOVERY_CODE else ""
    now = services.clock.now()
    return _confirm(session, services, signed_in, f"{by_paper}{change}", otp_at=now)


def is_half_confirmed(services: Services, signed_in: BrowserSession, change: Change) -> bool:
    """Return whether the password was given for this change and only a code is missing."""
    return _stands(services, signed_in, (f"{_HALF}{change}",))


def is_confirmed(
    services: Services, account: Account, signed_in: BrowserSession, change: Change
) -> bool:
    """Return whether this change may be made now."""
    return _stands(services, signed_in, _enough(services, account, change))


def use(
    session: Session,
    services: Services,
    account: Account,
    signed_in: BrowserSession,
    change: Change,
) -> bool:
    """Use the confirmation up; False if there is none, or another request was faster.

    Until this transaction ends, no other change of the account is made, and no hold begins.
    """
    if not accounts.hold(session, account.id):
        return False
    session.refresh(account, ["password_reset_at"])
    used = session.scalar(
        update(BrowserSession)
        .where(
            BrowserSession.sid == signed_in.sid,
            BrowserSession.ended_at.is_(None),
            BrowserSession.confirmed_for.in_(_enough(services, account, change)),
            BrowserSession.confirmed_at > services.clock.now() - LIFETIME,
        )
        .values(confirmed_for=None, confirmed_at=None)
        .returning(BrowserSession.sid)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        return False
    session.refresh(signed_in, ["confirmed_for", "confirmed_at"])
    return True


def _enough(services: Services, account: Account, change: Change) -> tuple[str, ...]:
    with_recovery_code = f"{_WITH_RECOVERY_CODE}{change}"
    if held_until(services, account, change) is not None:
        return (with_recovery_code,)
    return (str(change), with_recovery_code)


def _confirm(
    session: Session,
    services: Services,
    signed_in: BrowserSession,
    confirmed_for: str,
    **more: int,
) -> str | None:
    secret = services.entropy.token()
    written = more | {"confirmed_at": services.clock.now()}
    kept = session.scalar(
        update(BrowserSession)
        .where(BrowserSession.sid == signed_in.sid, BrowserSession.ended_at.is_(None))
        .values(cookie_hash=cookie_hash(secret), confirmed_for=confirmed_for, **written)
        .returning(BrowserSession.sid)
        .execution_options(synchronize_session=False)
    )
    if kept is None:
        return None
    session.refresh(signed_in)
    return secret


def _stands(services: Services, signed_in: BrowserSession, enough: tuple[str, ...]) -> bool:
    return (
        signed_in.confirmed_for in enough
        and signed_in.confirmed_at is not None
        and signed_in.confirmed_at > services.clock.now() - LIFETIME
    )
