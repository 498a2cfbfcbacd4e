"""Each row that needs a look inside has a test that says so, by its mark and by its name."""

import ast
from collections import defaultdict
from pathlib import Path

from idp.protocol import metadata
from tests.auth_flows import catalogue
from tests.auth_flows.ground import FEATURES
from tests.support.building import ISSUER

HERE = Path(__file__).parent


def marked() -> dict[str, list[str]]:
    """The rows that tests are marked with, and the names of those tests."""
    found = defaultdict(list)
    for file in sorted(HERE.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for row in _rows_of(node):
                    found[row].append(node.name)
    return dict(found)


def _rows_of(test: ast.FunctionDef) -> list[str]:
    return [
        str(mark.args[0].value)
        for mark in test.decorator_list
        if isinstance(mark, ast.Call)
        and ast.unparse(mark.func) == "pytest.mark.threat"
        and isinstance(mark.args[0], ast.Constant)
    ]


def wanted() -> set[str]:
    """The rows that nobody can try from outside, whose feature we have."""
    published = metadata.openid_configuration(ISSUER)
    rows = catalogue.load().values()
    return {row.id for row in rows if row.needs == "white" and _is_offered(row.feature, published)}


def _is_offered(feature: str, published: dict[str, object]) -> bool:
    name, value = FEATURES.get(feature, ("", ""))
    return not name or (value in str(published.get(name, "")) and name in published)


def test_every_row_that_needs_a_look_inside_has_a_test() -> None:
    assert set(marked()) == wanted()
    assert len(wanted()) > 12


def test_each_test_is_found_by_the_row_in_its_name() -> None:
    for row, names in marked().items():
        word = row.lower().replace("-", "_")
        assert all(name.startswith(f"test_{word}_") for name in names), row
