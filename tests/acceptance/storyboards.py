"""The journeys as strips of pictures, for the documentation: made from what `make pages` keeps.

    .venv/bin/python -m tests.acceptance.storyboards

writes `docs/pictures/<story>.png`, one for each of `STORIES`, after `make pages`.
"""

import base64
import sys
from html import escape
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

from tests.acceptance.pictures import PAGES
from tests.acceptance.shown import JOURNEY, Shown
from tests.support.chromium import ROOT, launch

PICTURES: Final = ROOT / "docs" / "pictures"
Story = tuple[tuple[Shown, str], ...]

STORIES: Final[dict[str, Story]] = {
    "creating-an-account": (
        (Shown(f"{JOURNEY}/start"), "Begin"),
        (Shown(f"{JOURNEY}/create/email"), "Your address"),
        (Shown(f"{JOURNEY}/create/email-code"), "The code we mail you"),
        (Shown(f"{JOURNEY}/create/password"), "A password"),
        (Shown(f"{JOURNEY}/create/app"), "Your authenticator app"),
        (Shown(f"{JOURNEY}/create/recovery-codes", "shown"), "Codes for a bad day"),
        (Shown(f"{JOURNEY}/create/done"), "Done: on to the service"),
    ),
    "signing-in": (
        (Shown(f"{JOURNEY}/start"), "Begin"),
        (Shown(f"{JOURNEY}/email"), "Your address"),
        (Shown(f"{JOURNEY}/password"), "Your password"),
        (Shown(f"{JOURNEY}/code"), "The code of the moment"),
    ),
    "instead-of-a-code": (
        (Shown(f"{JOURNEY}/method"), "What else you have"),
        (Shown(f"{JOURNEY}/recovery-code"), "A recovery code"),
        (Shown(f"{JOURNEY}/recovery-code/used"), "So many are left"),
        (Shown(f"{JOURNEY}/passkey", "stepping up"), "Or a passkey"),
    ),
    "a-forgotten-password": (
        (Shown(f"{JOURNEY}/reset/request"), "Ask for a code"),
        (Shown(f"{JOURNEY}/reset/email-code"), "The code we mail you"),
        (Shown(f"{JOURNEY}/reset/second-factor"), "A code from your app"),
        (Shown(f"{JOURNEY}/reset/password"), "A new password"),
    ),
    "a-lost-app": (
        (Shown(f"{JOURNEY}/recover", "never proved"), "Say that it is lost"),
        (Shown(f"{JOURNEY}/recover/email-code"), "The code we mail you"),
        (Shown(f"{JOURNEY}/recover/waiting"), "Seven days, with mails"),
        (Shown(f"{JOURNEY}/recover/ready"), "Come back"),
        (Shown(f"{JOURNEY}/create/app", "instead of everything"), "The new app"),
        (Shown(f"{JOURNEY}/recover/done"), "Done"),
    ),
    "sharing": (
        (Shown(f"{JOURNEY}/prove"), "The service must know you"),
        (Shown(f"{JOURNEY}/prove/result"), "You proved it"),
        (Shown(f"{JOURNEY}/share"), "See it first, then decide"),
    ),
    "your-account": (
        (Shown("/account"), "Services you used"),
        (Shown("/account/service/<service_id>", "with details shared"), "What one was given"),
        (Shown("/account/history"), "What happened"),
        (Shown("/account/security"), "What you can change"),
    ),
}
"""What each strip shows, and the words under each of its pictures."""

STYLE: Final = """
    body { margin: 0; padding: 16px; background: #fff; font: 16px/1.3 Arial, sans-serif;
           display: grid; grid-template-columns: repeat(4, 240px); gap: 24px; width: max-content }
    figure { margin: 0 }
    img { display: block; width: 238px; height: 430px; object-fit: cover; object-position: top;
          border: 1px solid #b1b4b6 }
    figcaption { margin-top: 8px; font-weight: bold }
"""


def markup(story: Story) -> str:
    """The page whose picture is the strip."""
    steps = []
    for number, (shown, words) in enumerate(story, start=1):
        picture = base64.b64encode(file_of(shown).read_bytes()).decode()
        steps.append(
            f'<figure><img src="data:image/png;base64,{picture}">'
            f"<figcaption>{number}. {escape(words)}</figcaption></figure>"
        )
    return f"<!doctype html><style>{STYLE}</style>{''.join(steps)}"


def file_of(shown: Shown) -> Path:
    """The picture of this page in English in a narrow window."""
    return PAGES / f"{shown.name}-en-320.png"


def draw(page: Page, name: str) -> Path:
    """Draw one strip."""
    page.set_content(markup(STORIES[name]))
    target = PICTURES / f"{name}.png"
    page.locator("body").screenshot(path=target)
    return target


def main() -> int:
    """Draw every strip; 1 if a picture is missing."""
    shown = {shown for story in STORIES.values() for shown, _ in story}
    missing = sorted(str(file_of(each)) for each in shown if not file_of(each).exists())
    if missing:
        print("First `make pages`; there is no picture", *missing, sep="\n  ")
        return 1
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        for name in STORIES:
            print(draw(page, name))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
