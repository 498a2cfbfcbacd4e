"""The probe's page in a real browser: accessible, whole at every width, and it fetches nothing."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from tests.auth_flows import made_up, reports
from tests.support.chromium import axe_violations


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_can_be_read_by_everybody(
    browser: Browser, tmp_path: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    report = made_up.report()
    report["results"] = report["results"][:40]
    changed = [row["id"] for row in report["results"][:9]]
    report["compared_with"] = {"issuer": "http://other/", "began": "", "newly_vulnerable": changed,
                               "mended": changed, "newly_tried": changed, "no_longer_tried": [],
                               "newly_broken": changed}  # fmt: skip
    reports.write(tmp_path, report)
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(f"file://{tmp_path}/report.html")
    for closed in page.locator("details:not([open])").all()[:3]:
        closed.evaluate("details => details.open = true")
    page.locator(".evidence > summary").first.click()
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert len(asked) == 1
    assert complaints == []
    assert page.locator("pre").first.evaluate("e => getComputedStyle(e).whiteSpace") == "pre-wrap"
    context.close()


def test_a_link_to_evidence_opens_it(browser: Browser, tmp_path: Path) -> None:
    reports.write(tmp_path, made_up.report())
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"file://{tmp_path}/report.html")
    exchange = page.locator(".exchange").first
    assert not exchange.is_visible()
    page.get_by_role("link", name="exchange 0").first.click()
    assert exchange.is_visible()
    context.close()
