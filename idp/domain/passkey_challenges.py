"""Challenges: what an authenticator signs, made for one browser, one page and one purpose.

Each is kept as a hash until it is answered, once, or for five minutes (WebAuthn section 13.4.3).
"""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

import orjson
from sqlalchemy import BigInteger, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base

LIFETIME: Final = 300
_BYTES: Final = 32


class Ceremony(StrEnum):
    """What an answer is for; a challenge of one serves no other."""

    ADD = "add"
    SIGN_IN = "sign_in"
    STEP_UP = "step_up"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and for what: a browser, the Journey or session it is in, and whose passkey.

    `account_id` is None where any account's passkey may answer.
    """

    ceremony: Ceremony
    browser_hash: str
    place: str
    account_id: str | None = None


class PasskeyChallenge(Base):
    """A challenge that was not answered yet."""

    __tablename__ = "passkey_challenges"

    challenge_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    asked_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


def ask(session: Session, services: Services, asked: Asked) -> bytes:
    """Return a new challenge: 256 random bits."""
    challenge = services.entropy.bytes(_BYTES)
    session.add(
        PasskeyChallenge(
            challenge_hash=sha256(challenge).hexdigest(),
            asked_hash=_bound(asked),
            expires_at=services.clock.now() + LIFETIME,
        )
    )
    session.flush()
    return challenge


def take(session: Session, services: Services, asked: Asked, answered: bytes) -> bool:
    """Return whether `answered` is a challenge of this very page, and use it up."""
    taken = session.scalar(
        delete(PasskeyChallenge)
        .where(
            PasskeyChallenge.challenge_hash == sha256(answered).hexdigest(),
            PasskeyChallenge.asked_hash == _bound(asked),
            PasskeyChallenge.expires_at > services.clock.now(),
        )
        .returning(PasskeyChallenge.challenge_hash)
        .execution_options(synchronize_session=False)
    )
    return taken is not None


def answered_by(credential: str) -> bytes:
    """Return the challenge that a browser's answer says it signed; empty for what says nothing.

    What was answered inside another site's page counts as nothing (WebAuthn section 13.4.9).
    """
    try:
        said = orjson.loads(_decoded(orjson.loads(credential)["response"]["clientDataJSON"]))
        return b"" if said.get("crossOrigin") else _decoded(said["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return b""


def sweep(session: Session, now: int, limit: int = 500) -> int:
    """Delete up to `limit` challenges that nobody answered in time."""
    key = PasskeyChallenge.challenge_hash
    old = select(key).where(PasskeyChallenge.expires_at <= now).limit(limit)
    done = delete(PasskeyChallenge).where(key.in_(old)).returning(key)
    return len(session.scalars(done).all())


def _bound(asked: Asked) -> str:
    parts = (asked.ceremony.value, asked.browser_hash, asked.place, asked.account_id or "")
    return sha256("\n".join(parts).encode()).hexdigest()


def _decoded(text: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as broken:
        raise ValueError("not base64url") from broken
