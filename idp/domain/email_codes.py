"""Codes sent by email: six digits, for one Journey and address, the newest only, six tries."""

from sqlalchemy import BigInteger, ForeignKey, Integer, String, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.accounts import email_key
from idp.domain.authenticator_apps import cleaned
from idp.domain.journeys import Journey
from idp.domain.secrets import keyed_hash, matches
from idp.domain.services import Services
from idp.kernel.database import Base

LIFETIME = 3600
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


def make(session: Session, services: Services, journey: Journey) -> str:
    """Return a new code for this Journey's address and forget the one before."""
    code = services.entropy.digits(6)
    session.merge(
        EmailCode(
            journey_id=journey.id,
            code_hash=keyed_hash(session, services, _KEY, _bound(journey, code)),
            tries_left=TRIES,
            expires_at=services.clock.now() + LIFETIME,
        )
    )
    session.flush()
    return code


def use(session: Session, services: Services, journey: Journey, code: str) -> bool:
    """Return whether `code` is the one this Journey waits for, and use it up.

    Each call takes a try by one conditional update; after six, or an hour, only a new code helps.
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
    if not matches(session, services, _KEY, _bound(journey, bare), expected):
        return False
    used = session.scalar(
        update(EmailCode)
        .where(EmailCode.journey_id == journey.id, EmailCode.code_hash == expected)
        .values(code_hash="used", tries_left=0)
        .returning(EmailCode.journey_id)
        .execution_options(synchronize_session=False)
    )
    return used is not None


def _bound(journey: Journey, code: str) -> str:
    # The address is part of what is hashed: a Journey may change it while a code is on its way,
    # and a code mailed to one address must never prove another.
    return f"{journey.id}:{email_key(journey.email or '')}:{code}"
