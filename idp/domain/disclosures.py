"""Disclosures: which identity claims a citizen let which client have, first when and last when.

One row for each account, client and claim. The citizen is asked again only for a claim that has
no row; a row that was withdrawn counts for nothing, and says what was shared until then.
"""

from collections.abc import Collection

from sqlalchemy import BigInteger, ForeignKey, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.kernel.database import Base, is_postgresql
from idp.protocol.identity_claims import in_order


class Disclosure(Base):
    """One claim that one client was given."""

    __tablename__ = "disclosures"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    claim: Mapped[str] = mapped_column(String(128), primary_key=True)
    first_at: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[int] = mapped_column(BigInteger)
    withdrawn_at: Mapped[int | None] = mapped_column(BigInteger)


def shared(session: Session, account_id: str, client_id: str) -> frozenset[str]:
    """Return the claims that this client may have without the citizen being asked again."""
    return frozenset(
        session.scalars(
            select(Disclosure.claim).where(
                Disclosure.account_id == account_id,
                Disclosure.client_id == client_id,
                Disclosure.withdrawn_at.is_(None),
            )
        )
    )


def share(
    session: Session, *, account_id: str, client_id: str, claims: Collection[str], now: int
) -> None:
    """Record that the citizen lets this client have `claims`, now and whenever it asks again."""
    rows = [
        {
            "account_id": account_id,
            "client_id": client_id,
            "claim": claim,
            "first_at": now,
            "last_at": now,
        }
        # Always in the same order, so that two of these cannot wait for each other.
        for claim in in_order(claims)
    ]
    if not rows:
        return
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    session.execute(
        insert(Disclosure)
        .values(rows)
        .on_conflict_do_update(
            index_elements=[Disclosure.account_id, Disclosure.client_id, Disclosure.claim],
            set_={"last_at": now, "withdrawn_at": None},
        )
    )
