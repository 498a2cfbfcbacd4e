"""Keyed hashes for short or guessable secrets, under keys that are themselves sealed.

An email code has a million values and a client secret may be known to its team's colleagues:
a plain hash of either could be guessed from a copy of the database. The HMAC keys live sealed
in one table, are made on first need, and outlive a change of the sealing key.
"""

import hmac
from hashlib import sha256

from sqlalchemy import String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql

_PURPOSE = "keyed hash"


class SealedSecret(Base):
    """A random key of 256 bits, sealed, under a name."""

    __tablename__ = "sealed_secrets"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value_sealed: Mapped[str] = mapped_column(String(256))


def keyed_hash(session: Session, services: Services, name: str, value: str) -> str:
    """Return HMAC-SHA-256 of `value` under the key called `name`, in hexadecimal."""
    return hmac.new(key(session, services, name), value.encode(), sha256).hexdigest()


def matches(
    session: Session, services: Services, name: str, value: str, expected_hash: str
) -> bool:
    """Return whether `value` hashes to `expected_hash`, compared in constant time."""
    return hmac.compare_digest(keyed_hash(session, services, name, value), expected_hash)


def key(session: Session, services: Services, name: str) -> bytes:
    """Return the key called `name`, made and sealed on first need."""
    row = session.get(SealedSecret, name)
    if row is None:
        insert = postgresql.insert if is_postgresql(session) else sqlite.insert
        fresh = services.sealer.seal(services.entropy.bytes(32), _PURPOSE, name)
        session.execute(
            insert(SealedSecret).values(name=name, value_sealed=fresh).on_conflict_do_nothing()
        )
        row = session.get_one(SealedSecret, name, populate_existing=True)
    return services.sealer.open(row.value_sealed, _PURPOSE, name)
