"""When the audit record was last proved, what came of it, and that somebody wants it proved.

A long record takes minutes to prove, so pages ask and the worker does it: when it is asked, and
once a day in any case. Does not own the proof itself (`audit_verification`).
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Integer, String, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit_verification, leases
from idp.domain.audit_verification import Verdict
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql

EVERY: Final = 86_400
"""Seconds after which the worker proves the record although nobody asked."""
LEASE: Final = "audit verifier"
LEASE_LIFETIME: Final = 3600
_LOG: Final = "log"


class AuditCheck(Base):
    """The one row about the record. All but `asked_at` is of the last proof, None before it."""

    __tablename__ = "audit_checks"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    asked_at: Mapped[int | None] = mapped_column(BigInteger)
    done_at: Mapped[int | None] = mapped_column(BigInteger)
    entries: Mapped[int | None] = mapped_column(BigInteger)
    checkpoints: Mapped[int | None] = mapped_column(BigInteger)
    file_checkpoints: Mapped[int | None] = mapped_column(BigInteger)
    unsealed: Mapped[int | None] = mapped_column(Integer)
    broken_at: Mapped[int | None] = mapped_column(BigInteger)
    breach: Mapped[str | None] = mapped_column(String(32))
    words: Mapped[str | None] = mapped_column(Text)


def last(session: Session) -> AuditCheck | None:
    """Return the row, or None when the record was never proved and nobody asked."""
    return session.scalar(
        select(AuditCheck).where(AuditCheck.name == _LOG).execution_options(populate_existing=True)
    )


def ask(session: Session, now: int) -> None:
    """Ask for a proof; it is one, however many ask meanwhile."""
    _write(session, asked_at=now)


def settle(session: Session, verdict: Verdict, now: int) -> None:
    """Keep what came of a proof that was made just now."""
    broken = verdict.broken
    _write(
        session,
        asked_at=None,
        done_at=now,
        entries=verdict.entries,
        checkpoints=verdict.checkpoints,
        file_checkpoints=verdict.file_checkpoints,
        unsealed=verdict.unsealed,
        broken_at=broken.log_index if broken else None,
        breach=broken.breach.value if broken else None,
        words=broken.words if broken else None,
    )


def due(session: Session, now: int) -> bool:
    """Return whether the worker should prove the record now."""
    fresh = select(AuditCheck.name).where(
        AuditCheck.name == _LOG,
        AuditCheck.asked_at.is_(None),
        AuditCheck.done_at > now - EVERY,
        # A clock that was put back must not keep the record unproved.
        AuditCheck.done_at <= now,
    )
    return session.scalar(fresh) is None


def verify_if_due(session: Session, services: Services) -> Verdict | None:
    """Prove the record if that is due and nobody else does it; None otherwise. Commits."""
    now, owner = services.clock.now(), services.entropy.identifier()
    wanted = due(session, now)
    wanted = wanted and leases.take(session, LEASE, owner, now=now, lifetime=LEASE_LIFETIME)
    session.commit()
    if not wanted:
        return None
    verdict = audit_verification.verify(session, services)
    session.commit()
    settle(session, verdict, services.clock.now())
    leases.give_back(session, LEASE, owner)
    session.commit()
    return verdict


def _write(session: Session, **values: Any) -> None:
    insert = (postgresql if is_postgresql(session) else sqlite).insert(AuditCheck)
    session.execute(
        insert.values(name=_LOG, **values).on_conflict_do_update(
            index_elements=[AuditCheck.name], set_=values
        )
    )
