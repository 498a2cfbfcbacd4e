"""`make mutants`: plants one fault after another and shows which row of the probe notices it.

ONLY=M14,M15 chooses; FULL=1 lets every row look, not only those that should notice. The report is
`var/mutants.json`. Exit codes: 0 every fault was caught and the unmodified provider raised no
alarm, 1 otherwise, 3 it could not run.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.mutants.hunt import Judged, Workshop
from tests.mutants.telling import Teller, report, write
from tools import mutants
from tools.mutants import ROOT, FaultUnusable, Mutant

REPORT = ROOT / "var" / "mutants.json"
AT_ONCE = 2
COULD_NOT_RUN = 3


def chosen(known: Mapping[str, Mutant], only: str) -> list[Mutant]:
    """The faults that `only` names, all if it names none. Raises FaultUnusable."""
    names = [name.strip() for name in only.split(",") if name.strip()]
    if unknown := [name for name in names if name not in known]:
        raise FaultUnusable(f"no fault is called {', '.join(unknown)}")
    return [known[name] for name in names or known]


def attacked(
    workshop: Workshop, wanted: list[Mutant], *, full: bool
) -> Iterator[tuple[Mutant | None, Judged]]:
    """What came of the unmodified provider (None) and of each fault, as they are done."""
    done: dict[Future[Judged], Mutant | None] = {}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for inside in (False, True):
            theirs = [row for each in wanted if each.white is inside for row in each.rows]
            if rows := list(dict.fromkeys(theirs)):
                looking = rows if inside or not full else []
                done[pool.submit(workshop.judge, None, looking, inside=inside)] = None
        for each in wanted:
            looking = list(each.rows) if each.white or not full else []
            done[pool.submit(workshop.judge, each, looking, inside=each.white)] = each
        try:
            for future in as_completed(done):
                yield done[future], future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def main() -> int:
    """Plant, attack, tell; the exit code."""
    full = os.environ.get("FULL") == "1"
    # So that the providers end with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(COULD_NOT_RUN))
    began = time.monotonic()
    try:
        wanted = chosen(mutants.load(), os.environ.get("ONLY", ""))
        for each in wanted:
            mutants.edited(each)
    except FaultUnusable as problem:
        print(f"Nothing can be planted: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    teller = Teller(len(wanted))
    with tempfile.TemporaryDirectory(prefix="onepass-mutants-") as name:
        teller.begin()
        workshop = Workshop(Path(name))
        alarms: list[str] = []
        judged: dict[str, Judged] = {}
        for mutant, found in attacked(workshop, wanted, full=full):
            if mutant is None:
                alarms += found.alarms
                teller.unmodified(found)
            else:
                judged[mutant.id] = found
                teller.line(mutant, found)
    document = report(wanted, judged, alarms, time.monotonic() - began)
    write(REPORT, document)
    teller.end(document, REPORT)
    return 1 if alarms or document["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
