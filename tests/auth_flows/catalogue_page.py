"""`python -m tests.auth_flows.catalogue_page` writes `docs/attacks.md`: every row of the data."""

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from tests.auth_flows import catalogue
from tests.auth_flows.catalogue import NEEDS, SEVERITIES, Row

PAGE = Path(__file__).resolve().parents[2] / "docs" / "attacks.md"


def written(rows: Iterable[Row]) -> str:
    """The page as Markdown."""
    found = list(rows)
    counts = ", ".join(
        f"{sum(1 for row in found if row.severity == severity)} {severity}"
        for severity in SEVERITIES
    )
    lines = [
        "# Every attack",
        "",
        "Made from `tests/auth_flows/catalogue/` by `python -m tests.auth_flows.catalogue_page`;",
        "change it there. What the probe does with these rows stands in",
        "[For security testers](security-testers.md).",
        "",
        f"{len(found)} attacks: {counts}.",
        "",
        "| To try it, a tester needs | |",
        "|---|---|",
        *(f"| `{name}` | {words} |" for name, words in NEEDS.items()),
    ]
    for group, theirs in groupby(found, key=lambda row: row.group):
        lines += [
            "",
            f"## {group}",
            "",
            "| | Attack | Should happen | Severity | Needs | Reference |",
            "|---|---|---|---|---|---|",
            *(_line(row) for row in theirs),
        ]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    told = (row.attack, row.expects, row.severity, f"`{row.needs}`", row.reference)
    return f"| {row.id} | " + " | ".join(words.replace("|", "\\|") for words in told) + " |"


def main() -> None:
    """Write the page."""
    PAGE.write_text(written(catalogue.load().values()), encoding="utf-8")


if __name__ == "__main__":
    main()
