"""Every numbered scenario has one test of its own, played in a browser.

The numbers are those of the list of acceptance scenarios: of citizens, then of service teams, then
of operators and testers.
"""

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Final

ACCEPTANCE: Final = Path(__file__).resolve().parents[1] / "acceptance"
NUMBERS: Final = range(1, 61)
WITHOUT_A_BROWSER: Final = {60}
"""What is watched there is a process that does not start."""


def scenarios() -> dict[str, list[str]]:
    """The arguments of every test that has a number, by the test's name."""
    found = {}
    for path in sorted(ACCEPTANCE.glob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and re.match(r"test_s\d", node.name):
                assert node.name not in found, f"{node.name} is there twice"
                found[node.name] = [argument.arg for argument in node.args.args]
    return found


def test_every_scenario_has_one_test() -> None:
    numbers = Counter(int(name[6:8]) for name in scenarios())
    assert set(NUMBERS) - numbers.keys() == set()
    assert [number for number, tests in numbers.items() if tests > 1] == []


def test_a_test_plays_the_one_scenario_that_it_names() -> None:
    for name in scenarios():
        assert re.fullmatch(r"test_s\d\d_[a-z0-9_]+", name), name
        assert not re.search(r"_(and|to)_s\d\d", name), f"{name} plays two"


def test_every_scenario_is_played_in_a_browser() -> None:
    for name, arguments in scenarios().items():
        if int(name[6:8]) not in WITHOUT_A_BROWSER:
            assert any("visitor" in argument for argument in arguments), name
