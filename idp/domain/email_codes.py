"""Codes sent by email: six digits, for one Journey, address and purpose, the newest only.

Six tries, then only a new code helps.
"""

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Integer, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.accounts import email_key
from idp.domain.authenticator_apps import cleaned
from idp.domain.journeys import Journey
from idp.domain.secrets import keyed_hash, matches
from idp.domain.services import Services
from idp.kernel.database import Base


class Purpose(StrEnum):
    """What a code proves the address for; a code for one purpose serves no other."""

    CREATE_ACCOUNT = "create_account"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a purpose
    CHANGE_EMAIL = "change_email"
    RECOVER = "recover"


_FIRST = 3600
_OTHERWISE = 900
LIFETIMES = {
    purpose: _FIRST if purpose is Purpose.CREATE_ACCOUNT else _OTHERWISE for purpose in Purpose
}
"""Seconds a code is good for: whoever creates an account may have to find the mail first."""
TRIES = 6
_KEY = "email codes"


class EmailCode(Base):
    """The code a Journey is waiting for. A new one takes the old one's place."""

    __tablename__ = "email_codes"

    journey_id: Mapped[str] = mapped_column(
        ForeignKey("journeys.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[str] = mapped_column(String(64))
    tries_left: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[int] = mapped_column(BigInteger)


def make(session: Session, services: Services, journey: Journey, purpose: Purpose) -> str:
    """Return a new code for this Journey's address and forget the one before."""
    code = services.entropy.digits(6)
    session.merge(
        EmailCode(
            journey_id=journey.id,
            code_hash=keyed_hash(session, services, _KEY, _bound(journey, purpose, code)),
            tries_left=TRIES,
            expires_at=services.clock.now() + LIFETIMES[purpose],
        )
    )
    session.flush()
    return code


def use(
    session: Session, services: Services, journey: Journey, purpose: Purpose, code: str
) -> bool:
    """Return whether `code` is the one this Journey waits for, and use it up.

    Each call takes a try by one conditional update; after six, or when the code's time is over,
    only a new code helps.
    """
    expected = session.scalar(
        update(EmailCode)
        .where(
            EmailCode.journey_id == journey.id,
            EmailCode.tries_left > 0,
            EmailCode.expires_at > services.clock.now(),
        )
        .values(tries_left=EmailCode.tries_left - 1)
        .returning(EmailCode.code_hash)
        .execution_options(synchronize_session=False)
    )
    bare = cleaned(code)
    if expected is None or bare is None:
        return False
    if not matches(session, services, _KEY, _bound(journey, purpose, bare), expected):
        return False
    used = session.scalar(
        update(EmailCode)
        .where(EmailCode.journey_id == journey.id, EmailCode.code_hash == expected)
        .values(code_hash="used", tries_left=0)
        .returning(EmailCode.journey_id)
        .execution_options(synchronize_session=False)
    )
    return used is not None


def _bound(journey: Journey, purpose: Purpose, code: str) -> str:
    # The address is part of what is hashed: a Journey may change it while a code is on its way,
    # and a code mailed to one address must never prove another.
    return f"{journey.id}:{purpose}:{email_key(journey.email or '')}:{code}"
