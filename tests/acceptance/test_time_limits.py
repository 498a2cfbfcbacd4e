"""A page that will end says so in time, in words and aloud, and gives more time at one press.

The browser's clock is Playwright's and the provider's is the street's; both are moved.
"""

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.walking import (
    SIGNED_IN,
    choose_to_sign_in,
    enter_code,
    enter_email,
    enter_password,
    set_out,
    sign_in,
)
from tests.support.chromium import Visitor, axe_violations
from tests.support.citizens import Citizen
from tests.support.servers import Street

HOUR = 3600
WARNED = HOUR - 300


def let_pass(visitor: Visitor, street: Street, seconds: int) -> None:
    """Let `seconds` pass for everybody."""
    street.clock.move(seconds)
    visitor.page.clock.fast_forward(seconds * 1000)


@pytest.fixture
def at_the_email(street: Street, visitor: Visitor) -> Page:
    """The page that asks for the email address, half filled in."""
    visitor.page.clock.install(time=street.clock.now() * 1000)
    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    visitor.fill("email", "half typed")
    return visitor.page


def test_s34_a_warning_comes_before_the_end_with_a_way_to_stay_and_a_page_after_it(
    street: Street, visitor: Visitor, citizen: Citizen, at_the_email: Page
) -> None:
    dialog = at_the_email.get_by_role("dialog")
    let_pass(visitor, street, WARNED - 10)
    assert not dialog.is_visible(), "the warning came too early"
    let_pass(visitor, street, 11)
    assert dialog.is_visible()
    assert dialog.get_by_role("heading").inner_text() == "Your time is nearly up"
    with at_the_email.expect_response("**/stay") as asked:
        dialog.get_by_role("button").click()
    assert asked.value.status == 200
    expect(dialog).to_be_hidden()
    assert at_the_email.locator("[name=email]").input_value() == "half typed"
    let_pass(visitor, street, WARNED - 10)
    assert not dialog.is_visible(), "no time was given"
    enter_email(visitor, citizen.email)
    with at_the_email.expect_navigation():
        let_pass(visitor, street, HOUR)
    assert visitor.heading == "This sign-in has expired"
    assert visitor.page.locator("main a", has_text="Go back to the service").count() == 1


def test_escape_stays_and_the_warning_holds_the_focus(
    street: Street, visitor: Visitor, at_the_email: Page
) -> None:
    at_the_email.locator("[name=email]").focus()
    let_pass(visitor, street, WARNED + 1)
    inside = (
        "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
    )
    assert at_the_email.evaluate("!!document.activeElement.closest('dialog')"), "no focus"
    for _ in range(5):
        at_the_email.keyboard.press("Tab")
        assert at_the_email.evaluate(inside), "the page behind the warning was reached"
    with at_the_email.expect_response("**/stay"):
        at_the_email.keyboard.press("Escape")
    expect(at_the_email.get_by_role("dialog")).to_be_hidden()
    assert at_the_email.evaluate("document.activeElement.name") == "email", "the focus was lost"


def test_the_time_left_is_said_each_minute_and_at_the_end_each_quarter(
    street: Street, visitor: Visitor, at_the_email: Page
) -> None:
    status = at_the_email.get_by_role("dialog").get_by_role("status")
    let_pass(visitor, street, WARNED + 1)
    said = [status.inner_text()]
    for _ in range(298):
        let_pass(visitor, street, 1)
        if status.inner_text() != said[-1]:
            said.append(status.inner_text())
    minutes = [f"Time left: {n} minutes" for n in (5, 4, 3, 2)]
    assert said == [
        *minutes,
        "Time left: 1 minute",
        *(f"Time left: {n} seconds" for n in (45, 30, 15)),
    ]


def test_the_warning_is_accessible_in_both_languages(
    street: Street, visitor: Visitor, at_the_email: Page
) -> None:
    for heading in ("Your time is nearly up", "Mae eich amser bron ar ben"):
        at_the_email.set_viewport_size({"width": 320, "height": 700})
        let_pass(visitor, street, WARNED + 1)
        assert at_the_email.get_by_role("dialog").get_by_role("heading").inner_text() == heading
        assert at_the_email.evaluate("document.documentElement.scrollWidth") <= 320
        assert axe_violations(at_the_email) == []
        with at_the_email.expect_response("**/stay"):
            at_the_email.get_by_role("dialog").get_by_role("button").click()
        visitor.open(f"{at_the_email.url.split('?')[0]}?lng=cy")


def test_without_a_network_the_warning_stays_to_be_tried_again(
    street: Street, visitor: Visitor, at_the_email: Page
) -> None:
    let_pass(visitor, street, WARNED + 1)
    stay = at_the_email.get_by_role("dialog").get_by_role("button")
    at_the_email.route("**/stay", lambda route: route.abort())
    with at_the_email.expect_event("requestfailed"):
        stay.click()
    assert stay.is_visible()
    at_the_email.unroute("**/stay")
    with at_the_email.expect_response("**/stay"):
        stay.click()
    expect(stay).to_be_hidden()


def test_ones_own_pages_warn_before_one_is_signed_out(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    visitor.page.clock.install(time=street.clock.now() * 1000)
    visitor.open(f"{street.issuer}account")
    dialog = visitor.page.get_by_role("dialog")
    let_pass(visitor, street, WARNED + 1)
    assert dialog.get_by_role("button").inner_text() == "Stay signed in"
    with visitor.page.expect_response("**/stay"):
        dialog.get_by_role("button").click()
    expect(dialog).to_be_hidden()
    with visitor.page.expect_navigation():
        let_pass(visitor, street, HOUR + 60)
    assert "/j/" in visitor.page.url, "nobody is signed in any more"


def test_without_javascript_the_page_says_its_end_and_has_a_button(
    street: Street, visitor_without_javascript: Visitor, citizen: Citizen
) -> None:
    visitor = visitor_without_javascript
    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    assert "to finish. After that you have to start again." in visitor.text
    for _ in range(2):
        street.clock.move(HOUR - 60)
        visitor.press("Get more time")
        assert visitor.page.url.endswith("/email")
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    assert visitor.heading == SIGNED_IN["tax"]
