"""What somebody who watches sees: a line for each attack, and below it how far the run is.

On a terminal the last line is written over and words are coloured unless NO_COLOR is set;
elsewhere every line stays and nothing is coloured. Colour only repeats what words say.
"""

import os
import shutil
from collections.abc import Mapping
from typing import Final, TextIO

from tests.auth_flows.catalogue import Row
from tests.auth_flows.verdicts import Verdict
from tests.auth_flows.visible import in_a_line

PAINT: Final = {
    Verdict.DEFENDED: "32",
    Verdict.VULNERABLE: "1;31",
    Verdict.BROKEN: "33",
    Verdict.NOT_TRIED: "2",
    Verdict.NOT_OFFERED: "2",
}
BAR = 24
OVER = "\r\x1b[K"


class Terminal:
    """Where the run is told, as it goes."""

    def __init__(self, out: TextIO, most: int, environ: Mapping[str, str] = os.environ) -> None:
        self._out = out
        self._most = most
        self._done = 0
        dumb = environ.get("TERM", "") == "dumb"
        self._live = out.isatty() and not dumb
        self._coloured = self._live and not environ.get("NO_COLOR")

    def paint(self, verdict: Verdict, words: str) -> str:
        """Words in the colour of a verdict, where colours are shown."""
        return f"\x1b[{PAINT[verdict]}m{words}\x1b[0m" if self._coloured else words

    def begun(self, row: Row) -> None:
        """A row is being tried now."""
        if not self._live:
            return
        full = BAR * self._done // max(1, self._most)
        said = f"{'█' * full}{'░' * (BAR - full)} {self._done}/{self._most}  {row.id} {row.attack}"
        width = shutil.get_terminal_size().columns - 1
        self._write(OVER + in_a_line(said)[:width])

    def done(self, lines: list[str], verdict: Verdict) -> None:
        """A row is done; its first line begins with the verdict. No lines: only count it."""
        self._done += 1
        if not lines:
            return
        count = "" if self._live else f"{self._done:>4}/{self._most}  "
        word, _, rest = in_a_line(lines[0]).partition(" ")
        told = [count + self.paint(verdict, word) + " " + rest, *map(in_a_line, lines[1:])]
        self._write((OVER if self._live else "") + "\n".join(told) + "\n")

    def say(self, text: str) -> None:
        """Some lines of our own, when no row is being tried."""
        self._write((OVER if self._live else "") + text + "\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
