"""What operators did to people's accounts, looking included, and why: the reasons in their words.

The audit record holds the same acts without the reason, since it holds no text from outside. A
record opens for one operator for `SEEN_FOR` seconds after they gave a reason, and then asks again.
"""

from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.domain.lever_facts import OperatorActed
from idp.domain.services import Services
from idp.kernel.database import Base

LOOK: Final = "look_up"
SEEN_FOR: Final = 15 * 60
"""Seconds for which a look-up lets an operator see a record."""
KEPT_FOR: Final = 365 * 86_400


class OperatorAct(Base):
    """One act of an operator on one account."""

    __tablename__ = "operator_acts"
    __table_args__ = (Index("ix_operator_acts_account_id", "account_id", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    operator_id: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    act: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(String(1000))
    at: Mapped[int] = mapped_column(BigInteger, index=True)


def write_down(
    session: Session, services: Services, *, by: str, act: str, account_id: str, reason: str
) -> None:
    """Keep that the operator `by` did `act` to an account, and why; the record gets the fact."""
    now = services.clock.now()
    session.add(
        OperatorAct(
            id=services.entropy.identifier(),
            operator_id=by,
            account_id=account_id,
            act=act,
            reason=reason,
            at=now,
        )
    )
    session.flush()
    audit.record(session, OperatorActed(account_id=by, act=act, about=account_id), now=now)


def may_see(session: Session, services: Services, *, by: str, account_id: str) -> bool:
    """Return whether the operator gave a reason to see this account's record just now."""
    looked = select(OperatorAct.id).where(
        OperatorAct.operator_id == by,
        OperatorAct.account_id == account_id,
        OperatorAct.act == LOOK,
        OperatorAct.at > services.clock.now() - SEEN_FOR,
    )
    return session.scalar(looked.limit(1)) is not None


def of_account(session: Session, account_id: str, limit: int = 20) -> list[OperatorAct]:
    """Return the newest acts on an account."""
    theirs = select(OperatorAct).where(OperatorAct.account_id == account_id)
    newest = theirs.order_by(OperatorAct.at.desc(), OperatorAct.id)
    return list(session.scalars(newest.limit(limit)))


def sweep(session: Session, now: int, limit: int) -> int:
    """Delete up to `limit` acts that are a year old."""
    old = select(OperatorAct.id).where(OperatorAct.at < now - KEPT_FOR).limit(limit)
    gone = delete(OperatorAct).where(OperatorAct.id.in_(old)).returning(OperatorAct.id)
    return len(session.scalars(gone).all())
