"""Until when the page shown is good, and how its reader gets more time (WCAG 2.2, 2.2.1).

Every page of a Journey and of one's own says so in its shell, with a button for more; a script
shows it as a warning, five minutes before the end, instead.
"""

from dataclasses import dataclass
from typing import Final

from flask import g, url_for

from idp.domain import journeys, sessions
from idp.domain.journeys import Journey
from idp.domain.sessions import BrowserSession
from idp.web import current, headers, i18n

WARN_BEFORE: Final = 300
"""Seconds before the end at which the warning is shown."""
ANNOUNCED: Final = (300, 240, 180, 120, 60, 45, 30, 15)
"""Seconds before the end at which the time left is said again."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """`until` is in seconds since the epoch. `address` gives more time, None when none is left."""

    until: int
    address: str | None
    of_session: bool

    @property
    def seconds_left(self) -> int:
        """How long the page is good, counted from this request."""
        return self.until - current.now()

    @property
    def times_left(self) -> dict[int, str]:
        """How each time at which the warning speaks is said in the page's language."""
        return {seconds: i18n.duration(seconds) for seconds in ANNOUNCED}


def of_journey(journey: Journey) -> None:
    """Let this page say until when its Journey can be finished."""
    more = journeys.may_stay(current.services(), journey)
    address = url_for("more_time.in_journey", journey_id=journey.id) if more else None
    _set(TimeLimit(journey.expires_at, address, of_session=False))


def of_session(signed_in: BrowserSession) -> None:
    """Let this page say until when its reader stays signed in."""
    services = current.services()
    until = sessions.ends_at(services, signed_in)
    more = until < sessions.ends_at_latest(services, signed_in)
    address = url_for("more_time.in_session") if more else None
    _set(TimeLimit(until, address, of_session=True))


def time_limit() -> TimeLimit | None:
    """Return the limit of the page being made, or None if it has none."""
    found: TimeLimit | None = g.get("time_limit")
    return found


def _set(limit: TimeLimit) -> None:
    g.time_limit = limit
    headers.allow_asking_again()
