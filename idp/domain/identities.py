"""Proven identities: who an account's owner is, how sure that is, and since when.

An account has one at most: a new proof takes the old one's place, under a new id. What was found
out about the person is sealed with that id, so that no row's facts can be put into another row.
"""

from dataclasses import dataclass

import orjson
from sqlalchemy import BigInteger, ForeignKey, String, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql
from idp.protocol.person import Person, from_members, to_members

PURPOSE = "proven identity"


class Identity(Base):
    """The newest proof of who an account's owner is. `level` is `P1` to `P3`."""

    __tablename__ = "identities"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), unique=True)
    level: Mapped[str] = mapped_column(String(8))
    facts_sealed: Mapped[str] = mapped_column(Text)
    proved_at: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proven identity, opened."""

    id: str
    level: str
    person: Person
    proved_at: int


def keep(
    session: Session, services: Services, *, account_id: str, level: str, person: Person
) -> Proof:
    """Keep a new proof in the place of the one before, and return it."""
    proof = Proof(services.entropy.identifier(), level, person, services.clock.now())
    facts = orjson.dumps(to_members(person))
    new = {
        "id": proof.id,
        "level": level,
        "facts_sealed": services.sealer.seal(facts, PURPOSE, proof.id),
        "proved_at": proof.proved_at,
    }
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    session.execute(
        insert(Identity)
        .values(account_id=account_id, **new)
        .on_conflict_do_update(index_elements=[Identity.account_id], set_=new)
    )
    return proof


def find(session: Session, services: Services, account_id: str) -> Proof | None:
    """Return the account's proof, or None."""
    row = session.execute(
        select(Identity.id, Identity.level, Identity.facts_sealed, Identity.proved_at).where(
            Identity.account_id == account_id
        )
    ).one_or_none()
    if row is None:
        return None
    return Proof(row.id, row.level, opened(services, row.facts_sealed, row.id), row.proved_at)


def opened(services: Services, facts_sealed: str, proof_id: str) -> Person:
    """Return the person in a row's sealed facts."""
    return from_members(orjson.loads(services.sealer.open(facts_sealed, PURPOSE, proof_id)))
