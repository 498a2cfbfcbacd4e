"""Runs tests of `tests/white_box/` against a planted provider's copy."""

import os
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

FOLDER = "tests/white_box"
SECONDS = 300


def verdicts(folder: Path, rows: Collection[str]) -> dict[str, str]:
    """What the white-box tests of each row say of the copy in `folder`."""
    return {row: _verdict(folder, row) for row in rows}


def _verdict(folder: Path, row: str) -> str:
    """Run the tests that carry a row's id in their name, such as `test_audit_01_…`."""
    word = row.lower().replace("-", "_")
    try:
        done = _run(folder, word)
    except subprocess.TimeoutExpired:
        return f"broken: no end after {SECONDS} seconds"
    if done.returncode == 1:
        return "vulnerable"
    if done.returncode == 0:
        return "defended"
    return f"broken: pytest ended with {done.returncode}: {done.stdout[-300:]}"


def _run(folder: Path, word: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "--no-cov", "-p", "no:cacheprovider",
         "-p", "tests.mutants.same_provider", FOLDER, "-k", f"{word} and not postgresql"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )  # fmt: skip
