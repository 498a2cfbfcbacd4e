"""What people thought of it: an answer from one to five and perhaps some words, and nobody's name.

Neither account nor session, browser or address is kept with it, and of the time only the day.
"""

from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, Integer, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base

LONGEST: Final = 1200
"""Characters of the words."""
KEPT_FOR: Final = 365 * 86_400
DAY: Final = 86_400
SCALE: Final = range(1, 6)
"""From very dissatisfied to very satisfied."""


class After(StrEnum):
    """What somebody had just done when they were asked."""

    SIGNING_OUT = "signing_out"
    CREATING_AN_ACCOUNT = "creating_an_account"


class Feedback(Base):
    """One answer. `given_on` is the day's first second (UTC, since the epoch)."""

    __tablename__ = "feedback"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    given_on: Mapped[int] = mapped_column(BigInteger, index=True)
    after: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    satisfaction: Mapped[int] = mapped_column(Integer)
    words: Mapped[str | None] = mapped_column(String(LONGEST))


def give(
    session: Session,
    services: Services,
    *,
    after: After,
    language: str,
    satisfaction: int,
    words: str,
) -> None:
    """Keep one answer; no words are kept as none."""
    now = services.clock.now()
    session.add(
        Feedback(
            # No identifier that grows with time: the order of answers would tell the moment.
            id=services.entropy.short_token(),
            given_on=now - now % DAY,
            after=after.value,
            language=language,
            satisfaction=satisfaction,
            words=words or None,
        )
    )
    session.flush()


def tally(session: Session, since: int = 0) -> dict[str, dict[int, int]]:
    """Return how often each answer was given from `since` on, by what was done before."""
    found: dict[str, dict[int, int]] = {each.value: dict.fromkeys(SCALE, 0) for each in After}
    rows = session.execute(
        select(Feedback.after, Feedback.satisfaction, func.count())
        .where(Feedback.given_on >= since)
        .group_by(Feedback.after, Feedback.satisfaction)
    )
    for after, satisfaction, count in rows:
        found[after][satisfaction] = count
    return found


def newest_words(session: Session, most: int) -> list[Feedback]:
    """Return the newest answers that have words, at most `most`."""
    return list(
        session.scalars(
            select(Feedback)
            .where(Feedback.words.is_not(None))
            .order_by(Feedback.given_on.desc(), Feedback.id)
            .limit(most)
        )
    )


def sweep(session: Session, now: int, limit: int) -> int:
    """Delete up to `limit` answers that are a year old."""
    old = select(Feedback.id).where(Feedback.given_on < now - KEPT_FOR).limit(limit)
    return len(
        session.scalars(delete(Feedback).where(Feedback.id.in_(old)).returning(Feedback.id)).all()
    )
