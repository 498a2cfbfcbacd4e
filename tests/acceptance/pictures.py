"""`make pages`: a picture of every page in every state, in both languages, and its axe result.

Writes `var/pages/<language>/<page>.png` and `var/pages/axe.json`; the exit status is 1 when axe
found something.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.acceptance.showing import WALKS
from tests.support.addresses import own_address
from tests.support.building import KeyRoom
from tests.support.chromium import ROOT, axe_violations, launch, visiting
from tests.support.clock import FixedClock
from tests.support.databases import SqliteTemplate
from tests.support.network import resolve_localhost_names
from tests.support.servers import Street, lay_out

PAGES = ROOT / "var" / "pages"
LANGUAGES = ("en", "cy")


def take(street: Street) -> dict[str, list[dict[str, object]]]:
    """Walk every walk, take a picture of everything shown; what axe found, by page."""
    results: dict[str, list[dict[str, object]]] = {}
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for language in LANGUAGES:
            folder = PAGES / language
            folder.mkdir(parents=True)
            for name, walk in WALKS.items():
                print(f"{language}: {name}", flush=True)
                with visiting(browser, address=own_address()) as visitor:
                    for shown in walk(visitor, street, language):
                        visitor.page.screenshot(path=folder / f"{shown.name}.png", full_page=True)
                        results[f"{language}/{shown.name}"] = axe_violations(visitor.page)
        browser.close()
    return results


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
            results = take(street)
        finally:
            street.end()
    (PAGES / "axe.json").write_text(json.dumps(results, indent=2) + "\n")
    found = {page: violations for page, violations in results.items() if violations}
    for page, violations in found.items():
        print(f"{page}: {', '.join(str(violation['id']) for violation in violations)}")
    print(f"{len(results)} pictures in {PAGES}, {len(found)} with violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
