"""The figures as Prometheus reads them (text format 0.0.4): one answer for all processes.

What happened is counted in the database, so it is the same whoever asks and whatever process did
it. How long answers took is counted by each process in the folder that all of one machine share.
A label holds a name of ours, or the id of a client that is registered: never text from outside.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.domain import audit_checks, daily_counts, feedback, figures, journey_times
from idp.domain.audit_entries import Checkpoint
from idp.domain.daily_counts import DAY
from idp.domain.services import Services
from idp.kernel import histograms
from idp.settings import Settings

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
RECENT: Final = 28
"""Days that the figures count which can also go down."""

Sample = tuple[Mapping[str, str], float]


def folder_of(settings: Settings) -> Path:
    """Return the folder in which the processes of this machine count how long answers take."""
    return settings.var_dir / histograms.FOLDER


def text(session: Session, services: Services) -> bytes:
    """Return every metric."""
    now = services.clock.now()
    parts = (*_happened(session, now), *_waits(session, now), *_record(session, now))
    latency = _latency(histograms.read(folder_of(services.settings)))
    return "".join([*(_metric(*part) for part in parts), *latency]).encode()


def _happened(session: Session, now: int) -> Iterator[tuple[str, str, str, list[Sample]]]:
    yield (
        "onepass_events_total",
        "counter",
        "What happened since the record began, by fact, client and reason.",
        [
            ({"event": each.fact, "client": each.client_id, "reason": each.reason}, each.count)
            for each in daily_counts.ever(session)
        ],
    )
    first = now - now % DAY - (RECENT - 1) * DAY
    rows = journey_times.summed(session, first)
    ends: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.page == journey_times.WHOLE:
            ends[row.kind, row.outcome] = ends.get((row.kind, row.outcome), 0) + row.count
    yield (
        "onepass_journeys_28_days",
        "gauge",
        "Journeys of the last 28 days, by kind and how they ended.",
        [({"kind": kind, "outcome": outcome}, count) for (kind, outcome), count in ends.items()],
    )
    yield (
        "onepass_satisfaction_28_days",
        "gauge",
        "Answers of the last 28 days, from 1 (very dissatisfied) to 5.",
        [
            ({"after": after, "answer": str(answer)}, count)
            for after, answers in feedback.tally(session, since=first).items()
            for answer, count in answers.items()
        ],
    )


def _waits(session: Session, now: int) -> Iterator[tuple[str, str, str, list[Sample]]]:
    found = figures.waiting(session, now)
    states = {"waiting": 0, "dead": 0} | dict(found.states)
    yield (
        "onepass_outbox_messages",
        "gauge",
        "Mails and logout notices, by state.",
        [({"state": state}, count) for state, count in states.items()],
    )
    yield (
        "onepass_outbox_oldest_seconds",
        "gauge",
        "Age of the oldest message that waits.",
        [({}, found.oldest_age or 0)],
    )
    yield "onepass_audit_unsealed", "gauge", "Entries not sealed yet.", [({}, found.unsealed)]
    yield "onepass_audit_uncounted", "gauge", "Entries not counted yet.", [({}, found.uncounted)]


def _record(session: Session, now: int) -> Iterator[tuple[str, str, str, list[Sample]]]:
    size = session.scalar(select(func.max(Checkpoint.size))) or 0
    yield "onepass_audit_entries", "gauge", "Entries of the sealed record.", [({}, size)]
    check = audit_checks.last(session)
    if check is None or check.done_at is None:
        return
    yield (
        "onepass_audit_holds",
        "gauge",
        "1 if the record held when it was last proved, else 0.",
        [({}, int(check.broken_at is None))],
    )
    yield (
        "onepass_audit_proved_seconds",
        "gauge",
        "How long ago the record was last proved.",
        [({}, max(0, now - check.done_at))],
    )


def _latency(found: histograms.Histograms) -> Iterator[str]:
    name = "onepass_request_seconds"
    yield f"# HELP {name} How long answers took, by route and class of status.\n"
    yield f"# TYPE {name} histogram\n"
    for (route, status), cells in sorted(found.items()):
        labels, total = {"route": route, "status": status}, 0
        bounds = [*(f"{bound:g}" for bound in histograms.BOUNDS), "+Inf"]
        for bound, count in zip(bounds, cells, strict=False):
            total += count
            yield _sample(f"{name}_bucket", labels | {"le": bound}, total)
        yield _sample(f"{name}_sum", labels, cells[histograms.BUCKETS] / 1_000_000)
        yield _sample(f"{name}_count", labels, total)


def _metric(name: str, kind: str, words: str, samples: Iterable[Sample]) -> str:
    lines = [_sample(name, labels, value) for labels, value in samples]
    return "".join([f"# HELP {name} {words}\n", f"# TYPE {name} {kind}\n", *lines])


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{inside}}} {value}\n" if inside else f"{name} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
