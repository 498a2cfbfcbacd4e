"""How long people need, and where they leave: counts by kind of Journey, page and day.

A Journey notes the pages it shows, and when. Once it is over, the worker adds that to the counts
and forgets it, so that no page ever waits for a counter that all others want too. The counts hold
nothing of anybody.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Final

from sqlalchemy import BigInteger, Integer, String, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.journeys import Journey
from idp.kernel.database import Base, is_postgresql

WHOLE: Final = "whole"
"""Stands for the Journey itself where pages have their names."""
BOUNDS: Final = (5, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds up to which a bucket counts; one more counts everything above."""
LONGER: Final = 43_200
MOST_PAGES: Final = 60
KEPT_FOR: Final = 365 * 86_400
DAY: Final = 86_400

PASSED, LEFT = "passed", "left"
FINISHED, DROPPED = "finished", "dropped"


class JourneyCount(Base):
    """How often this came about on one day. `seconds` is the upper bound of the bucket.

    `outcome` of a page: `passed` to the next, or `left` for good there. Of the whole Journey:
    `finished`, or `dropped`.
    """

    __tablename__ = "journey_counts"

    day: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    page: Mapped[str] = mapped_column(String(64), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16), primary_key=True)
    seconds: Mapped[int] = mapped_column(Integer, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One figure of the counts."""

    day: int
    kind: str
    page: str
    outcome: str
    seconds: int


def show(journey: Journey, page: str, now: int) -> None:
    """Note that the Journey shows `page`; the same page again is no other page."""
    noted = journey.pages.split() if journey.pages else []
    if len(noted) >= MOST_PAGES or (noted and noted[-1].partition(":")[0] == page):
        return
    journey.pages = " ".join([*noted, f"{page}:{max(0, now - journey.opened_at)}"])


def bucket_of(seconds: int) -> int:
    """Return the upper bound of the bucket that counts `seconds`."""
    return next((bound for bound in BOUNDS if seconds <= bound), LONGER)


def buckets_of(journey: Journey) -> Iterator[Bucket]:
    """Return what a Journey that is over adds to the counts: one of each."""
    day, kind = journey.opened_at - journey.opened_at % DAY, _kind_of(journey)
    pages = [
        (name, int(at))
        for name, _, at in (noted.partition(":") for noted in (journey.pages or "").split())
    ]
    finished = journey.ended_at is not None
    last = journey.ended_at - journey.opened_at if journey.ended_at is not None else None
    ends = [at for _, at in pages[1:]] + [last]
    for (name, at), end in zip(pages, ends, strict=False):
        if end is None:
            yield Bucket(day, kind, name, LEFT, 0)
        else:
            yield Bucket(day, kind, name, PASSED, bucket_of(end - at))
    if finished:
        yield Bucket(day, kind, WHOLE, FINISHED, bucket_of(last or 0))
    else:
        yield Bucket(day, kind, WHOLE, DROPPED, 0)


def count_ended(session: Session, now: int, limit: int) -> int:
    """Add up to `limit` Journeys that are over to the counts; return how many.

    Each is added once, also when several workers do this at a time.
    """
    over = (
        select(Journey.id)
        .where(
            Journey.counted_at.is_(None),
            or_(Journey.ended_at.is_not(None), Journey.expires_at <= now),
        )
        .limit(limit)
    )
    claimed = session.scalars(
        update(Journey)
        .where(Journey.id.in_(over), Journey.counted_at.is_(None))
        .values(counted_at=now)
        .returning(Journey)
        .execution_options(synchronize_session=False)
    ).all()
    counts = Counter(bucket for journey in claimed for bucket in buckets_of(journey))
    # In one order everywhere, so that two workers never wait for each other.
    for bucket in sorted(counts, key=astuple):
        _add(session, bucket, counts[bucket])
    session.execute(
        update(Journey)
        .where(Journey.id.in_([journey.id for journey in claimed]))
        .values(pages=None)
        .execution_options(synchronize_session=False)
    )
    return len(claimed)


def counts(session: Session) -> list[JourneyCount]:
    """Return all counts, by kind, page, outcome, bucket and day."""
    order = (JourneyCount.kind, JourneyCount.page, JourneyCount.outcome, JourneyCount.seconds)
    return list(session.scalars(select(JourneyCount).order_by(*order, JourneyCount.day)))


@dataclass(frozen=True, slots=True)
class Sum:
    """A figure of the counts over many days."""

    kind: str
    page: str
    outcome: str
    seconds: int
    count: int


def summed(session: Session, since: int) -> list[Sum]:
    """Return the counts from the day `since` on, all days together."""
    columns = (JourneyCount.kind, JourneyCount.page, JourneyCount.outcome, JourneyCount.seconds)
    total = select(*columns, func.sum(JourneyCount.count)).where(JourneyCount.day >= since)
    rows = session.execute(total.group_by(*columns).order_by(*columns))
    return [Sum(*row[:4], int(row[4])) for row in rows]


def sweep(session: Session, now: int) -> int:
    """Delete the counts of days more than a year ago."""
    old = delete(JourneyCount).where(JourneyCount.day < now - KEPT_FOR)
    return len(session.scalars(old.returning(JourneyCount.day)).all())


def _kind_of(journey: Journey) -> str:
    if journey.returns_to is not None:
        return "own_pages"
    if journey.hint_subject is not None:
        return "sign_in_again"
    return journey.choice or "go_on"


def _add(session: Session, bucket: Bucket, count: int) -> None:
    insert = (postgresql if is_postgresql(session) else sqlite).insert(JourneyCount)
    keys = ["day", "kind", "page", "outcome", "seconds"]
    values = {name: getattr(bucket, name) for name in keys}
    session.execute(
        insert.values(**values, count=count).on_conflict_do_update(
            index_elements=keys, set_={"count": JourneyCount.count + count}
        )
    )
