"""`make pages`: a picture of every page in every state, and what axe finds on it, in `var/pages/`.

Not part of the test run (its name keeps it out): it is for looking.
"""

import json
from pathlib import Path

import pytest

from tests.acceptance.showing import WALKS
from tests.support.chromium import Visitor, axe_violations
from tests.support.servers import Street

PAGES = Path(__file__).resolve().parents[2] / "var" / "pages"


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("walk", WALKS)
def test_take_pictures(street: Street, visitor: Visitor, walk: str, language: str) -> None:
    folder = PAGES / language
    folder.mkdir(parents=True, exist_ok=True)
    for shown in WALKS[walk](visitor, street, language):
        visitor.page.screenshot(path=folder / f"{shown.name}.png", full_page=True)
        found = json.dumps(axe_violations(visitor.page), indent=2, ensure_ascii=False)
        (folder / f"{shown.name}.json").write_text(found + "\n", encoding="utf-8")
