"""Reports: somebody says that an activity of their account was not theirs; one for each."""

from sqlalchemy import BigInteger, ForeignKey, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, notices
from idp.domain.accounts import Account
from idp.domain.activity import Event
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql

DIGITS = 9


class ActivityReport(Base):
    """A report, by the number that its owner was told."""

    __tablename__ = "activity_reports"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(String(24), primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    at: Mapped[int] = mapped_column(BigInteger)


def report(
    session: Session, services: Services, account: Account, event: Event, *, device: str
) -> ActivityReport:
    """Record the report and tell the owner its number; a second one finds the first."""
    now = services.clock.now()
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    made = session.scalar(
        insert(ActivityReport)
        .values(
            account_id=account.id,
            reference=event.reference,
            number=services.entropy.digits(DIGITS),
            at=now,
        )
        .on_conflict_do_nothing()
        .returning(ActivityReport.number)
    )
    found = session.get_one(ActivityReport, (account.id, event.reference))
    if made is not None:
        fact = audit.ActivityReported(
            account_id=account.id, number=found.number, what=event.fact, when=event.at
        )
        audit.record(session, fact, now=now)
    notices.send(
        session,
        services,
        to=account.email,
        template="activity_reported" if made else "activity_reported_again",
        language=account.language,
        device=device,
        number=found.number,
    )
    return found


def numbers(session: Session, account_id: str) -> dict[str, ActivityReport]:
    """Return the account's reports by the reference of what was reported."""
    reports = select(ActivityReport).where(ActivityReport.account_id == account_id)
    return {report.reference: report for report in session.scalars(reports)}
