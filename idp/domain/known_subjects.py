"""Which account a service means by a subject: kept as long as the account is, unlike grants.

A subject cannot be computed back into an account. The worker writes each down as it counts what the
record says (`daily_counts`), so that no sign-in waits for it.
"""

from collections.abc import Collection

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.grants import Grant
from idp.kernel.database import Base, is_postgresql


class KnownSubject(Base):
    """That a client was given this subject for an account. Clients of one sector share it."""

    __tablename__ = "known_subjects"

    subject: Mapped[str] = mapped_column(String(128), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )


def remember(session: Session, grant_ids: Collection[str]) -> None:
    """Keep the subjects that tokens of these grants named; those that are gone are left out."""
    if not grant_ids:
        return
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    names = (Grant.subject, Grant.client_id, Grant.account_id)
    # In one order, as two workers would wait for each other otherwise.
    told = select(*names).where(Grant.id.in_(sorted(grant_ids))).distinct().order_by(*names)
    session.execute(
        insert(KnownSubject)
        .from_select(["subject", "client_id", "account_id"], told)
        .on_conflict_do_nothing()
    )


def owner_of(session: Session, subject: str) -> str | None:
    """Return the account that a service was told of by this subject, or None."""
    named = select(KnownSubject.account_id).where(KnownSubject.subject == subject)
    return session.scalar(named.limit(1))


def of_account(session: Session, account_id: str) -> list[tuple[str, str]]:
    """Return `(client_id, subject)` for each client that was told of the account, ever."""
    kept = select(KnownSubject.client_id, KnownSubject.subject).where(
        KnownSubject.account_id == account_id
    )
    recent = select(Grant.client_id, Grant.subject).where(Grant.account_id == account_id)
    return sorted((row[0], row[1]) for row in session.execute(kept.union(recent)))
