"""What an operator may do with the audit record: look, have it proved, take a copy."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import (
    accounts,
    audit,
    audit_checks,
    audit_search,
    audit_verification,
    operator_acts,
)
from idp.domain.audit_checks import AuditCheck
from idp.domain.audit_entries import Checkpoint, SealedEntry
from idp.domain.audit_search import Page, Wanted
from idp.domain.record_facts import (
    AuditExported,
    AuditSearchedByAccount,
    AuditVerificationAsked,
)
from idp.domain.services import Services

SHORT: Final = 5000
"""Entries proved while the page waits, some 30 microseconds each; more are the worker's."""
MOST_EXPORTED: Final = 100_000


class NotLookedUp(Exception):
    """The record tells which services an account uses: whoever asks looks its owner up first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known about the record as a whole."""

    check: AuditCheck | None
    checkpoint: Checkpoint | None


def standing(session: Session) -> Standing:
    """Return when the record was last proved, and its newest checkpoint."""
    newest = select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1)
    return Standing(audit_checks.last(session), session.scalar(newest))


def search(
    session: Session, services: Services, wanted: Wanted, *, by: str, size: int = audit_search.PAGE
) -> Page:
    """Return a page of the record; that an account was asked for is recorded.

    Raises NotLookedUp.
    """
    _record_whose(session, services, wanted, by=by)
    return audit_search.page(session, wanted, size)


def verify(session: Session, services: Services, *, by: str) -> None:
    """Prove a short record now; ask the worker to prove a long one."""
    now = services.clock.now()
    audit.record(session, AuditVerificationAsked(account_id=by), now=now)
    newest = select(SealedEntry.log_index).order_by(SealedEntry.log_index.desc()).limit(1)
    if (session.scalar(newest) or 0) > SHORT:
        audit_checks.ask(session, now)
    else:
        audit_checks.settle(session, audit_verification.verify(session, services), now)


def record_export(session: Session, services: Services, wanted: Wanted, *, by: str) -> None:
    """Record that somebody takes a copy, and of which account's entries. Raises NotLookedUp."""
    _record_whose(session, services, wanted, by=by)
    audit.record(session, AuditExported(account_id=by), now=services.clock.now())


def _record_whose(session: Session, services: Services, wanted: Wanted, *, by: str) -> None:
    if wanted.account_id is None or accounts.get(session, wanted.account_id) is None:
        return
    if not operator_acts.may_see(session, services, by=by, account_id=wanted.account_id):
        raise NotLookedUp
    fact = AuditSearchedByAccount(account_id=by, about=wanted.account_id)
    audit.record(session, fact, now=services.clock.now())
