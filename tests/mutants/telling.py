"""How `make mutants` tells what it does: lines on a terminal, and a report for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.mutants.hunt import Judged
from tools.mutants import Mutant

GREEN, RED, YELLOW, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"
Report = dict[str, Any]


class Teller:
    """Says one line for each fault, with colours if somebody looks."""

    def __init__(self, planted: int) -> None:
        self._planted = planted
        self._told = 0
        self._coloured = sys.stdout.isatty()

    def begin(self) -> None:
        """Say what is about to happen."""
        print(f"Planting {self._planted} faults, one at a time, each in a copy of the provider.\n")

    def unmodified(self, found: Judged) -> None:
        """Tell of the provider without a fault."""
        wrong = ", ".join(found.alarms)
        words = self._in(RED, f"alarm: {wrong}") if wrong else self._in(GREEN, "no alarm")
        print(f"{'':7} unmodified  {words}  ({found.seconds:.0f} s)", flush=True)

    def line(self, mutant: Mutant, found: Judged) -> None:
        """Tell of one fault."""
        self._told += 1
        if found.caught_by:
            words = self._in(GREEN, "caught by " + ", ".join(found.caught_by))
        elif found.problem:
            words = self._in(YELLOW, f"broken: {' '.join(found.problem.split())[:300]}")
        else:
            said = "; ".join(f"{row} {verdict}" for row, verdict in found.others.items())
            words = self._in(RED, f"MISSED ({said})")
        count = f"{self._told}/{self._planted}"
        print(f"{count:>7} {mutant.id:5} {mutant.fault}\n{'':14}{words}", flush=True)

    def end(self, document: Report, file: Path) -> None:
        """Tell the sum."""
        missed = document["missed"]
        colour = RED if missed else GREEN
        words = f"{document['caught']} of {document['planted']} caught"
        print(f"\n{self._in(colour, words)} in {document['seconds']:.0f} s; {file}")
        if missed:
            print(self._in(RED, f"Not caught: {', '.join(missed)}"))

    def _in(self, colour: str, words: str) -> str:
        return f"{colour}{words}{PLAIN}" if self._coloured else words


def report(
    wanted: Sequence[Mutant], judged: Mapping[str, Judged], alarms: list[str], seconds: float
) -> Report:
    """What happened, for programs."""
    caught = [each.id for each in wanted if judged[each.id].caught_by]
    return {
        "planted": len(wanted),
        "caught": len(caught),
        "missed": [each.id for each in wanted if each.id not in caught],
        "alarms_of_the_unmodified_provider": alarms,
        "seconds": round(seconds, 1),
        "mutants": [
            {
                "id": each.id,
                "fault": each.fault,
                "file": each.file,
                "rows": list(each.rows),
                "caught_by": judged[each.id].caught_by,
                "others": judged[each.id].others,
                "broken": judged[each.id].problem,
                "seconds": judged[each.id].seconds,
            }
            for each in wanted
        ],
    }


def write(file: Path, document: Report) -> None:
    """Write the report, whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
