"""What waits for operators, and for how long: requests to decide, and messages given up.

Does not own deciding (`approved_acts`) or delivering (`outbox`).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import change_requests, outbox
from idp.domain.accounts import Account
from idp.domain.change_requests import ChangeRequest

LATE_AFTER: Final = 10
"""Working days within which a request is decided."""
_UK: Final = ZoneInfo("Europe/London")
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits, who made it, and for how many working days."""

    asked: ChangeRequest
    email: str
    working_days: int

    @property
    def late(self) -> bool:
        """Whether it should have been decided by now."""
        return self.working_days > LATE_AFTER


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits, the oldest first; `dead_letters` is how many messages were given up."""

    waiting: tuple[Waiting, ...]
    dead_letters: int

    @property
    def counts(self) -> dict[str, int]:
        """How many requests of each kind wait."""
        return dict(Counter(each.asked.kind for each in self.waiting))

    @property
    def late(self) -> int:
        """How many of them are late."""
        return sum(each.late for each in self.waiting)


def of(session: Session, now: int) -> Queue:
    """Return what waits at `now`."""
    open_ones = change_requests.waiting(session)
    emails = emails_of(session, (asked.requested_by for asked in open_ones))
    listed = tuple(
        Waiting(asked, emails.get(asked.requested_by, ""), working_days(asked.requested_at, now))
        for asked in open_ones
    )
    return Queue(listed, outbox.counts(session).get("dead", 0))


def emails_of(session: Session, account_ids: Iterable[str]) -> dict[str, str]:
    """Return the addresses of those of these accounts that are still there."""
    rows = session.execute(
        select(Account.id, Account.email).where(Account.id.in_(set(account_ids)))
    )
    return {row[0]: row[1] for row in rows}


def working_days(since: int, until: int) -> int:
    """Return how many days from Monday to Friday began after `since`, up to `until` (UK time).

    Bank holidays count: whoever waits does not care.
    """
    first, last = _day(since), _day(until)
    whole, rest = divmod(max((last - first).days, 0), 7)
    left = (first + timedelta(days=7 * whole + each) for each in range(1, rest + 1))
    return whole * 5 + sum(day.weekday() < _SATURDAY for day in left)


def _day(at: int) -> date:
    return datetime.fromtimestamp(at, _UK).date()
