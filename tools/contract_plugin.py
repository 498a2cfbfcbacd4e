"""A plugin of pytest that writes down which rows of the wire contract each test proves.

Loaded by `tools.contract`. With `--contract-results FILE` the file then holds, for every test
with a mark, its rows and how it ended ("collected" if it was not run).
"""

import json
from pathlib import Path
from typing import Final

import pytest

PROPERTY: Final = "contract row"
_RESULTS: Final = pytest.StashKey[dict[str, "tuple[list[str], str]"]]()
_WORST_LAST: Final = ("collected", "passed", "skipped", "failed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the results go."""
    parser.addoption("--contract-results", type=Path, required=True)


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no results."""
    config.stash[_RESULTS] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each test's reports tell its rows, also from a worker of xdist to the controller."""
    for item in items:
        ids = [row for mark in item.iter_markers("row") for row in mark.args]
        item.user_properties += [(PROPERTY, row) for row in ids]
        if ids:
            config.stash[_RESULTS][item.nodeid] = (ids, "collected")


class Reports:
    """Listens to what becomes of the tests, in the process that hears of all of them."""

    def __init__(self, config: pytest.Config) -> None:
        self._results = config.stash[_RESULTS]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst that happened to a test in its three phases."""
        ids = [str(value) for name, value in report.user_properties if name == PROPERTY]
        if not ids:
            return
        outcome = "skipped" if hasattr(report, "wasxfail") else report.outcome
        known = self._results.get(report.nodeid, (ids, "collected"))[1]
        worst = max(known, outcome, key=_WORST_LAST.index)
        self._results[report.nodeid] = (ids, worst)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen, unless this is a worker: the controller hears its reports."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Reports(session.config))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down what was heard."""
    if not hasattr(session.config, "workerinput"):
        told = {
            node: {"rows": rows, "outcome": outcome}
            for node, (rows, outcome) in session.config.stash[_RESULTS].items()
        }
        path: Path = session.config.getoption("--contract-results")
        path.write_text(json.dumps(told), encoding="utf-8")
