"""`python -m tests.auth_flows --target FILE [--only AUTHZ,PKCE-01]`: attack and tell.

The report goes into the folder that REPORT names, `var/probe/` if it names none. Exit codes:
0 everything tried was defended, 1 something is vulnerable, 2 only something is broken, 3 it could
not run.
"""

import argparse
import os
import sys
from pathlib import Path

from tests.auth_flows import attacks, catalogue, report_json, summary
from tests.auth_flows.care import Pace, allow
from tests.auth_flows.ground import Ground
from tests.auth_flows.masking import Masker
from tests.auth_flows.run import chosen, run
from tests.auth_flows.targets import TargetUnusable, read
from tests.auth_flows.verdicts import Result, Verdict, exit_code
from tests.auth_flows.wire import Wire

COULD_NOT_RUN = 3


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> "None":  # type: ignore[override]
        self.exit(COULD_NOT_RUN, f"{self.prog}: {message}\n")


def main(given: list[str] | None = None) -> int:
    """Run the probe; the exit code."""
    parser = _Arguments(prog="python -m tests.auth_flows")
    parser.add_argument("--target", type=Path, required=True, help="the TOML file of the target")
    parser.add_argument("--only", default="", help="ids or groups of rows, with commas between")
    parser.add_argument("--ca", help="a PEM file of the authority of an https target")
    parser.add_argument(
        "--not-loopback", action="store_true", help="let the target be another machine"
    )
    told = parser.parse_args(given)
    only = [name for name in told.only.split(",") if name]
    masker = Masker()
    try:
        rows = catalogue.load()
        chosen(rows, only)
        target = read(told.target)
        allow(target.issuer, anywhere=told.not_loopback)
        wire = Wire(Pace(target.care), masker, anywhere=told.not_loopback, ca_file=told.ca)
        ground = Ground(target, wire)
    except (TargetUnusable, catalogue.CatalogueUnusable) as problem:
        print(f"The probe cannot run: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyError as problem:
        print(f"The probe cannot run: no row is called {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    print(f"Attacking {target.issuer}, as {target.authorised_by} allows.\n")

    def show(result: Result) -> None:
        if result.verdict not in (Verdict.NOT_TRIED, Verdict.NOT_OFFERED):
            print(summary.line(result, masker), flush=True)

    results = run(ground, rows, attacks.load(), only, show)
    folder = Path(os.environ.get("REPORT") or "var/probe")
    try:
        file = report_json.write(folder, report_json.document(ground, results))
    except OSError as problem:
        print(f"The report cannot be written: {problem}", file=sys.stderr)
        return COULD_NOT_RUN
    print(f"\n{summary.table(results)}\n\n{ground.wire.pace.made} requests; {file}")
    return exit_code(results)


if __name__ == "__main__":
    sys.exit(main())
