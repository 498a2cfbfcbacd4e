"""Leases: one worker at a time does what must not be done twice at once.

Owns: the table, taking and giving back a lease.
Does not own: what a lease is for. Outbox rows carry leases of their own (`idp.domain.outbox`).
"""

from sqlalchemy import BigInteger, String, or_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.kernel.database import Base, is_postgresql


class WorkerLease(Base):
    """Who does a piece of work, until when."""

    __tablename__ = "worker_leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    until: Mapped[int] = mapped_column(BigInteger)


def take(session: Session, name: str, owner: str, *, now: int, lifetime: int) -> bool:
    """Take or prolong a lease for `lifetime` seconds; False while another owner has it.

    The row stays locked until the transaction ends, so others wait for it and then see it. A lease
    that ends later than any taken now could was taken before the clock stepped back: it is free.
    """
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    wanted = insert(WorkerLease).values(name=name, owner=owner, until=now + lifetime)
    taken = session.scalar(
        wanted.on_conflict_do_update(
            index_elements=[WorkerLease.name],
            set_={"owner": wanted.excluded.owner, "until": wanted.excluded.until},
            where=or_(
                WorkerLease.owner == wanted.excluded.owner,
                WorkerLease.until <= now,
                WorkerLease.until > now + lifetime,
            ),
        ).returning(WorkerLease.owner)
    )
    return taken is not None


def give_back(session: Session, name: str, owner: str) -> None:
    """End a lease early, if `owner` has it."""
    session.execute(
        update(WorkerLease)
        .where(WorkerLease.name == name, WorkerLease.owner == owner)
        .values(until=0)
        .execution_options(synchronize_session=False)
    )
