"""Runs the tests with branch coverage on two workers, and holds the pure floors to 100 %.

Arguments go to pytest; with arguments only those tests run and coverage is not judged.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COVERAGE = ROOT / "var" / "coverage"
WHOLE = ("idp/protocol/*", "idp/domain/*")


def _python(*arguments: str) -> int:
    return subprocess.call([sys.executable, "-m", *arguments], cwd=ROOT, env=environment())


def environment() -> dict[str, str]:
    """This process's environment without settings of a demo or of a person's shell."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ONEPASS_")}
    kept.pop("DATABASE_URL", None)
    if "ONEPASS_CHROMIUM" in os.environ:
        kept["ONEPASS_CHROMIUM"] = os.environ["ONEPASS_CHROMIUM"]
    return kept


def main() -> int:
    """Run pytest, then the coverage reports; the first failure is the exit code."""
    started = time.monotonic()
    if sys.argv[1:]:
        return _python("pytest", *sys.argv[1:])
    shutil.rmtree(COVERAGE, ignore_errors=True)
    COVERAGE.mkdir(parents=True)
    failed = _python(
        *("pytest", "-n", "2", "--dist", "worksteal", "--durations=10"),
        *("--cov", "--cov-branch", "--cov-report="),
    )
    print(f"Tests took {time.monotonic() - started:.0f} s", flush=True)
    print("Branch coverage of everything, in per cent:", end=" ", flush=True)
    _python("coverage", "report", "--format=total")
    for pattern in WHOLE:
        print(f"Branch coverage of {pattern} (100 % is asked)", flush=True)
        failed = _python("coverage", "report", f"--include={pattern}", "--fail-under=100") or failed
    return failed


if __name__ == "__main__":
    sys.exit(main())
