"""Registration keys: what lets a service team register its own clients over HTTP.

A key has 256 random bits, is shown once and kept as a hash, belongs to a team by name, and ends.
Clients belong to the team, not to the key, so a new key of the same name takes over. Production
mode knows no keys: `idp.app` leaves the endpoint out there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import BigInteger, String, delete, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.domain.services import Services
from idp.kernel.database import Base

BELIEVED_FOR = 30
"""Seconds for which discovery believes that registration is open, or closed."""
KEPT_FOR = 366 * 86_400
"""Seconds that a key stays in the list after its end."""
PREFIX = "onepass-registration-"
"""Every key begins so, for those who look for secrets that were published by mistake."""
LONGEST_LIFETIME = 366 * 86_400


class RegistrationKey(Base):
    """One key of a team; the key itself is not here."""

    __tablename__ = "registration_keys"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    last_used_at: Mapped[int | None] = mapped_column(BigInteger)
    revoked_at: Mapped[int | None] = mapped_column(BigInteger)

    def state(self, now: int) -> str:
        """Return `live`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "live" if self.expires_at > now else "expired"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new key; `text` is told once and never stored."""

    key: RegistrationKey
    text: str


def key_hash(text: str) -> str:
    """Return the form in which a key is stored (256 random bits need no key of their own)."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def issue(session: Session, services: Services, name: str, lifetime: int) -> Issued:
    """Make a key for the team called `name`, good for `lifetime` seconds."""
    now = services.clock.now()
    text = PREFIX + services.entropy.token()
    key = RegistrationKey(
        id=services.entropy.identifier(),
        name=name,
        key_hash=key_hash(text),
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(key)
    session.flush()
    fact = audit.RegistrationKeyIssued(key_id=key.id, expires_at=key.expires_at)
    audit.record(session, fact, now=now)
    return Issued(key, text)


def revoke(session: Session, key_id: str, now: int) -> bool:
    """Take a key back, from the next request on; False if there is none, or it was revoked."""
    found = session.scalar(
        update(RegistrationKey)
        .where(RegistrationKey.id == key_id, RegistrationKey.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(RegistrationKey.id)
        .execution_options(synchronize_session=False)
    )
    if found is None:
        return False
    audit.record(session, audit.RegistrationKeyRevoked(key_id=key_id), now=now)
    return True


def all_keys(session: Session) -> list[RegistrationKey]:
    """Return every key, oldest first."""
    return list(session.scalars(select(RegistrationKey).order_by(RegistrationKey.id)))


def use(session: Session, text: str, now: int) -> RegistrationKey | None:
    """Return the live key that this text is, noting its use, or None."""
    return session.scalar(
        update(RegistrationKey)
        .where(
            RegistrationKey.key_hash == key_hash(text),
            RegistrationKey.revoked_at.is_(None),
            RegistrationKey.expires_at > now,
        )
        .values(last_used_at=now)
        .returning(RegistrationKey)
        .execution_options(populate_existing=True)
    )


def any_live(session: Session, now: int) -> bool:
    """Return whether there is a key at all that may be used."""
    live = select(RegistrationKey.id).where(
        RegistrationKey.revoked_at.is_(None), RegistrationKey.expires_at > now
    )
    return session.scalar(live.limit(1)) is not None


def sweep(session: Session, now: int, limit: int = 500) -> int:
    """Delete up to `limit` keys that ended long ago."""
    old = select(RegistrationKey.id).where(RegistrationKey.expires_at < now - KEPT_FOR)
    gone = delete(RegistrationKey).where(RegistrationKey.id.in_(old.limit(limit)))
    return len(session.scalars(gone.returning(RegistrationKey.id)).all())


class OpenRegistration:
    """Whether teams may register clients at all, as one process knows it: for discovery."""

    def __init__(self, services: Services, new_session: Callable[[], Session]) -> None:
        self._services = services
        self._new_session = new_session
        self._until = 0.0
        self._open = False

    def __bool__(self) -> bool:
        """True outside production mode while there is a live key; at most 30 seconds old.

        Discovery must not fail because this cannot be found out: what was known last is said.
        """
        clock = self._services.clock
        if self._services.settings.mode != "production" and self._until <= clock.monotonic():
            try:
                with self._new_session() as session:
                    self._open = any_live(session, clock.now())
            except SQLAlchemyError:
                pass
            self._until = clock.monotonic() + BELIEVED_FOR
        return self._open
