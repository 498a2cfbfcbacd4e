"""`onepass metrics`: how satisfied people are, how long they need, and where they leave."""

import unicodedata
from collections import defaultdict
from dataclasses import asdict
from typing import Any

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import feedback as answers
from idp.domain import figures, journey_times
from idp.domain.journey_times import DROPPED, FINISHED, LEFT, LONGER, WHOLE, JourneyCount

NEWEST = 20
"""Words that are shown."""
_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""What turns a line round (Unicode bidirectional classes)."""


@click.command()
@click.option(
    "--days",
    type=click.Choice([str(days) for days in figures.PERIODS]),
    help="The last 7, 28 or 90 days alone, with all that the operators' page has.",
)
@as_json
@pass_workplace
def metrics(workplace: Workplace, days: str | None, as_json: bool) -> None:
    """Show what people thought of it, how long they needed, and where they left."""
    if days is not None:
        _figures(workplace, int(days), as_json)
        return
    with workplace.session() as session:
        tally = answers.tally(session)
        words = [
            {"after": each.after, "satisfaction": each.satisfaction, "words": each.words}
            for each in answers.newest_words(session, NEWEST)
        ]
        journeys = _journeys(journey_times.counts(session))
    found = {"feedback": {"counts": tally, "words": words}, "journeys": journeys}
    lines = [_satisfaction(after, counts) for after, counts in tally.items()]
    lines += [line for kind, told in journeys.items() for line in _told(kind, told)]
    lines += [f"“{_on_one_line(each['words'])}” ({each['satisfaction']} of 5)" for each in words]
    tell(as_json, found, "\n".join(lines))


def _figures(workplace: Workplace, days: int, as_json: bool) -> None:
    now = workplace.services.clock.now()
    with workplace.session() as session:
        found = figures.of(session, now, days)
    latencies = figures.latencies(workplace.settings, now, days)
    document = asdict(found) | {"latencies": [asdict(each) for each in latencies]}
    lines = [
        f"{sum(found.sign_ups)} accounts created",
        f"{sum(found.sign_ins)} sign-ins",
        f"{sum(found.single_sign_ons)} services opened",
        *(f"{count} locks of {kind}" for kind, count in found.locks.items()),
        *(
            f"{each.count} {each.fact} {each.reason} {each.client_id}".rstrip()
            for each in found.failures
        ),
    ]
    tell(as_json, document, "\n".join(lines))


def _journeys(counts: list[JourneyCount]) -> dict[str, Any]:
    """By kind: how many finished and were dropped, and each page with its buckets."""
    found: dict[str, Any] = defaultdict(lambda: {FINISHED: 0, DROPPED: 0, "pages": {}})
    for count in counts:
        kind = found[count.kind]
        seconds = "longer" if count.seconds == LONGER else str(count.seconds)
        if count.page == WHOLE:
            kind[count.outcome] += count.count
            if count.outcome == FINISHED:
                buckets = kind.setdefault("seconds", {})
                buckets[seconds] = buckets.get(seconds, 0) + count.count
            continue
        page = kind["pages"].setdefault(count.page, {LEFT: 0, "seconds": {}})
        if count.outcome == LEFT:
            page[LEFT] += count.count
        else:
            page["seconds"][seconds] = page["seconds"].get(seconds, 0) + count.count
    return dict(found)


def _on_one_line(words: object) -> str:
    """Return words that anybody may have written so that they cannot look like figures of ours."""
    shown = "".join(c for c in str(words) if unicodedata.bidirectional(c) not in _TURNS)
    return " ".join(shown.split())


def _satisfaction(after: str, counts: dict[int, int]) -> str:
    total = sum(counts.values())
    name = after.replace("_", " ")
    if not total:
        return f"After {name}: nobody has answered yet"
    satisfied = counts[4] + counts[5]
    return f"After {name}: {satisfied} of {total} satisfied or very satisfied"


def _told(kind: str, told: dict[str, Any]) -> list[str]:
    half = _median(told.get("seconds", {}), told[FINISHED])
    lines = [f"{kind}: {told[FINISHED]} finished{half}, {told[DROPPED]} dropped"]
    for page, counts in told["pages"].items():
        passed = sum(counts["seconds"].values())
        half = _median(counts["seconds"], passed)
        lines.append(f"  {page}: {passed} passed{half}, {counts[LEFT]} left there")
    return lines


def _median(buckets: dict[str, int], total: int) -> str:
    seen = 0
    for bound, count in buckets.items():
        seen += count
        if 2 * seen >= total:
            longer = bound == "longer"
            return ", half of them " + ("in more than an hour" if longer else f"within {bound} s")
    return ""
