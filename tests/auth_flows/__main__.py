"""`python -m tests.auth_flows [--target FILE] [--only AUTHZ,PKCE-01]`: attack and tell.

Without a target file that of the demo is used, as the last `make probe` wrote it.
The reports go into the folder that REPORT names, `var/probe/` if it names none, and are compared
with the one that was there, or with `--compare FILE`. Exit codes: 0 everything tried was defended,
1 something is vulnerable, 2 only something is broken, 3 it could not run or tried nothing.
"""

import argparse
import os
import sys
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

from tests.auth_flows import attacks, catalogue, comparison, report_json, reports, summary
from tests.auth_flows.care import Pace, allow
from tests.auth_flows.comparison import NotComparable
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import Masker
from tests.auth_flows.report_json import Report
from tests.auth_flows.run import NOT_CHOSEN, chosen, run
from tests.auth_flows.targets import TargetUnusable, read
from tests.auth_flows.terminal import Terminal
from tests.auth_flows.verdicts import Result, exit_code
from tests.auth_flows.wire import Wire

COULD_NOT_RUN = 3
OF_THE_DEMO = Path("var/probe-target/target.toml")
"""What `make probe` writes for the demo of this checkout."""
NO_TARGET = (
    "name a target file with --target, or run `make probe` once while `make demo` runs: "
    f"it writes {OF_THE_DEMO}"
)
CANNOT_RUN = (TargetUnusable, catalogue.CatalogueUnusable, NotComparable)


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> "None":  # type: ignore[override]
        self.exit(COULD_NOT_RUN, f"{self.prog}: {message}\n")


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = _Arguments(prog="python -m tests.auth_flows")
    parser.add_argument(
        "--target", type=Path, default=OF_THE_DEMO, help=f"its TOML file; else {OF_THE_DEMO}"
    )
    parser.add_argument("--only", default="", help="ids or groups of rows, with commas between")
    parser.add_argument("--ca", help="a PEM file of the authority of an https target")
    parser.add_argument("--compare", type=Path, help="the report.json of an earlier run")
    parser.add_argument(
        "--not-loopback", action="store_true", help="let the target be another machine"
    )
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Run the probe; the exit code, which says of no fault of ours that it is the target's."""
    try:
        return _main(given)
    except KeyboardInterrupt:
        print("\nEnded before the end: nothing is reported of this run.", file=sys.stderr)
    except Exception:  # noqa: BLE001 - Python's own exit code would mean: vulnerable
        traceback.print_exc()
        print("The probe cannot run: this is a fault of its own.", file=sys.stderr)
    return COULD_NOT_RUN


def _main(given: list[str] | None) -> int:
    told = _arguments(given)
    only = [name.strip() for name in told.only.split(",") if name.strip()]
    masker = Masker()
    folder = Path(os.environ.get("REPORT") or "var/probe")
    try:
        rows = catalogue.load()
        most = len(chosen(rows, only))
        if told.target == OF_THE_DEMO and not OF_THE_DEMO.exists():
            raise TargetUnusable(NO_TARGET)
        target = read(told.target)
        allow(target.issuer, anywhere=told.not_loopback)
        earlier = comparison.read(told.compare) if told.compare else None
        wire = Wire(Pace(target.care), masker, anywhere=told.not_loopback, ca_file=told.ca)
        reports.make_ready(folder)
        ground = Ground(target, wire)
    except OSError as problem:
        print(f"The report cannot be written: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    except CANNOT_RUN as problem:
        print(f"The probe cannot run: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyError as problem:
        print(f"The probe cannot run: no row is called {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    screen = Terminal(sys.stdout, most)
    screen.say(f"Attacking {target.issuer}, as {target.authorised_by} allows.\n")
    earlier = earlier or comparison.read_last(folder, target.issuer)
    results, report = _attacked(ground, only, screen)
    if earlier:
        report["compared_with"] = comparison.compare(earlier, report)
    try:
        files = reports.write(folder, report)
    except OSError as problem:
        print(f"The report cannot be written: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    _sum_up(screen, results, report, files)
    return exit_code(results)


def _attacked(ground: Ground, only: list[str], screen: Terminal) -> tuple[list[Result], Report]:
    began, started = datetime.now(UTC), time.monotonic()

    def show(result: Result) -> None:
        if result.reason != NOT_CHOSEN:
            screen.done(summary.lines(result, ground.wire.masker), result.verdict)

    results = run(ground, catalogue.load(), attacks.load(), only, show, screen.begun)
    seconds = time.monotonic() - started
    return results, report_json.document(ground, results, began, seconds)


def _sum_up(screen: Terminal, results: list[Result], report: Report, files: list[Path]) -> None:
    screen.say(f"\n{summary.table(results)}\n")
    for result in summary.worst(results):
        word = screen.paint(result.verdict, f"{result.row.severity:<12}")
        screen.say(f"{word}{result.row.id:<12}{result.fix}")
    if compared := report.get("compared_with"):
        screen.say(summary.changes(compared))
    took = f"{report['requests']} requests in {report['seconds']} s"
    names = ", ".join(file.name for file in files)
    screen.say(f"{summary.verdict_of(report)} {took}; {names} in {files[0].parent}/")


if __name__ == "__main__":
    sys.exit(main())
