"""Confirmations: who is signed in shows again who they are, for one change, before it is made.

A confirmation belongs to the session and to the change it was asked for, works for a quarter of
an hour, and is used up by the change.
"""

from enum import StrEnum
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.domain import accounts
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession, cookie_hash

LIFETIME: Final = 900
"""Seconds that a confirmation works, and that a code once given need not be given again."""
_HALF: Final = "half:"


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


def code_is_needed(services: Services, signed_in: BrowserSession) -> bool:
    """Return whether a code has to be given too: the last one was given too long ago."""
    return signed_in.otp_at is None or signed_in.otp_at <= services.clock.now() - LIFETIME


def password_was_given(
    session: Session, services: Services, signed_in: BrowserSession, change: Change
) -> str | None:
    """Record that the password was right; return the session's new cookie, None if it has ended."""
    half = code_is_needed(services, signed_in)
    return _confirm(session, services, signed_in, f"{_HALF if half else ''}{change}")


def code_was_given(
    session: Session, services: Services, signed_in: BrowserSession, change: Change
) -> str | None:
    """Record that a code was right after the password; return as `password_was_given` does."""
    return _confirm(session, services, signed_in, str(change), otp_at=services.clock.now())


def is_half_confirmed(services: Services, signed_in: BrowserSession, change: Change) -> bool:
    """Return whether the password was given for this change and only a code is missing."""
    return _stands(services, signed_in, f"{_HALF}{change}")


def is_confirmed(services: Services, signed_in: BrowserSession, change: Change) -> bool:
    """Return whether this change may be made now."""
    return _stands(services, signed_in, str(change))


def use(session: Session, services: Services, signed_in: BrowserSession, change: Change) -> bool:
    """Use the confirmation up; False if there is none, or another request was faster.

    Until this transaction ends, no other change of the account is made.
    """
    accounts.hold(session, signed_in.account_id)
    used = session.scalar(
        update(BrowserSession)
        .where(
            BrowserSession.sid == signed_in.sid,
            BrowserSession.ended_at.is_(None),
            BrowserSession.confirmed_for == str(change),
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


def _stands(services: Services, signed_in: BrowserSession, confirmed_for: str) -> bool:
    return (
        signed_in.confirmed_for == confirmed_for
        and signed_in.confirmed_at is not None
        and signed_in.confirmed_at > services.clock.now() - LIFETIME
    )
