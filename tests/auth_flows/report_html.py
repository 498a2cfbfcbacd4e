"""`report.html`: one file to hand over. It runs no script and fetches nothing."""

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tests.auth_flows.catalogue import SEVERITIES
from tests.auth_flows.comparison import CHANGES
from tests.auth_flows.report_json import Report
from tests.auth_flows.run import NOT_CHOSEN
from tests.auth_flows.verdicts import Verdict

NAME = "report.html"
FOLDER: Final = Path(__file__).parent / "page"
FIRST_SHOWN, LAST_SHOWN = 2, 6
"""Exchanges of a row that the page shows, and besides them those that findings name."""
WORDS: Final = {
    Verdict.VULNERABLE: ("✕", "vulnerable"),
    Verdict.BROKEN: ("!", "broken"),
    Verdict.DEFENDED: ("✓", "defended"),
    Verdict.NOT_TRIED: ("○", "not tried"),
    Verdict.NOT_OFFERED: ("–", "not offered"),
}
"""A sign and a word for each verdict, worst first; colour only repeats them."""


@dataclass(frozen=True)
class Part:
    """A stretch of a bar, in per cent of its length."""

    verdict: str
    start: float
    width: float


@dataclass(frozen=True)
class Line:
    """A line of a summary: how many rows have each verdict, as numbers and as a bar."""

    name: str
    counts: dict[str, int]
    total: int
    bar: tuple[Part, ...]


def summed(name: str, results: Iterable[dict[str, Any]]) -> Line:
    """The line of some results."""
    told = Counter(result["verdict"] for result in results)
    total = told.total()
    parts, start = [], 0.0
    for verdict in WORDS:
        width = round(100 * told[verdict.value] / total, 3) if total else 0.0
        if width:
            parts.append(Part(verdict.value, round(start, 3), width))
        start += width
    return Line(name, {v.value: told[v.value] for v in WORDS}, total, tuple(parts))


def shown(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The exchanges of a row that stand in the page: the first, the last, and what findings name.

    An attack begins by signing in; what it is about comes at its end.
    """
    last = len(result["evidence"]) - LAST_SHOWN
    named = {finding["evidence"] for finding in result["findings"]}
    return [
        one
        for place, one in enumerate(result["evidence"])
        if place < FIRST_SHOWN or place >= last or one["number"] in named
    ]


def render(report: Report) -> str:
    """The page of a report."""
    results = [result for result in report["results"] if result["reason"] != NOT_CHOSEN]
    groups = list(dict.fromkeys(result["group"] for result in results))
    styles = (FOLDER / "report.css").read_text(encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        report=report,
        styles=Markup(styles),  # noqa: S704 - our own file, and nothing of an answer
        styles_hash=base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode(),
        words={verdict.value: said for verdict, said in WORDS.items()},
        not_chosen=len(report["results"]) - len(results),
        changes=CHANGES,
        changed=any(report.get("compared_with", {}).get(name) for name in CHANGES),
        total=summed("All", results),
        by_group=[summed(name, _of("group", name, results)) for name in groups],
        by_severity=[summed(name, _of("severity", name, results)) for name in SEVERITIES],
        groups={name: _worst_first(_of("group", name, results)) for name in groups},
        worst=[one for one in _worst_first(results) if one["verdict"] == Verdict.VULNERABLE],
        by_id={result["id"]: result for result in results},
        shown=shown,
    )


def _of(member: str, value: str, results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [result for result in results if result[member] == value]


def _worst_first(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    order = [verdict.value for verdict in WORDS]
    return sorted(
        results,
        key=lambda one: (
            (order.index(one["verdict"]), SEVERITIES.index(one["severity"]))
            if one["verdict"] in (Verdict.VULNERABLE, Verdict.BROKEN)
            else (order.index(one["verdict"]), 0)
        ),
    )
