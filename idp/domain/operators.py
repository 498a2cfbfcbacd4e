"""Operators: which accounts may use the operators' console.

Does not own what operators do, or that some of it needs two of them (`change_requests`).
"""

from sqlalchemy import BigInteger, ForeignKey, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.domain.accounts import Account
from idp.domain.console_facts import OperatorAdded, OperatorRemoved
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql


class Operator(Base):
    """An account that is an operator's as well."""

    __tablename__ = "operators"

    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True
    )
    added_at: Mapped[int] = mapped_column(BigInteger)


def add(session: Session, services: Services, account_id: str) -> bool:
    """Make an account an operator's; False if it is one already."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    added = session.scalar(
        insert(Operator)
        .values(account_id=account_id, added_at=services.clock.now())
        .on_conflict_do_nothing(index_elements=[Operator.account_id])
        .returning(Operator.account_id)
    )
    if added is None:
        return False
    audit.record(session, OperatorAdded(account_id=account_id), now=services.clock.now())
    return True


def remove(session: Session, services: Services, account_id: str) -> bool:
    """Take the role from an account, at once; False if it has none."""
    gone = delete(Operator).where(Operator.account_id == account_id).returning(Operator.account_id)
    if session.scalar(gone) is None:
        return False
    audit.record(session, OperatorRemoved(account_id=account_id), now=services.clock.now())
    return True


def is_operator(session: Session, account_id: str) -> bool:
    """Return whether the account is an operator's now."""
    mine = select(Operator.account_id).where(Operator.account_id == account_id)
    return session.scalar(mine) is not None


def all_operators(session: Session) -> list[tuple[Operator, Account]]:
    """Return every operator with their account, the first one first."""
    listed = select(Operator, Account).join(Account, Account.id == Operator.account_id)
    return [(row[0], row[1]) for row in session.execute(listed.order_by(Operator.added_at))]
