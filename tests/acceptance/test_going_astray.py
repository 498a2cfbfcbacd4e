"""People who go back, leave in another tab, come without cookies or follow an old link."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.acceptance.walking import (
    SIGNED_IN,
    choose_to_sign_in,
    enter_code,
    enter_email,
    enter_password,
    set_out,
    sign_in,
)
from tests.support.addresses import own_address
from tests.support.chromium import FLAGS, Visitor
from tests.support.citizens import Citizen
from tests.support.servers import Street
from tools import chromium


def stands_in_the_log(visitor: Visitor, street: Street) -> bool:
    """Whether the reference on the page leads to a line of the provider's log."""
    found = re.search(r"[0-9A-F]{16}", visitor.text)
    assert found, f"the page has no reference: {visitor.text}"
    lines = street.programs["provider"].words().splitlines()
    return any(found[0] in line and "request_answered" in line for line in lines)


def test_s32_what_is_sent_after_signing_out_in_another_tab_is_refused_in_words(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    assert visitor.page.url.endswith("/code")
    other_tab = visitor.context.new_page()
    other_tab.goto(f"{street.issuer}logout")
    with other_tab.expect_navigation():
        other_tab.locator("main form button").click()
    assert other_tab.locator("h1").inner_text() == "You have signed out"
    enter_code(visitor, street, citizen)
    assert visitor.heading == "You have been signed out"
    assert stands_in_the_log(visitor, street)
    visitor.press("Go back to the service")
    visitor.follow("/sign-in")
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    assert visitor.heading == SIGNED_IN["tax"]


def test_s33_going_back_after_the_end_shows_where_to_go_and_no_form(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    for _ in range(2):
        visitor.page.go_back(wait_until="load")
        assert visitor.page.url.startswith(street.issuer)
        assert visitor.heading == "You have already finished here"
        assert visitor.page.locator("form").count() == 0
        assert stands_in_the_log(visitor, street)
    visitor.press("Go back to the service")
    assert visitor.page.url.startswith(street.url("tax"))


def test_a_link_to_a_sign_in_that_is_not_there_says_so(street: Street, visitor: Visitor) -> None:
    visitor.open(f"{street.issuer}j/{'a' * 43}/password")
    assert visitor.heading == "You cannot open this page directly"
    assert stands_in_the_log(visitor, street)


@pytest.fixture
def visitor_without_cookies(browser: Browser, tmp_path: Path) -> Iterator[Visitor]:
    """A person whose browser keeps no cookies at all."""
    program = chromium.find(whole=True)
    if program is None:
        pytest.skip("only the shell of Chromium is here, and it has no setting for cookies")
    settings = tmp_path / "profile" / "Default" / "Preferences"
    settings.parent.mkdir(parents=True)
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    settings.write_text(json.dumps(blocked))
    context = browser.browser_type.launch_persistent_context(
        settings.parents[1],
        executable_path=program,
        args=FLAGS,
        extra_http_headers={"X-Forwarded-For": own_address()},
    )
    try:
        yield Visitor(context, javascript=True)
    finally:
        context.close()


def test_s35_without_cookies_a_page_says_how_to_turn_them_on(
    street: Street, visitor_without_cookies: Visitor
) -> None:
    visitor = visitor_without_cookies
    set_out(visitor, street, "tax")
    assert visitor.context.cookies() == [], "this browser keeps cookies"
    assert visitor.heading == "Your browser is not keeping our cookies"
    assert visitor.page.locator("main ol li").count() == 4
    assert stands_in_the_log(visitor, street)
    assert len(visitor.visits) < 8, f"a loop: {visitor.visits}"
    visitor.open(f"{street.issuer}account")
    assert visitor.heading == "Your browser is not keeping our cookies"
