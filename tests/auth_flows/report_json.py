"""`report.json`: every row of the catalogue with its verdict, and the evidence without secrets."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.auth_flows.ground import Ground
from tests.auth_flows.verdicts import Result

NAME = "report.json"


def document(ground: Ground, results: list[Result]) -> dict[str, Any]:
    """The report as data."""
    return {
        "issuer": ground.target.issuer,
        "authorised_by": ground.target.authorised_by,
        "requests": ground.wire.pace.made,
        "summary": dict(Counter(result.verdict.value for result in results)),
        "results": [_told(ground, result) for result in results],
    }


def _told(ground: Ground, result: Result) -> dict[str, Any]:
    row, clean = result.row, ground.wire.masker.clean
    about: dict[str, Any] = {
        "id": row.id,
        "verdict": result.verdict.value,
        "group": row.group,
        "severity": row.severity,
        "needs": row.needs,
        "attack": row.attack,
        "expects": row.expects,
        "reference": row.reference,
        "reason": clean(result.reason),
        "left_out": result.left_out,
        "tries": result.tries,
    }
    if result.findings:
        about["fix"] = result.fix
        about["findings"] = [
            {
                "tried": clean(finding.tried),
                "expected": clean(finding.expected),
                "received": clean(finding.received),
                "evidence": finding.evidence,
            }
            for finding in result.findings
        ]
    about["evidence"] = [ground.wire.evidence(number) for number in result.evidence]
    return about


def write(folder: Path, report: dict[str, Any]) -> Path:
    """Write the report where only its owner may read it; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / NAME
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return file
