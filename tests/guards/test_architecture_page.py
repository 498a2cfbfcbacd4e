"""The page on how it is built names every room, every endpoint and every noun."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("floor", ["journeys", "endpoints", "domain"])
def test_the_page_names_all_that_is_on_this_floor(floor: str) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:\w+/)*(\w+)`", page))
    there = {
        path.stem
        for path in (ROOT / "idp" / floor).iterdir()
        if not path.name.startswith(("_", "."))
    }
    assert len(there) > 5
    assert there - named == set(), "docs/architecture.md does not say what these are"
