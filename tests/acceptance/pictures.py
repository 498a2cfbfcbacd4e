"""`make pages`: a picture of every page in every state, in both languages, at two widths.

Writes `var/pages/<language>/<width>/<page>.png` and `var/pages/index.json`, which says of each
picture what it shows and what axe found there; the exit status is 1 when axe found something.
Names of walks as arguments leave the other walks out.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.acceptance.showing import WALKS
from tests.acceptance.shown import Shown
from tests.support.addresses import own_address
from tests.support.building import KeyRoom
from tests.support.chromium import ROOT, axe_violations, launch, visiting
from tests.support.clock import FixedClock
from tests.support.databases import SqliteTemplate
from tests.support.network import resolve_localhost_names
from tests.support.servers import Street, lay_out

PAGES = ROOT / "var" / "pages"
LANGUAGES = ("en", "cy")
WIDTHS = (1280, 320)
"""Pixels: a desk, and a small phone or the desk's window at 400 %."""


def take(street: Street, names: list[str]) -> list[dict[str, Any]]:
    """Walk every walk, take pictures of everything shown; return what each shows."""
    entries: list[dict[str, Any]] = []
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for language in LANGUAGES:
            for name in names:
                print(f"{language}: {name}", flush=True)
                with visiting(browser, address=own_address()) as visitor:
                    for shown in WALKS[name](visitor, street, language):
                        entries += look(visitor.page, shown, language)
        browser.close()
    return entries


def look(page: Page, shown: Shown, language: str) -> list[dict[str, Any]]:
    """Take the page's picture at each width, and let axe look at it there."""
    entries = []
    usual = page.viewport_size
    assert usual is not None
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": usual["height"]})
        file = Path(language) / str(width) / f"{shown.name}.png"
        (PAGES / file).parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PAGES / file, full_page=True)
        entries.append(
            {
                "route": shown.route,
                "state": shown.state,
                "language": language,
                "width": width,
                "file": str(file),
                "violations": axe_violations(page),
            }
        )
    page.set_viewport_size(usual)
    return entries


def main() -> int:
    """Take the pictures; 1 if axe found something."""
    for name in [name for name in os.environ if name.startswith("ONEPASS_")]:
        if name != "ONEPASS_CHROMIUM":
            del os.environ[name]
    resolve_localhost_names()
    shutil.rmtree(PAGES, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="onepass-pages-") as scratch:
        folder = Path(scratch)
        template = SqliteTemplate(folder)
        (folder / "keys-room").mkdir()
        room = KeyRoom(
            template.copy_to(folder / "keys-room" / "keys.db"), folder / "keys-room", FixedClock()
        )
        street = lay_out(folder, template.copy_to(folder / "onepass.db"), room)
        try:
            street.start_provider()
            street.start_departments()
            entries = take(street, sys.argv[1:] or list(WALKS))
        finally:
            street.end()
    (PAGES / "index.json").write_text(json.dumps({"pages": entries}, indent=2) + "\n")
    found = [entry for entry in entries if entry["violations"]]
    for entry in found:
        named = ", ".join(str(violation["id"]) for violation in entry["violations"])
        print(f"{entry['file']}: {named}")
    print(f"{len(entries)} pictures in {PAGES}, {len(found)} with violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
