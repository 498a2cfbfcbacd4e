"""What the terminal shows: a line for each attack as it ends, then numbers by group."""

from collections import Counter

from tests.auth_flows.masking import Masker
from tests.auth_flows.verdicts import Result, Verdict

ORDER = tuple(Verdict)


def line(result: Result, masker: Masker) -> str:
    """One row that was tried, with everything that was found."""
    words = f"{result.verdict.value:<12}{result.row.id:<12}{result.row.attack}"
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
    return "\n".join([words, *(f"{'':<24}{masker.clean(said)}" for said in more)])


def table(results: list[Result]) -> str:
    """How many rows of each group have each verdict."""
    groups = list(dict.fromkeys(result.row.group for result in results))
    width = max(len(group) for group in [*groups, "all"])
    rows = [f"{'':<{width}}" + "".join(f"{verdict.value:>13}" for verdict in ORDER)]
    for group in [*groups, "all"]:
        told = Counter(r.verdict for r in results if group in (r.row.group, "all"))
        rows.append(f"{group:<{width}}" + "".join(f"{told[verdict]:>13}" for verdict in ORDER))
    return "\n".join(rows)
