"""`report.xml`, for whatever reads JUnit: a suite for each group, a case for each row.

Vulnerable is a failure, broken an error; what was not tried or is not offered is skipped, with why.
"""

from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tests.auth_flows.report_json import Report
from tests.auth_flows.verdicts import Verdict

NAME = "report.xml"
SKIPPED = (Verdict.NOT_TRIED, Verdict.NOT_OFFERED)


def render(report: Report) -> str:
    """The XML of a report."""
    results = report["results"]
    whole = Element("testsuites", {"name": f"Probe of {report['issuer']}", **_counts(results)})
    whole.set("time", str(report["seconds"]))
    for group in dict.fromkeys(result["group"] for result in results):
        rows = [result for result in results if result["group"] == group]
        suite = SubElement(whole, "testsuite", {"name": group, **_counts(rows)})
        if report["began"]:
            suite.set("timestamp", report["began"].partition("+")[0])
        for result in rows:
            _case(suite, result)
    indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(whole, encoding="unicode") + "\n"


def _counts(results: list[dict[str, Any]]) -> dict[str, str]:
    verdicts = [result["verdict"] for result in results]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(Verdict.VULNERABLE)),
        "errors": str(verdicts.count(Verdict.BROKEN)),
        "skipped": str(sum(verdict in SKIPPED for verdict in verdicts)),
    }


def _case(suite: Element, result: dict[str, Any]) -> None:
    name = f"{result['id']} {result['attack']}"
    case = SubElement(suite, "testcase", {"classname": "auth_flows." + result["id"], "name": name})
    verdict = result["verdict"]
    if verdict in SKIPPED:
        SubElement(case, "skipped", {"message": f"{verdict}: {result['reason']}"})
    elif verdict == Verdict.BROKEN:
        SubElement(case, "error", {"message": result["reason"], "type": verdict})
    elif verdict == Verdict.VULNERABLE:
        found = SubElement(case, "failure", {"message": result["expects"], "type": verdict})
        found.text = told(result)
    if result["left_out"]:
        SubElement(case, "system-out").text = f"Left out of it: {result['left_out']}"


def told(result: dict[str, Any]) -> str:
    """What a vulnerable row found, how to mend it and where that is written, in lines."""
    lines = []
    for finding in result["findings"]:
        lines += [f"{name}: {finding[name]}" for name in ("tried", "expected", "received")]
    lines += [f"to fix: {result['fix']}", f"reference: {result['reference']}"]
    return "\n".join(lines)
