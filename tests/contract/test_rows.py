"""The rows and the marks on tests fit each other, whatever the tests then find."""

from tools import contract, contract_rows

AWAITED: set[str] = set()
"""Rows of what is being built. Whoever marks the first test of one takes it out of here."""


def test_the_rows_and_the_marks_on_tests_fit_each_other() -> None:
    rows, marked = contract_rows.load(), contract.run("--collect-only", "-q")
    assert len(marked) > 500, "the marks were not found"
    assert contract.complaints(rows, marked, []) == []
    tested = {row for result in marked.values() for row in result["rows"]}
    untested = {row.id for row in rows.values() if row.needs_a_test and row.id not in tested}
    assert untested - AWAITED == set(), "these have lost their test"
    assert AWAITED - untested == set(), "these are awaited no more"
