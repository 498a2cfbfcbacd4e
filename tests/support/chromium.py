"""A real Chromium, and a person in front of it who looks at every page they are shown."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    Locator,
    Page,
    Playwright,
    Response,
)

from tools import chromium

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SAID = """[
    document.querySelectorAll('h1').length, document.title, document.documentElement.lang,
]"""


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without a window."""
    program = chromium.find()
    assert program is not None, chromium.WHAT_TO_DO
    return playwright.chromium.launch(executable_path=program, args=FLAGS)


@cache
def axe_source() -> str:
    """The axe-core script that `npm ci` installed."""
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    assert path.exists(), "axe-core is missing: run `npm ci`"
    return path.read_text()


def axe_violations(page: Page, *, colours: bool = True) -> list[dict[str, Any]]:
    """What axe finds on this page, as `id`, `help` and the elements concerned.

    Judging contrast is most of the work; without `colours` it is left out.
    """
    page.evaluate(axe_source())
    found: list[dict[str, Any]] = page.evaluate(
        """async (colours) => (await axe.run(document, {
            resultTypes: ['violations'],
            rules: {'color-contrast': {enabled: colours}},
        })).violations.map(v => ({
            id: v.id, help: v.help, targets: v.nodes.map(n => n.target.join(' '))}))""",
        colours,
    )
    return found


class Visitor:
    """One browser profile and its tab; it keeps what pages did wrong while they were shown."""

    def __init__(self, context: BrowserContext, javascript: bool) -> None:
        self.context = context
        self.javascript = self._scripts = javascript
        self.page = context.new_page()
        self._tools: CDPSession | None = None
        self.visits: list[str] = []
        self.complaints: list[str] = []
        self.page.on("response", self._saw)
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))

    def run_no_scripts(self) -> None:
        """Run no script of any page from here on, as if the person had turned them off."""
        self.javascript = False
        self._allow_scripts(False)

    @contextmanager
    def running_scripts(self) -> Iterator[None]:
        """Let the test's own scripts run: the page's are not fetched again by that."""
        self._allow_scripts(True)
        yield
        self._allow_scripts(self.javascript)

    def _allow_scripts(self, allowed: bool) -> None:
        if allowed == self._scripts:
            return
        if self._tools is None:  # kept: what is set is forgotten with the session
            self._tools = self.context.new_cdp_session(self.page)
        self._tools.send("Emulation.setScriptExecutionDisabled", {"value": not allowed})
        self._scripts = allowed

    def _saw(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.visits.append(f"{response.request.method} {response.status} {response.url}")
        elif response.status >= 400 and not response.url.endswith("/favicon.ico"):
            self.complaints.append(f"{response.status} for {response.url}")

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(f"console: {text}")

    def open(self, url: str) -> None:
        """Go to `url` and look at what is shown."""
        self.page.goto(url, wait_until="load")
        self.look()

    def press(self, name: str) -> None:
        """Press the button or follow the link called `name`, and look at what is shown."""
        button = self.page.get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("link", name=name, exact=True)
        self._go(button.or_(link).first)

    def follow(self, path: str) -> None:
        """Press whatever leads to `path`, in any language, and look at what is shown."""
        self._go(self.page.locator(f"a[href={json.dumps(path)}]").first)

    def submit(self, number: int = 0) -> None:
        """Press the `number`th button of the page's main part, in any language."""
        self._go(self.page.locator("main form button[type=submit]").nth(number))

    def _go(self, target: Locator) -> None:
        with self.page.expect_navigation(wait_until="load"):
            target.click()
        self.look()

    def fill(self, field: str, value: str) -> None:
        """Type `value` into the input called `field` in its form."""
        self.page.locator(f"[name={json.dumps(field)}]").first.fill(value)

    def choose(self, field: str, value: str) -> None:
        """Choose the radio button called `field` whose value is `value`."""
        self.page.locator(f"input[name={json.dumps(field)}][value={json.dumps(value)}]").check()

    @property
    def heading(self) -> str:
        """The words of the page's one h1."""
        return self.page.locator("h1").inner_text()

    @property
    def text(self) -> str:
        """All words that a person sees."""
        return self.page.locator("body").inner_text()

    def look(self) -> None:
        """Check what holds on every page: language, title, one h1, no complaint so far."""
        headings, title, language = self.page.evaluate(SAID)
        assert headings == 1, f"not one h1 on {self.page.url}"
        assert title.strip(), f"no title on {self.page.url}"
        assert language, f"no language on {self.page.url}"
        assert not self.complaints, f"on {self.page.url}: {self.complaints}"


@contextmanager
def visiting(browser: Browser, *, address: str, javascript: bool = True) -> Iterator[Visitor]:
    """A new profile whose requests name `address` as their source, closed at the end."""
    context = browser.new_context(
        java_script_enabled=javascript,
        extra_http_headers={"X-Forwarded-For": address},
        viewport={"width": 1100, "height": 900},
    )
    context.set_default_timeout(30_000)
    try:
        yield Visitor(context, javascript)
    finally:
        context.close()


def keep_evidence(visitor: Visitor, folder: Path, name: str) -> str:
    """Save a picture and the words of the page on which a test failed; return where."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / f"{name}.png"
    visitor.page.screenshot(path=picture, full_page=True)
    lines = [f"picture: {picture}", f"at: {visitor.page.url}", "visits:", *visitor.visits]
    return "\n".join([*lines, "page:", visitor.page.locator("body").inner_text()])
