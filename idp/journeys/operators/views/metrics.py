"""Figures for operators: pictures, a table beside each, and each table as a file."""

from typing import Final

from flask import Response, request

from idp.domain import figures
from idp.journeys.operators.figure_tables import TABLES, Table, rows_of, tables_of
from idp.journeys.operators.views.door import OPERATOR, console
from idp.web import current, spreadsheets
from idp.web.errors import Kind, PageRefused
from idp.web.layout import show

_USUAL: Final = 28


@console.page("/ops/metrics", OPERATOR, command="onepass metrics")
def metrics() -> Response:
    """Show the figures of the last 7, 28 or 90 days."""
    days = _days()
    found = figures.of(current.session(), current.now(), days)
    return show(
        "operators/metrics.html",
        days=days,
        periods=figures.PERIODS,
        tables=_tables(days, found),
        waiting=found.waiting,
        smallest=figures.SMALLEST,
    )


@console.page("/ops/metrics/<table>/csv", OPERATOR, command="onepass metrics")
def metrics_file(table: str) -> Response:
    """Send one of the tables as a file for spreadsheets."""
    days = _days()
    if table not in TABLES:
        raise PageRefused(Kind.NOT_FOUND)
    found = figures.of(current.session(), current.now(), days)
    wanted = next(each for each in _tables(days, found) if each.name == table)
    return spreadsheets.file(f"onepass-{table}-{days}-days", rows_of(wanted))


def _tables(days: int, found: figures.Figures) -> list[Table]:
    settings = current.services().settings
    return tables_of(found, figures.latencies(settings, current.now(), days))


def _days() -> int:
    asked = request.args.get("days", "")
    return next((days for days in figures.PERIODS if str(days) == asked), _USUAL)
