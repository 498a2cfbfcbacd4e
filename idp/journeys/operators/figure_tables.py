"""The figures as tables with words: what a page shows, what a picture draws, what a file holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from idp.domain.figures import SMALLEST, Figures, Latency, Passage
from idp.domain.journey_times import LONGER, WHOLE
from idp.journeys.operators.citizen_words import LOCKS
from idp.web import i18n

TABLES: Final = {
    "sign-ups": lazy_gettext("Accounts created"),
    "sign-ins": lazy_gettext("Sign-ins"),
    "single-sign-ons": lazy_gettext("Services opened"),
    "times": lazy_gettext("Time to sign in"),
    "pages": lazy_gettext("Where people go on, and where they leave"),
    "satisfaction": lazy_gettext("How satisfied people are"),
    "locks": lazy_gettext("Locks"),
    "failures": lazy_gettext("What failed, and for which client"),
    "latency": lazy_gettext("How long answers take on this machine"),
}
"""The tables by the name that their address has."""
AFTER: Final = {
    "signing_out": lazy_gettext("After signing out"),
    "creating_an_account": lazy_gettext("After creating an account"),
}
JOURNEYS: Final = {
    "sign_in": lazy_gettext("Signing in"),
    "sign_in_again": lazy_gettext("Signing in again for a service"),
    "create": lazy_gettext("Creating an account"),
    "own_pages": lazy_gettext("Opening one’s account or a console"),
    "go_on": lazy_gettext("Going on, or leaving before a choice"),
}
"""Kinds of Journey. Pages keep the names that they have in the program."""
ANSWERS: Final = {
    1: lazy_gettext("Very dissatisfied"),
    2: lazy_gettext("Dissatisfied"),
    3: lazy_gettext("Neither satisfied nor dissatisfied"),
    4: lazy_gettext("Satisfied"),
    5: lazy_gettext("Very satisfied"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its words, and its number where it is one. `code` words are the program's own."""

    words: str
    number: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its picture: a bar for each row, 0 to 100 high; `most` is what 100 stands for.

    A number that is hidden has no bar.
    """

    name: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    bars: tuple[int, ...] = ()
    most: str = ""
    words: str = ""


def rows_of(table: Table) -> list[tuple[str, ...]]:
    """Return what a file of the table holds, its head first."""
    return [table.head, *(tuple(cell.words for cell in row) for row in table.rows)]


def tables_of(found: Figures, latencies: Iterable[Latency]) -> list[Table]:
    """Return every table, in the order of `TABLES`."""
    return [
        _by_day("sign-ups", found.days, found.sign_ups),
        _by_day("sign-ins", found.days, found.sign_ins),
        _by_day("single-sign-ons", found.days, found.single_sign_ons),
        _times(found),
        _pages(found),
        _satisfaction(found),
        _locks(found.locks),
        _failures(found),
        _latency(latencies),
    ]


def people(count: int) -> Cell:
    """Return how many people did something; few are not told apart."""
    if 0 < count < SMALLEST:
        return Cell(_("fewer than %(count)s", count=SMALLEST), number=True)
    return Cell(str(count), number=True)


def seconds(bound: int | None) -> Cell:
    """Return within how many seconds something was done."""
    if bound is None:
        return Cell("–", number=True)
    if bound == LONGER:
        return Cell(_("more than an hour"), number=True)
    return Cell(i18n.duration(bound), number=True)


def shown_times(passage: Passage) -> tuple[int | None, int | None]:
    """Return within how many seconds half and nine in ten passed; of a few that tells of each."""
    return (passage.half, passage.most) if passage.passed >= SMALLEST else (None, None)


def _by_day(name: str, days: Iterable[int], counts: tuple[int, ...]) -> Table:
    rows = tuple(
        (Cell(i18n.date(day)), people(count)) for day, count in zip(days, counts, strict=True)
    )
    return _table(name, (_("Day"), _("How many")), rows, counts)


def _times(found: Figures) -> Table:
    rows = tuple((seconds(bound), people(count)) for bound, count in found.times.items())
    whole = next((p for p in found.passages if (p.kind, p.page) == ("sign_in", WHOLE)), None)
    words = ""
    if whole is not None and whole.passed >= SMALLEST:
        words = _(
            "Half of them within %(half)s, nine in ten within %(most)s.",
            half=seconds(whole.half).words,
            most=seconds(whole.most).words,
        )
    head = (_("Within"), _("How many"))
    return _table("times", head, rows, tuple(found.times.values()), words)


def _pages(found: Figures) -> Table:
    rows = tuple(
        (
            _named(each.kind, JOURNEYS),
            Cell(_("the whole of it")) if each.page == WHOLE else Cell(each.page, code=True),
            people(each.passed),
            people(each.left),
            *(seconds(bound) for bound in shown_times(each)),
        )
        for each in found.passages
    )
    head = (
        _("Journey"),
        _("Page"),
        _("Went on"),
        _("Left"),
        _("Half within"),
        _("Nine in ten within"),
    )
    return _table("pages", head, rows, tuple(each.left for each in found.passages))


def _satisfaction(found: Figures) -> Table:
    rows, counts = [], []
    for after, answers in found.satisfaction.items():
        for answer, count in answers.items():
            rows.append((Cell(str(AFTER[after])), Cell(str(ANSWERS[answer])), people(count)))
            counts.append(count)
    head = (_("Asked"), _("Answer"), _("How many"))
    return _table("satisfaction", head, tuple(rows), tuple(counts))


def _locks(counts: Mapping[str, int]) -> Table:
    names = {kind.value: words for kind, words in LOCKS.items()}
    rows = tuple((_named(each, names), people(count)) for each, count in counts.items())
    return _table("locks", (_("What was locked"), _("How many")), rows, tuple(counts.values()))


def _named(name: str, words: Mapping[str, Any]) -> Cell:
    """Return what the program calls `name`, in words where there are some."""
    return Cell(str(words[name])) if name in words else Cell(name, code=True)


def _failures(found: Figures) -> Table:
    rows = tuple(
        (
            Cell(each.fact, code=True),
            Cell(each.reason, code=True),
            Cell(each.client_id, code=True),
            people(each.count),
        )
        for each in found.failures
    )
    head = (_("What failed"), _("Reason"), _("Client ID"), _("How often"))
    return _table("failures", head, rows, tuple(each.count for each in found.failures))


def _latency(latencies: Iterable[Latency]) -> Table:
    found = tuple(latencies)
    rows = tuple(
        (
            Cell(each.route, code=True),
            Cell(str(each.count), number=True),
            _milliseconds(each.half),
            _milliseconds(each.most),
        )
        for each in found
    )
    head = (
        _("Page or endpoint"),
        _("Answers"),
        _("Half within"),
        _("Ninety-nine in a hundred within"),
    )
    return _table("latency", head, rows)


def _milliseconds(bound: float | None) -> Cell:
    if bound is None:
        return Cell(_("more than 10 seconds"), number=True)
    return Cell(_("%(count)s ms", count=round(bound * 1000)), number=True)


def _table(
    name: str,
    head: tuple[str, ...],
    rows: tuple[tuple[Cell, ...], ...],
    counts: tuple[int, ...] = (),
    words: str = "",
) -> Table:
    most = max(counts, default=0)
    bars: tuple[int, ...] = ()
    if most >= SMALLEST and len(counts) > 1:
        bars = tuple(0 if count < SMALLEST else round(100 * count / most) for count in counts)
    title: Any = TABLES[name]
    return Table(name, str(title), head, rows, bars, str(most), words)
