"""Runs the tests that prove rows of the wire contract and writes what they found.

`var/contract.json` is {"rows": [{"id", "verdict", "test", "reason"}]}, a row for each of
`tests/contract/rows/`. `verdict` is the row's own only if every test of it passed in this run:
it is `failed` or `untested` otherwise, and `reason` says why. `test` names the row's tests as
pytest takes them, separated by spaces.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, TypedDict

from tools import contract_rows, run_tests
from tools.contract_rows import ROOT, VERDICTS, Row

REPORT: Final = ROOT / "var" / "contract.json"
FAILED: Final = "failed"
UNTESTED: Final = "untested"


class Result(TypedDict):
    """What became of one test: the rows that it is marked with, and how it ended."""

    rows: list[str]
    outcome: str


Results = Mapping[str, Result]


@dataclass(frozen=True, slots=True)
class Judged:
    """One row as the report tells it."""

    id: str
    verdict: str
    test: str
    reason: str


def main() -> int:
    """Run, write, print; 1 unless every row has a test that passed."""
    try:
        rows = contract_rows.load()
    except contract_rows.RowsUnusable as error:
        print(error, file=sys.stderr)
        return 1
    results = run("-n", "2", "--dist", "worksteal", "-q")
    judged = judge(rows, results)
    REPORT.parent.mkdir(exist_ok=True)
    written = {"rows": [asdict(row) for row in judged]}
    REPORT.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    found = complaints(rows, results, judged)
    print(summary(judged))
    print(f"\n{REPORT.relative_to(ROOT)}: {len(judged)} rows")
    for complaint in found:
        print(complaint)
    return 1 if found else 0


def run(*options: str) -> Results:
    """Run (or with `--collect-only` only find) every test that is marked with a row."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "results.json"
        plugin = ["-p", "tools.contract_plugin", "--contract-results", str(told)]
        command = [sys.executable, "-m", "pytest", "-m", "row", *plugin, *options, *marked_files()]
        # The tests' own exit code is not asked: each row's result is looked at below.
        subprocess.call(
            command,
            cwd=ROOT,
            env=_environment(),
            stdout=subprocess.DEVNULL if "--collect-only" in options else None,
        )
        results: Results = json.loads(told.read_text(encoding="utf-8")) if told.exists() else {}
        return results


def _environment() -> dict[str, str]:
    # Where this runs inside a run that measures coverage, finding tests is no part of it.
    kept = run_tests.environment()
    return {name: value for name, value in kept.items() if not name.startswith("COV")}


def marked_files() -> list[str]:
    """The files of tests that say something about rows, so that no other has to be read."""
    return [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        if "mark.row(" in (text := file.read_text(encoding="utf-8")) or "with_rows(" in text
    ]


def judge(rows: Mapping[str, Row], results: Results) -> list[Judged]:
    """What the report says of each row, in the contract's order."""
    return [_judged(row, _tests_of(row.id, results)) for row in rows.values()]


def _tests_of(row_id: str, results: Results) -> dict[str, str]:
    return {node: result["outcome"] for node, result in results.items() if row_id in result["rows"]}


def _judged(row: Row, tests: Mapping[str, str]) -> Judged:
    functions = " ".join(dict.fromkeys(node.partition("[")[0] for node in tests))
    if not row.needs_a_test:
        return Judged(row.id, row.verdict, "", row.reason)
    if not tests:
        return Judged(row.id, UNTESTED, "", "no test is marked with this row")
    bad = [f"{node} ({outcome})" for node, outcome in tests.items() if outcome != "passed"]
    if bad:
        return Judged(row.id, FAILED, functions, "did not pass: " + ", ".join(bad))
    return Judged(row.id, row.verdict, functions, row.reason)


def complaints(rows: Mapping[str, Row], results: Results, judged: list[Judged]) -> list[str]:
    """Everything that makes the report one of failure, a line for each."""
    found = [
        f"{row.id}: {row.verdict}: {row.reason}"
        for row in judged
        if row.verdict in (FAILED, UNTESTED)
    ]
    for node, result in results.items():
        for row_id in result["rows"]:
            if row_id not in rows:
                found.append(f"{node} is marked with {row_id}, which is no row")
            elif not rows[row_id].needs_a_test:
                found.append(f"{node} is marked with {row_id}, which is not applicable")
    return found


def summary(judged: list[Judged]) -> str:
    """How many rows of each section have each verdict, as a table."""
    verdicts = [*VERDICTS, FAILED, UNTESTED]
    lines = ["section " + "".join(f"{verdict:>15}" for verdict in verdicts)]
    for section in [*sorted({row.id[0] for row in judged}), "all"]:
        told = [row.verdict for row in judged if section in (row.id[0], "all")]
        numbers = "".join(f"{told.count(verdict):>15}" for verdict in verdicts)
        lines.append(f"{section:<8}{numbers}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
