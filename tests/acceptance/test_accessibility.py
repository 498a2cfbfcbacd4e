"""What docs/accessibility.md says of every page, beyond what axe can find.

A window at 400 %; what a screen reader is told, in which order; what can be pasted and what
browsers may fill in; and that the document has every page once, with what was done on it. Whole
journeys by keyboard alone and without JavaScript are walked in `test_whole_journeys.py`.
"""

import re

import pytest

from tests.acceptance import showing
from tests.acceptance.examining import ZOOMED
from tests.acceptance.keyboard import go, reach
from tests.acceptance.shown import JOURNEY
from tests.acceptance.walking import (
    NEXT_STEP,
    SIGNED_IN,
    choose_to_sign_in,
    code_from_mailbox,
    enter_email,
    enter_password,
    set_out,
)
from tests.acceptance.whole_journeys import WHOLE, come_to_code, is_told_of_the_mistake
from tests.support.chromium import ROOT, Visitor
from tests.support.citizens import Citizen
from tests.support.servers import Street

BY_KEYBOARD = {
    *(f"/{page}" for page in ("accessibility", "cookies", "privacy", "service-teams", "support")),
    "/terms",
    f"{JOURNEY}/passkey-offer",
}
"""What other tests than the whole journeys walk by keyboard alone."""
IN_SIGHT = """() => {
    const box = document.activeElement.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight;
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


def test_what_one_types_is_in_sight_at_400_per_cent(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    """Of every field on every page `examining` says that it comes into sight; here it stays."""
    visitor.page.set_viewport_size(ZOOMED)
    come_to_code(visitor, street, citizen)
    reach(visitor, "[name=code]")
    visitor.page.keyboard.type("12 34")
    assert visitor.page.evaluate(IN_SIGHT), "nobody sees what is typed"
    go(visitor, "Enter")
    is_told_of_the_mistake(visitor, "code")
    assert visitor.page.evaluate(IN_SIGHT), "nobody sees where the summary leads"


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


def rows() -> dict[str, list[list[str]]]:
    """The document's rows, each as its cells, by page."""
    found: dict[str, list[list[str]]] = {}
    for line in (ROOT / "docs" / "accessibility.md").read_text().splitlines():
        if line.startswith("| `"):
            page, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            found.setdefault(page.strip("`"), []).append(cells)
    return found


def test_every_page_that_is_shown_has_one_row_in_the_document_and_no_other_has() -> None:
    found = rows()
    assert set(found) == showing.ALL_ROUTES
    assert {page: len(each) for page, each in found.items() if len(each) != 1} == {}


def test_every_row_says_when_it_was_looked_at_how_and_what_was_changed() -> None:
    for page, [cells] in rows().items():
        date, how, changed = cells
        assert re.fullmatch(r"\d{1,2} [A-Z][a-z]+ 20\d\d", date), page
        assert how.startswith("every page’s"), page
        assert changed, page


@pytest.mark.parametrize("means", ["keyboard alone", "without scripts"])
def test_the_document_says_which_pages_the_whole_journeys_walk(means: str) -> None:
    walked = frozenset().union(*(whole.pages for whole in WHOLE.values()))
    said = {page for page, [cells] in rows().items() if means in cells[1].split("; ")}
    elsewhere = BY_KEYBOARD if means == "keyboard alone" else set()
    assert said == walked | elsewhere
