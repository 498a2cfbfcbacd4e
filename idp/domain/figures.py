"""Figures for a number of days: what people did, where they left, what failed, what waits.

Everything is read from counts that the worker keeps, so that no view of them reads the record.
Numbers under five could tell of a person who is known to be one of few; pages hide them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from idp.domain import audit_log, daily_counts, feedback, journey_times, outbox
from idp.domain.daily_counts import DAY, Commonest
from idp.domain.journey_times import DROPPED, LEFT, WHOLE
from idp.kernel import histograms
from idp.settings import Settings

PERIODS: Final = (7, 28, 90)
"""Days, today among them."""
SMALLEST: Final = 5
SIGN_UPS: Final = frozenset({"account_completed"})
SIGN_INS: Final = frozenset({"signed_in_with_password", "signed_in_with_passkey"})
SINGLE_SIGN_ONS: Final = frozenset({"tokens_issued"})
LOCKS: Final = frozenset({"locked"})
FAILURES: Final = frozenset(
    {
        "authorization_refused",
        "client_authentication_refused",
        "client_assertion_replayed",
        "code_refused",
        "code_replayed",
        "email_code_refused",
        "identity_not_proved",
        "logout_notice_failed",
        "passkey_refused",
        "password_refused",
        "reauthentication_failed",
        "second_factor_refused",
        "team_registration_refused",
    }
)


@dataclass(frozen=True, slots=True)
class Passage:
    """How people fared on one page, or (page `whole`) on one kind of journey.

    `half` and `most` are the seconds within which half and nine tenths of those who passed did;
    None where nobody did.
    """

    kind: str
    page: str
    passed: int
    left: int
    half: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the worker has yet to do. Ages are seconds; None where nothing waits."""

    states: Mapping[str, int]
    oldest_age: int | None
    unsealed: int
    uncounted: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it. What is by day has an entry for each day, the oldest first."""

    days: tuple[int, ...]
    sign_ups: tuple[int, ...]
    sign_ins: tuple[int, ...]
    single_sign_ons: tuple[int, ...]
    locks: Mapping[str, int]
    failures: tuple[Commonest, ...]
    passages: tuple[Passage, ...]
    times: Mapping[int, int]
    satisfaction: Mapping[str, Mapping[int, int]]
    waiting: Waiting


def of(session: Session, now: int, days: int) -> Figures:
    """Return the figures of the last `days` days, today included."""
    today = now - now % DAY
    first = today - (days - 1) * DAY
    each = tuple(range(first, today + DAY, DAY))
    passages, times = _journeys(session, first)
    return Figures(
        days=each,
        sign_ups=_by_day(session, SIGN_UPS, each),
        sign_ins=_by_day(session, SIGN_INS, each),
        single_sign_ons=_by_day(session, SINGLE_SIGN_ONS, each),
        locks={each.reason: each.count for each in daily_counts.commonest(session, LOCKS, first)},
        failures=tuple(daily_counts.commonest(session, FAILURES, first, by_client=True)),
        passages=passages,
        times=times,
        satisfaction=feedback.tally(session, since=first),
        waiting=waiting(session, now),
    )


def waiting(session: Session, now: int) -> Waiting:
    """Return what waits for the worker at this moment."""
    oldest = outbox.oldest_waiting_at(session)
    return Waiting(
        states=outbox.counts(session),
        oldest_age=None if oldest is None else max(0, now - oldest),
        unsealed=audit_log.unsealed(session)[0],
        uncounted=daily_counts.behind(session),
    )


def within(buckets: Mapping[int, int], share: float) -> int | None:
    """Return the bound of seconds within which this share of all did it; None if nobody did."""
    total, seen = sum(buckets.values()), 0
    for bound in sorted(buckets):
        seen += buckets[bound]
        if total and seen >= share * total:
            return bound
    return None


def _by_day(session: Session, facts: frozenset[str], days: tuple[int, ...]) -> tuple[int, ...]:
    found = daily_counts.by_day(session, facts, days[0])
    return tuple(found.get(day, 0) for day in days)


def _journeys(session: Session, first: int) -> tuple[tuple[Passage, ...], dict[int, int]]:
    passed: dict[tuple[str, str], Counter[int]] = {}
    left = Counter[tuple[str, str]]()
    for row in journey_times.summed(session, first):
        key = (row.kind, row.page)
        buckets = passed.setdefault(key, Counter())
        if row.outcome in (LEFT, DROPPED):
            left[key] += row.count
        else:
            buckets[row.seconds] += row.count
    passages = tuple(
        Passage(*key, sum(each.values()), left[key], within(each, 0.5), within(each, 0.9))
        # The whole of a kind before its pages.
        for key, each in sorted(passed.items(), key=lambda e: (e[0][0], e[0][1] != WHOLE, e[0][1]))
    )
    return passages, dict(sorted(passed.get(("sign_in", WHOLE), Counter()).items()))


@dataclass(frozen=True, slots=True)
class Latency:
    """How long one route's answers took; `half` and `most` as bounds of seconds, None above all."""

    route: str
    count: int
    half: float | None
    most: float | None


def latencies(settings: Settings, now: int, days: int) -> list[Latency]:
    """Return how long answers took on this machine in the last `days` days, by route."""
    found: dict[str, list[int]] = {}
    for (route, _), cells in histograms.read(
        settings.var_dir / histograms.FOLDER, now // DAY - days + 1
    ).items():
        before = found.get(route, [0] * histograms.BUCKETS)
        found[route] = [a + b for a, b in zip(before, cells, strict=False)]
    told = [
        Latency(route, sum(cells), _bound(cells, 0.5), _bound(cells, 0.99))
        for route, cells in found.items()
    ]
    return sorted(told, key=lambda each: -each.count)


def _bound(cells: list[int], share: float) -> float | None:
    total, seen = sum(cells), 0
    for bound, count in zip(histograms.BOUNDS, cells, strict=False):
        seen += count
        if seen >= share * total:
            return bound
    return None
