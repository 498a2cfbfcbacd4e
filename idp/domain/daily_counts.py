"""How often each thing happened: counts by day, fact, client and reason, from the audit record.

The worker reads each sealed entry once and notes how far it came in the same transaction, so that
nothing is counted twice or left out, whoever works and whatever dies. The counts name no person.
What is read on the way is told to `known_subjects`.
Day 0 holds what ever happened, which no sweeping takes away.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, String, delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import known_subjects
from idp.domain.audit_entries import SealedEntry
from idp.domain.clients import Client
from idp.kernel.database import Base, is_postgresql

DAY: Final = 86_400
EVER: Final = 0
KEPT_FOR: Final = 365 * DAY
MOST: Final = 100
BATCH: Final = 1000
"""Entries that one transaction counts."""
_LONGEST: Final = 64
_LOG: Final = "log"

COUNTED: Final[dict[str, str | None]] = {
    "account_created": None,
    "account_completed": None,
    "account_deleted": None,
    "signed_in_with_password": None,
    "signed_in_with_passkey": None,
    "second_factor_passed": None,
    "signed_out": "because",
    "code_issued": None,
    "tokens_issued": None,
    "claims_released": None,
    "password_refused": None,
    "second_factor_refused": None,
    "passkey_refused": "because",
    "email_code_sent": "purpose",
    "email_code_refused": "purpose",
    "reauthentication_failed": "factor",
    "locked": "kind",
    "password_reset": "because",
    "recovery_begun": None,
    "recovery_finished": None,
    "identity_proved": "level",
    "identity_not_proved": "outcome",
    "authorization_refused": "reason",
    "client_authentication_refused": "reason",
    "client_assertion_replayed": None,
    "code_refused": "reason",
    "code_replayed": None,
    "logout_notice_delivered": None,
    "logout_notice_failed": None,
    "team_registration_refused": "reason",
}
"""The facts that are counted, and the field of each that says why or how, where one does."""


class DailyCount(Base):
    """How often this happened on one day; `client_id` and `reason` may be empty."""

    __tablename__ = "daily_counts"

    day: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    fact: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    reason: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


class CountingProgress(Base):
    """The one row that says which entry of the record is counted next."""

    __tablename__ = "counting_progress"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    next_index: Mapped[int] = mapped_column(BigInteger)


def count_sealed(session: Session, limit: int = BATCH) -> int:
    """Count up to `limit` sealed entries that were not counted yet; return how many those were.

    Whoever counts holds the row of progress, so others wait and then begin after them.
    """
    start = _hold_progress(session)
    entries = session.execute(
        select(
            SealedEntry.log_index,
            SealedEntry.at,
            SealedEntry.fact,
            SealedEntry.client_id,
            SealedEntry.grant_id,
            SealedEntry.detail,
        )
        .where(SealedEntry.log_index >= start)
        .order_by(SealedEntry.log_index)
        .limit(limit)
    ).all()
    if not entries:
        return 0
    known = _known_clients(session, {row.client_id for row in entries if row.client_id})
    counts = Counter[tuple[int, str, str, str]]()
    for row in entries:
        if row.fact in COUNTED:
            what = (row.fact, row.client_id if row.client_id in known else "", _reason(row))
            counts[row.at - row.at % DAY, *what] += 1
            counts[EVER, *what] += 1
    # In one order everywhere, so that two workers never wait for each other.
    for key in sorted(counts):
        _add(session, key, counts[key])
    told = {row.grant_id for row in entries if row.fact == "tokens_issued" and row.grant_id}
    known_subjects.remember(session, told)
    session.execute(update(CountingProgress).values(next_index=entries[-1].log_index + 1))
    return len(entries)


def behind(session: Session) -> int:
    """Return how many sealed entries are not counted yet."""
    newest = select(SealedEntry.log_index).order_by(SealedEntry.log_index.desc()).limit(1)
    end = session.scalar(newest)
    counted = session.scalar(select(CountingProgress.next_index)) or 0
    return 0 if end is None else max(0, end + 1 - counted)


@dataclass(frozen=True, slots=True)
class Commonest:
    """How often a fact came about for one reason, and for one client where they are told."""

    fact: str
    reason: str
    client_id: str
    count: int


def by_day(session: Session, facts: Iterable[str], since: int) -> dict[int, int]:
    """Return how often any of the facts came about on each day from `since` on."""
    wanted = (
        select(DailyCount.day, func.sum(DailyCount.count))
        .where(DailyCount.day >= max(since, EVER + 1), DailyCount.fact.in_(sorted(facts)))
        .group_by(DailyCount.day)
    )
    return {day: int(count) for day, count in session.execute(wanted)}


def commonest(
    session: Session, facts: Iterable[str], since: int, *, by_client: bool = False
) -> list[Commonest]:
    """Return the reasons for which the facts came about most from `since` on, a hundred at most."""
    who = DailyCount.client_id if by_client else literal("").label("client_id")
    often = func.sum(DailyCount.count)
    wanted = (
        select(DailyCount.fact, DailyCount.reason, who, often)
        .where(DailyCount.day >= max(since, EVER + 1), DailyCount.fact.in_(sorted(facts)))
        .group_by(DailyCount.fact, DailyCount.reason, "client_id")
        .order_by(often.desc(), DailyCount.fact, DailyCount.reason, "client_id")
        .limit(MOST)
    )
    return [Commonest(*row[:3], int(row[3])) for row in session.execute(wanted)]


def ever(session: Session) -> list[DailyCount]:
    """Return what ever happened."""
    order = (DailyCount.fact, DailyCount.client_id, DailyCount.reason)
    return list(session.scalars(select(DailyCount).where(DailyCount.day == EVER).order_by(*order)))


def sweep(session: Session, now: int) -> int:
    """Delete the counts of days more than a year ago."""
    old = delete(DailyCount).where(DailyCount.day > EVER, DailyCount.day < now - KEPT_FOR)
    return len(session.scalars(old.returning(DailyCount.day)).all())


def _hold_progress(session: Session) -> int:
    insert = (postgresql if is_postgresql(session) else sqlite).insert(CountingProgress)
    held = insert.values(name=_LOG, next_index=0).on_conflict_do_update(
        index_elements=[CountingProgress.name],
        set_={"next_index": CountingProgress.next_index},
    )
    return session.scalar(held.returning(CountingProgress.next_index)) or 0


def _known_clients(session: Session, ids: set[str]) -> set[str]:
    return set(session.scalars(select(Client.client_id).where(Client.client_id.in_(sorted(ids)))))


def _reason(row: Any) -> str:
    field = COUNTED[row.fact]
    return "" if field is None else str(orjson.loads(row.detail).get(field) or "")[:_LONGEST]


def _add(session: Session, key: tuple[int, str, str, str], count: int) -> None:
    keys = ["day", "fact", "client_id", "reason"]
    insert = (postgresql if is_postgresql(session) else sqlite).insert(DailyCount)
    session.execute(
        insert.values(**dict(zip(keys, key, strict=True)), count=count).on_conflict_do_update(
            index_elements=keys, set_={"count": DailyCount.count + count}
        )
    )
