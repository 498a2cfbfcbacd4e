"""`onepass metrics`: how satisfied people are, how long they need, and where they leave."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import feedback as answers
from idp.domain import figures, journey_times
from idp.domain.figures import SMALLEST, Figures
from idp.domain.journey_times import DROPPED, FINISHED, LEFT, LONGER, WHOLE, JourneyCount
from idp.journeys.operators.figure_tables import TABLES, rows_of, shown_times, tables_of
from idp.web import i18n, spreadsheets

USUAL = 28
"""Days, where nothing else is said."""
FEW = f"fewer than {SMALLEST}"
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
@click.option(
    "--csv",
    "table",
    type=click.Choice(list(TABLES)),
    help="One table of these days (28 if not said) as a file for spreadsheets.",
)
@as_json
@pass_workplace
def metrics(workplace: Workplace, days: str | None, table: str | None, as_json: bool) -> None:
    """Show what people thought of it, how long they needed, and where they left.

    Numbers under five are hidden, as on the page: they could tell of a person.
    """
    if table is not None:
        _table(workplace, int(days or USUAL), table)
        return
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
    found = {
        "feedback": {"counts": _hidden(tally), "words": words},
        "journeys": _hidden(journeys),
    }
    lines = [_satisfaction(after, counts) for after, counts in tally.items()]
    lines += [line for kind, told in journeys.items() for line in _told(kind, told)]
    lines += [f"“{_on_one_line(each['words'])}” ({each['satisfaction']} of 5)" for each in words]
    tell(as_json, found, "\n".join(lines))


def _figures(workplace: Workplace, days: int, as_json: bool) -> None:
    now = workplace.services.clock.now()
    with workplace.session() as session:
        found = figures.of(session, now, days)
    latencies = figures.latencies(workplace.settings, now, days)
    document = _document(found) | {"latencies": [asdict(each) for each in latencies]}
    lines = [
        f"{_few(sum(found.sign_ups))} accounts created",
        f"{_few(sum(found.sign_ins))} sign-ins",
        f"{_few(sum(found.single_sign_ons))} services opened",
        *(f"{_few(count)} locks of {kind}" for kind, count in found.locks.items()),
        *(
            f"{_few(each.count)} {each.fact} {each.reason} {each.client_id}".rstrip()
            for each in found.failures
        ),
    ]
    tell(as_json, document, "\n".join(lines))


def _document(found: Figures) -> dict[str, Any]:
    counts = ("sign_ups", "sign_ins", "single_sign_ons", "locks", "times", "satisfaction")
    passages = []
    for each in found.passages:
        half, most = shown_times(each)
        of_few = {"passed": _few(each.passed), "left": _few(each.left), "half": half, "most": most}
        passages.append(asdict(each) | of_few)
    return asdict(found) | {
        **{name: _hidden(getattr(found, name)) for name in counts},
        "failures": [asdict(each) | {"count": _few(each.count)} for each in found.failures],
        "passages": passages,
    }


def _table(workplace: Workplace, days: int, name: str) -> None:
    """Print one of the page's tables as a file for spreadsheets."""
    now = workplace.services.clock.now()
    latencies = figures.latencies(workplace.settings, now, days)
    with workplace.session() as session, i18n.in_english():
        tables = tables_of(figures.of(session, now, days), latencies)
        wanted = next(each for each in tables if each.name == name)
        click.echo(spreadsheets.text(rows_of(wanted)), nl=False)


def _few(count: int) -> int | str:
    return FEW if 0 < count < SMALLEST else count


def _hidden(counts: Any) -> Any:
    """Return counts, nested or not, with the small ones hidden."""
    if isinstance(counts, int):
        return _few(counts)
    if isinstance(counts, Mapping):
        return {name: _hidden(each) for name, each in counts.items()}
    return [_hidden(each) for each in counts]


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
    if total < SMALLEST:
        return f"After {name}: {FEW} have answered"
    satisfied = counts[4] + counts[5]
    return f"After {name}: {_few(satisfied)} of {total} satisfied or very satisfied"


def _told(kind: str, told: dict[str, Any]) -> list[str]:
    half = _median(told.get("seconds", {}), told[FINISHED])
    lines = [f"{kind}: {_few(told[FINISHED])} finished{half}, {_few(told[DROPPED])} dropped"]
    for page, counts in told["pages"].items():
        passed = sum(counts["seconds"].values())
        half = _median(counts["seconds"], passed)
        lines.append(f"  {page}: {_few(passed)} passed{half}, {_few(counts[LEFT])} left there")
    return lines


def _median(buckets: dict[str, int], total: int) -> str:
    seen = 0
    if total < SMALLEST:
        return ""
    for bound, count in buckets.items():
        seen += count
        if 2 * seen >= total:
            longer = bound == "longer"
            return ", half of them " + ("in more than an hour" if longer else f"within {bound} s")
    return ""
