"""Every report of a run, side by side in one folder, each a file that its owner alone may read."""

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


def _written(file: Path, text: str) -> Path:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return file
