"""The words of the terminal: a few lines for each attack, then what all of them came to."""

from collections import Counter
from typing import Any

from tests.auth_flows.catalogue import SEVERITIES
from tests.auth_flows.comparison import CHANGES
from tests.auth_flows.masking import Masker
from tests.auth_flows.report_json import Report
from tests.auth_flows.run import NOT_CHOSEN
from tests.auth_flows.verdicts import Result, Verdict

ORDER = tuple(Verdict)
INDENT = " " * 24
NOTHING = "Nothing was tried: that says nothing of the target."


def lines(result: Result, masker: Masker) -> list[str]:
    """One row that was tried, with everything that was found; nothing of one that was not."""
    if result.verdict in (Verdict.NOT_TRIED, Verdict.NOT_OFFERED):
        return []
    more = []
    if result.reason:
        more.append(result.reason)
    if result.left_out:
        more.append(f"not tried of it: {result.left_out}")
    for finding in result.findings:
        more.append(f"tried     {finding.tried}")
        more.append(f"expected  {finding.expected}")
        more.append(f"received  {finding.received}")
    if result.fix:
        more.append(f"to mend   {result.fix}")
    first = f"{result.verdict.value:<12}{result.row.id:<12}{result.row.attack}"
    return [first, *(INDENT + masker.clean(said) for said in more)]


def table(results: list[Result]) -> str:
    """How many of the chosen rows of each group have each verdict."""
    results = [result for result in results if result.reason != NOT_CHOSEN]
    groups = list(dict.fromkeys(result.row.group for result in results))
    width = max(len(group) for group in [*groups, "all"])
    rows = [f"{'':<{width}}" + "".join(f"{verdict.value:>13}" for verdict in ORDER)]
    for group in [*groups, "all"]:
        told = Counter(r.verdict for r in results if group in (r.row.group, "all"))
        counts = (f"{told[verdict] or '.':>13}" for verdict in ORDER)
        rows.append(f"{group:<{width}}" + "".join(counts))
    return "\n".join(rows)


def worst(results: list[Result]) -> list[Result]:
    """What is vulnerable, the worst first."""
    found = [result for result in results if result.verdict is Verdict.VULNERABLE]
    return sorted(found, key=lambda result: SEVERITIES.index(result.row.severity))


def changes(compared: dict[str, Any] | None) -> str:
    """What is otherwise than in an earlier run, in a line for each kind of change."""
    if compared is None:
        return ""
    told = [f"{words}: {', '.join(compared[name])}" for name, words in CHANGES.items()
            if compared[name]]  # fmt: skip
    since = f"Since the run of {compared['began'] or 'before'}"
    return "\n  ".join([f"{since}:", *told]) if told else f"{since} nothing has changed."


def verdict_of(report: Report) -> str:
    """The whole run in a sentence."""
    count: Counter[str] = Counter(report["summary"])
    vulnerable, broken = count[Verdict.VULNERABLE], count[Verdict.BROKEN]
    tried = vulnerable + count[Verdict.DEFENDED]
    if vulnerable:
        said = f"{vulnerable} of {tried} attacks found a weakness."
    else:
        said = f"None of {tried} attacks found a weakness." if tried else NOTHING
    if broken and not tried:
        return f"{broken} could not judge."
    return said + (f" {broken} could not judge." if broken else "")
