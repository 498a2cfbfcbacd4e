"""What docs/accessibility.md says of every page, beyond what axe can find.

Walks by keyboard alone and without scripts, in a window at 400 %, in forced colours; what a screen
reader is told, in which order; what can be pasted and what browsers may fill in.
"""

import re

import pytest
from playwright.sync_api import ViewportSize

from tests.acceptance import showing
from tests.acceptance.test_by_keyboard import enter, reach
from tests.acceptance.walking import (
    NEXT_STEP,
    SIGNED_IN,
    choose_to_sign_in,
    code_from_mailbox,
    enter_code,
    enter_email,
    enter_password,
    go_through_the_check,
    set_out,
    sign_in,
    typed_key,
)
from tests.support.chromium import ROOT, Visitor
from tests.support.citizens import Citizen
from tests.support.servers import Street

ZOOMED: ViewportSize = {"width": 320, "height": 256}
"""A window of 1280 by 1024 at 400 %, in pixels of the page (WCAG 2.2, 1.4.10)."""
IN_WINDOW = """() => {
    const box = document.activeElement.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
}"""
AUTOCOMPLETE = {
    "create/email": ("email", "email"),
    "create/email-code": ("code", "one-time-code"),
    "create/password": ("password", "new-password"),
    "create/app": ("code", "one-time-code"),
    "email": ("email", "username"),
    "password": ("password", "current-password"),
    "code": ("code", "one-time-code"),
}


def page_of(visitor: Visitor) -> str:
    """Which page of a Journey is shown."""
    return re.sub(r".*/j/[^/]+/", "", visitor.page.url).partition("?")[0]


def test_an_account_is_created_with_a_keyboard_alone(street: Street, visitor: Visitor) -> None:
    citizen = Citizen(email="by.keyboard@example.com")
    visitor.open(f"{street.url('tax')}/")
    enter(visitor, "a[href='/sign-in']")
    enter(visitor, "main button[value=create]")
    enter(visitor, "[name=email]", citizen.email)
    code = code_from_mailbox(visitor, street, citizen.email)
    enter(visitor, "[name=code]", code)
    enter(visitor, "[name=password]", citizen.password)
    citizen.seed = typed_key(visitor)
    street.clock.move(NEXT_STEP)
    enter(visitor, "[name=code]", citizen.code(street.clock.now()))
    while page_of(visitor) == "create/recovery-codes":
        if visitor.page.locator("[name=saved]").count():
            reach(visitor, "[name=saved]")
            visitor.page.keyboard.press("Space")
        enter(visitor, "main form button[type=submit]:last-of-type")
    enter(visitor, "main a.govuk-button")
    assert visitor.heading == SIGNED_IN["tax"]


def test_details_are_shared_with_a_keyboard_alone(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    go_through_the_check(visitor)
    enter(visitor, "main form button")
    assert page_of(visitor) == "share"
    enter(visitor, "main button[value=share]")
    assert visitor.heading == SIGNED_IN["driving"]


def test_details_are_shared_without_scripts(
    street: Street, visitor_without_javascript: Visitor, citizen: Citizen
) -> None:
    visitor = visitor_without_javascript
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    go_through_the_check(visitor)
    visitor.submit()
    assert page_of(visitor) == "share"
    visitor.submit(0)
    assert visitor.heading == SIGNED_IN["driving"]


def test_somebody_signs_in_at_400_per_cent_and_sees_what_they_type(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    visitor.page.set_viewport_size(ZOOMED)
    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    enter_email(visitor, "")
    for field, text in (("email", citizen.email), ("password", citizen.password)):
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= ZOOMED["width"]
        visitor.page.locator(f"[name={field}]").focus()
        visitor.page.keyboard.type(text)
        assert visitor.page.evaluate(IN_WINDOW), f"nobody sees {field}"
        visitor.submit()
    enter_code(visitor, street, citizen)
    assert visitor.heading == SIGNED_IN["tax"]


def test_each_field_says_what_a_browser_may_fill_in(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    seen = {}

    def look() -> None:
        page = page_of(visitor)
        name, _ = AUTOCOMPLETE[page]
        field = visitor.page.locator(f"[name={name}]")
        seen[page] = (name, field.get_attribute("autocomplete"))
        assert field.get_attribute("maxlength") is None
        assert field.get_attribute("required") is None
        if name == "code":
            assert field.get_attribute("inputmode") == "numeric"

    newcomer = Citizen(email="filled.in@example.com")
    set_out(visitor, street, "tax")
    visitor.submit(0)
    look()
    enter_email(visitor, newcomer.email)
    look()
    visitor.fill("code", code_from_mailbox(visitor, street, newcomer.email))
    visitor.submit()
    look()
    enter_password(visitor, newcomer.password)
    look()
    visitor.context.clear_cookies()
    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    look()
    enter_email(visitor, citizen.email)
    look()
    enter_password(visitor, citizen.password)
    look()
    assert seen == AUTOCOMPLETE


def test_passwords_and_codes_can_be_pasted(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    def paste(field: str, text: str) -> None:
        visitor.page.evaluate(
            """text => {
                const source = document.createElement("textarea");
                document.body.append(source);
                source.value = text;
                source.select();
                document.execCommand("copy");
                source.remove();
            }""",
            text,
        )
        visitor.page.locator(f"[name={field}]").focus()
        visitor.page.keyboard.press("Control+V")
        assert visitor.page.locator(f"[name={field}]").input_value() == text

    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    paste("email", citizen.email)
    visitor.submit()
    paste("password", citizen.password)
    visitor.submit()
    street.clock.move(NEXT_STEP)
    code = citizen.code(street.clock.now())
    paste("code", f"{code[:3]} {code[3:]}")
    visitor.submit()
    assert visitor.heading == SIGNED_IN["tax"]


def test_a_screen_reader_is_told_the_error_before_the_field_and_with_it(
    street: Street, visitor: Visitor
) -> None:
    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    enter_email(visitor, "nobody at all")
    assert visitor.page.evaluate("document.activeElement.classList.contains('govuk-error-summary')")
    told = visitor.page.locator("body").aria_snapshot()
    order = [
        'link "Skip to main content"',
        "banner:",
        'navigation "Language"',
        "main:",
        "alert:",
        'heading "There is a problem"',
        'link "Enter an email address like name@example.com"',
        'heading "Enter your email address to sign in" [level=1]',
        'textbox "Email address"',
        'button "Continue"',
        "contentinfo:",
    ]
    places = [told.find(words) for words in order]
    assert -1 not in places, f"{order[places.index(-1)]} is not in {told}"
    assert places == sorted(places), told
    described = visitor.page.locator("[name=email]").get_attribute("aria-describedby") or ""
    words = [visitor.page.locator(f"#{each}").inner_text() for each in described.split()]
    assert "Error: Enter an email address like name@example.com" in " ".join(words).replace(
        "\n", " "
    )
    visitor.page.locator(".govuk-error-summary a").click()
    assert visitor.page.evaluate("document.activeElement.name") == "email"


@pytest.mark.parametrize("route", sorted(showing.ALL_ROUTES))
def test_every_page_has_a_row_in_the_document(route: str) -> None:
    document = (ROOT / "docs" / "accessibility.md").read_text()
    rows = [line for line in document.splitlines() if line.startswith(f"| `{route}` |")]
    assert len(rows) == 1, f"{len(rows)} rows for {route}"
    assert len([cell for cell in rows[0].split("|") if cell.strip()]) == 4, rows[0]
