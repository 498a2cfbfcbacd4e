"""`report.json`: every row of the catalogue with its verdict, and the evidence without secrets.

The other reports are made from it, so none of them can say more, or less carefully, than it does.
"""

import json
from collections import Counter
from datetime import datetime
from typing import Any

from tests.auth_flows.ground import Ground
from tests.auth_flows.verdicts import Finding, Result
from tests.auth_flows.visible import visible_within

NAME = "report.json"
Report = dict[str, Any]


def document(
    ground: Ground, results: list[Result], began: datetime | None = None, seconds: float = 0
) -> Report:
    """The report as data: secrets masked, control characters written out."""
    report = {
        "issuer": ground.target.issuer,
        "authorised_by": ground.target.authorised_by,
        "began": began.isoformat(timespec="seconds") if began else "",
        "seconds": round(seconds),
        "requests": ground.wire.pace.made,
        "summary": dict(Counter(result.verdict.value for result in results)),
        "results": [_told(ground, result) for result in results],
    }
    made: Report = visible_within(report)
    return made


def _told(ground: Ground, result: Result) -> dict[str, Any]:
    row, clean = result.row, ground.wire.masker.clean

    def step(finding: Finding) -> dict[str, Any]:
        return {
            "tried": clean(finding.tried),
            "expected": clean(finding.expected),
            "received": clean(finding.received),
            "evidence": finding.evidence,
        }

    return {
        "id": row.id,
        "verdict": result.verdict.value,
        "group": row.group,
        "severity": row.severity,
        "needs": row.needs,
        "attack": row.attack,
        "expects": row.expects,
        "reference": row.reference,
        "reason": clean(result.reason),
        "left_out": clean(result.left_out),
        "tries": result.tries,
        "worked": [clean(what) for what in result.worked],
        "tried": [step(one) | {"held": one not in result.findings} for one in result.tried],
        "findings": [step(finding) for finding in result.findings],
        "fix": result.fix,
        "evidence": [ground.wire.evidence(number) for number in result.evidence],
    }


def text(report: Report) -> str:
    """The report as a file holds it."""
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"
