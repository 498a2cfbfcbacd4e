"""What has changed since an earlier report: worse, better, tried for the first time."""

import json
from pathlib import Path
from typing import Any, Final

from tests.auth_flows.report_json import NAME, Report
from tests.auth_flows.run import NOT_CHOSEN
from tests.auth_flows.verdicts import Verdict

TRIED: Final = frozenset({Verdict.DEFENDED, Verdict.VULNERABLE})


class NotComparable(Exception):
    """A file is no report to compare with; the message says why."""


def read(file: Path) -> Report:
    """An earlier report. Raises NotComparable."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        results = found["results"]
        told = {str(one["id"]): Verdict(one["verdict"]) for one in results}
        unchosen = {str(one["id"]) for one in results if one.get("reason") == NOT_CHOSEN}
        issuer, began = str(found["issuer"]), str(found.get("began", ""))
    except OSError as error:
        raise NotComparable(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotComparable(f"{file} is no report of the probe") from error
    return {"issuer": issuer, "began": began, "verdicts": told, "unchosen": unchosen}


def read_last(folder: Path, issuer: str) -> Report | None:
    """The report that an earlier run about the same issuer left in a folder, if it did."""
    try:
        found = read(folder / NAME)
    except NotComparable:
        return None
    return found if found["issuer"] == issuer else None


def compare(earlier: Report, report: Report) -> dict[str, Any]:
    """What is otherwise now, each change as the ids of its rows, of those that both runs chose."""
    before: dict[str, Verdict] = earlier["verdicts"]
    changes: dict[str, list[str]] = {name: [] for name in CHANGES}
    for result in report["results"]:
        now = Verdict(result["verdict"])
        change = _change(before.get(result["id"], Verdict.NOT_TRIED), now)
        chosen = result["reason"] != NOT_CHOSEN and result["id"] not in earlier["unchosen"]
        if change and chosen:
            changes[change].append(result["id"])
    return {"issuer": earlier["issuer"], "began": earlier["began"], **changes}


CHANGES: Final = {
    "newly_vulnerable": "Newly vulnerable",
    "mended": "Mended",
    "newly_tried": "Newly tried, and defended",
    "no_longer_tried": "No longer tried",
    "newly_broken": "Newly broken",
}


def _change(before: Verdict, now: Verdict) -> str:
    if before == now:
        return ""
    if now is Verdict.VULNERABLE:
        return "newly_vulnerable"
    if now is Verdict.BROKEN:
        return "newly_broken"
    if now is Verdict.DEFENDED:
        return "mended" if before is Verdict.VULNERABLE else "newly_tried"
    return "no_longer_tried" if before in TRIED else ""
