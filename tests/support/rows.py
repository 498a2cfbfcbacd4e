"""Tables of cases in which each case proves a row of the wire contract of its own."""

from collections.abc import Iterable, Mapping

import pytest
from _pytest.mark import ParameterSet


def with_rows(names: Iterable[str], rows: Mapping[str, str]) -> list[ParameterSet]:
    """The names as parameters; each that `rows` knows is marked with its rows.

    Several rows of one case are separated by spaces. A name in `rows` that is no case is a
    mistake.
    """
    cases = list(names)
    assert set(rows) <= set(cases), f"no such case: {set(rows) - set(cases)}"
    return [
        pytest.param(name, id=name, marks=[pytest.mark.row(*rows[name].split())])
        if name in rows
        else pytest.param(name, id=name)
        for name in cases
    ]
