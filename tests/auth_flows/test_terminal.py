"""The terminal: how far the run is, in colours only where they are shown, and never them alone."""

import io
import re

import pytest

from tests.auth_flows import catalogue, summary
from tests.auth_flows.masking import Masker
from tests.auth_flows.run import NOT_CHOSEN
from tests.auth_flows.terminal import Terminal
from tests.auth_flows.verdicts import Finding, Result, Verdict

ROWS = list(catalogue.load().values())
FOUND = Finding("tried a secret word", "expected \x1b[2J", "received\nlines", 0)
BAD = Result(ROWS[0], Verdict.VULNERABLE, "", "left", "mend it", 1, (FOUND,))
GOOD = Result(ROWS[1], Verdict.DEFENDED)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(out: io.StringIO, **environ: str) -> str:
    screen = Terminal(out, 2, environ)
    masker = Masker()
    masker.learn("secret word")
    for result in (BAD, GOOD):
        screen.begun(result.row)
        screen.done(summary.lines(result, masker), result.verdict)
    screen.say("The end.")
    return out.getvalue()


def test_elsewhere_there_are_plain_lines_with_a_counter() -> None:
    said = shown(io.StringIO(), TERM="xterm")
    assert "\x1b" not in said
    assert "\r" not in said
    lines = said.splitlines()
    assert lines[0].startswith("   1/2  vulnerable")
    assert [line for line in lines if "tried     tried a ••• \\x1b" in line] == []
    assert any("tried     tried a •••" in line for line in lines)
    assert any("expected  expected \\x1b[2J" in line for line in lines)
    assert any("received  received\\nlines" in line for line in lines)
    assert any("to mend   mend it" in line for line in lines)
    assert lines[-2].startswith("   2/2  defended")


def test_a_terminal_shows_the_row_that_is_tried_and_colours() -> None:
    said = shown(Tty(), TERM="xterm", COLUMNS="80")
    assert "0/2" in said
    assert "1/2" in said
    assert "\x1b[1;31mvulnerable\x1b[0m" in said
    assert "\x1b[2J" not in said
    bars = [part for part in said.split("\r") if "░" in part]
    assert all(len(bar.removeprefix("\x1b[K").partition("\n")[0]) < 300 for bar in bars)
    assert re.sub(r"\x1b\[[0-9;]*[mK]|\r", "", said).count("vulnerable") == 1


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}])
def test_colour_can_be_switched_off(environ: dict[str, str]) -> None:
    said = shown(Tty(), **environ)
    assert "\x1b[1;31m" not in said
    assert "vulnerable" in said
    assert ("\x1b[K" in said) == (environ["TERM"] == "xterm")


def test_what_nobody_tried_is_counted_and_not_told() -> None:
    out = io.StringIO()
    screen = Terminal(out, 3, {})
    for verdict in (Verdict.NOT_TRIED, Verdict.NOT_OFFERED):
        result = Result(ROWS[0], verdict, "nobody")
        screen.done(summary.lines(result, Masker()), verdict)
    screen.done(summary.lines(GOOD, Masker()), GOOD.verdict)
    assert out.getvalue().startswith("   3/3  defended")


def test_the_end_says_what_all_came_to() -> None:
    unchosen = Result(ROWS[-1], Verdict.NOT_TRIED, NOT_CHOSEN)
    table = summary.table([BAD, GOOD, unchosen])
    assert unchosen.row.group not in table
    assert re.search(r"^all +1 +1 +\. +\. +\.$", table, re.MULTILINE)
    worse = Result(next(row for row in ROWS if row.severity == "low"), Verdict.VULNERABLE)
    assert [one.row.id for one in summary.worst([worse, GOOD, BAD])] == [BAD.row.id, worse.row.id]
    assert summary.verdict_of({"summary": {"vulnerable": 1, "defended": 2, "broken": 1}}) == (
        "1 of 3 attacks found a weakness. 1 could not judge."
    )
    assert summary.verdict_of({"summary": {"defended": 2}}) == "None of 2 attacks found a weakness."
    assert summary.verdict_of({"summary": {}}).startswith("Nothing was tried")
    compared = {"began": "", "newly_vulnerable": ["A-01"], "mended": [], "newly_tried": [],
                "no_longer_tried": [], "newly_broken": []}  # fmt: skip
    assert "Newly vulnerable: A-01" in summary.changes(compared)
    assert "nothing has changed" in summary.changes(compared | {"newly_vulnerable": []})
    assert summary.changes(None) == ""
