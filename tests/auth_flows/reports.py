"""Every report of a run, side by side in one folder, each a file that its owner alone may read."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.auth_flows import report_html, report_json, report_junit, report_sarif
from tests.auth_flows.report_json import Report

REPORTS: Final[dict[str, Callable[[Report], str]]] = {
    report_json.NAME: report_json.text,
    report_html.NAME: report_html.render,
    report_junit.NAME: report_junit.render,
    report_sarif.NAME: report_sarif.render,
}


def write(folder: Path, report: Report) -> list[Path]:
    """Write every report, the data first; return the files. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_written(folder / name, render(report)) for name, render in REPORTS.items()]


def make_ready(folder: Path) -> None:
    """See that reports can be written there, before an attack is made. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass


def _written(file: Path, text: str) -> Path:
    """Write a report whole: whoever ends us meanwhile leaves the one before."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    return fresh.replace(file)
