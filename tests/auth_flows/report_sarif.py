"""`report.sarif` (SARIF 2.1.0), for what gathers findings: rows are rules, weaknesses results."""

import json
from typing import Any, Final
from urllib.parse import quote, urlsplit

from tests.auth_flows.report_json import Report
from tests.auth_flows.report_junit import told
from tests.auth_flows.verdicts import Verdict

NAME = "report.sarif"
SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
WORTH: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}
"""By which code scanning sorts, in the steps of CVSS."""


def render(report: Report) -> str:
    """The SARIF of a report."""
    rows = report["results"]
    broken = [row for row in rows if row["verdict"] == Verdict.BROKEN]
    run = {
        "tool": {"driver": {"name": "onepass-probe", "rules": [_rule(row) for row in rows]}},
        "invocations": [
            {
                "executionSuccessful": not broken,
                "toolExecutionNotifications": [_notice(row) for row in broken],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(report, row, index)
            for index, row in enumerate(rows)
            if row["verdict"] == Verdict.VULNERABLE
        ],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _rule(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "shortDescription": {"text": row["attack"]},
        "fullDescription": {"text": f"{row['attack']}. Expected: {row['expects']}"},
        "help": {"text": f"Expected: {row['expects']}\nReference: {row['reference']}"},
        "defaultConfiguration": {"level": LEVELS[row["severity"]]},
        "properties": {
            "security-severity": WORTH[row["severity"]],
            "tags": ["security", row["group"]],
        },
    }


def _notice(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": row["reason"]},
        "associatedRule": {"id": row["id"]},
    }


def _result(report: Report, row: dict[str, Any], index: int) -> dict[str, Any]:
    seen = {one["number"]: one for one in row["evidence"]}
    exchange = seen.get(row["findings"][0]["evidence"])
    at = exchange["request"]["url"] if exchange else report["issuer"]
    result: dict[str, Any] = {
        "ruleId": row["id"],
        "ruleIndex": index,
        "level": LEVELS[row["severity"]],
        "message": {"text": f"{row['attack']}\n{told(row)}"},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": _address(at)}}},
        ],
        "partialFingerprints": {"row/v1": row["id"]},
    }
    compared = report.get("compared_with")
    if compared:
        new = row["id"] in compared["newly_vulnerable"]
        result["baselineState"] = "new" if new else "unchanged"
    if exchange:
        result |= _exchange(exchange)
    return result


def _address(url: str) -> str:
    """Where it was, without the query: findings of one endpoint stand together."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{quote(parts.path or '/', safe='/%:@!$&()*+,;=~')}"


def _exchange(one: dict[str, Any]) -> dict[str, Any]:
    sent, answer = one["request"], one["answer"]
    headers: dict[str, str] = {}
    for name, value in answer["headers"]:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return {
        "webRequest": {
            "protocol": "HTTP",
            "version": "1.1",
            "method": sent["method"],
            "target": sent["url"],
            "headers": sent["headers"],
            "body": {"text": sent["body"]},
        },
        "webResponse": {
            "protocol": "HTTP",
            "version": "1.1",
            "statusCode": answer["status"],
            "headers": headers,
            "body": {"text": answer["body"]},
        },
    }
