"""`make pages`: pictures of every page in every state, in both languages and two widths.

Walks what `test_every_page.py` walks, by running it, and joins what each walk found:
`var/pages/*.png` and `var/pages/index.json`, which holds the axe result of each picture. The exit
status is 1 when axe found something on a page, when a page is missing, or when no walk shows a
message that a form can show.
"""

import json
import shutil
import subprocess
import sys
from typing import Final

from tests.acceptance import examining, form_messages
from tests.acceptance.showing import ALL_ROUTES
from tests.support.chromium import ROOT
from tools.run_tests import environment

PAGES: Final = ROOT / "var" / "pages"


def take() -> int:
    """Walk every walk on two workers, keeping pictures; pytest's exit status."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    walks = "tests/acceptance/test_every_page.py"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", walks, "--pages", str(PAGES)]
    return subprocess.call(command, cwd=ROOT, env=environment())


def main() -> int:
    """Take the pictures and write the index; 1 if anything is wrong."""
    failed = take()
    found = examining.joined(PAGES)
    shutil.rmtree(PAGES / examining.PARTS, ignore_errors=True)
    (PAGES / "index.json").write_text(json.dumps({"pages": found.pages}, indent=2) + "\n")
    wrong = [page for page in found.pages if page["violations"]]
    for page in wrong:
        print(f"{page['file']}: {', '.join(str(each['id']) for each in page['violations'])}")
    missing = sorted(ALL_ROUTES - {page["route"] for page in found.pages})
    for route in missing:
        print(f"no picture of {route}")
    unseen = form_messages.unseen(form_messages.all_messages(), found.messages)
    for message in sorted(unseen):
        print(f"no page shows, of {message.room or 'any room'}: {message.words}")
    print(f"{len(found.pages)} pictures in {PAGES}, {len(wrong)} with violations")
    return 1 if failed or wrong or missing or unseen else 0


if __name__ == "__main__":
    sys.exit(main())
