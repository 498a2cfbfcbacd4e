"""`make bench`: starts what is measured, lets the systems take turns, prints and writes figures."""

import contextlib
import sys
import tempfile
from pathlib import Path

from tests.bench import parts, peer, postgres, provider
from tests.bench.generator import FlowFailed
from tests.bench.options import BadOption, Options
from tests.bench.processes import NotStarted
from tests.bench.report import Report, machine
from tests.bench.systems import System

RESULT = Path("var/bench.json")


def main() -> int:
    """Run the bench; returns the exit status."""
    try:
        options = Options.from_environment()
    except BadOption as error:
        print(error, file=sys.stderr)
        return 2
    report = Report(RESULT, sys.stdout)
    try:
        _run(options, report)
    except (NotStarted, FlowFailed) as error:
        report.say(f"The bench stopped: {error}")
        return 1
    finally:
        report.close()
    report.say(f"Every figure is in {RESULT}, one JSON object a line.")
    return 0


def _run(options: Options, report: Report) -> None:
    found = machine()
    report.line(found)
    report.say(
        f"{found['processor']}, {found['cores']} cores, {found['memory_gib']} GiB, "
        f"Python {found['python']}; load before: {found['load_before']:.2f}"
    )
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="onepass-bench-")))
        server = stack.enter_context(postgres.running())
        report.say(f"PostgreSQL {server.version}, fsync on, is ready.")
        providers = [
            stack.enter_context(provider.running(database, server, folder))
            for database in ("sqlite", "postgresql")
            if options.database(database)
        ]
        rival = stack.enter_context(peer.running(server, folder)) if options.peer else None
        parts.start_up(report, [*providers, *([rival] if rival else [])])
        systems = [system for each in providers for system in each.systems]
        baseline: System | None = rival.systems[0] if rival else None
        if options.part("sso"):
            parts.single_sign_on(report, options, systems, baseline)
        for each in providers:
            if options.part("sign_in"):
                parts.sign_ins(report, options, each)
            if options.part("flood"):
                parts.flood(report, options, each)
            if options.part("memory"):
                parts.memory(report, options, each)


if __name__ == "__main__":
    sys.exit(main())
