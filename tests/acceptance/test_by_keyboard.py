"""What the accessibility statement says of keyboards, and of reading without losing one's place."""

from tests.acceptance.walking import NEXT_STEP, SIGNED_IN, set_out
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.servers import Street

MOST_STOPS = 40
LOOKS = """element => {
    const style = getComputedStyle(element);
    return [style.outline, style.boxShadow, style.backgroundColor, style.borderColor].join();
}"""


def reach(visitor: Visitor, selector: str) -> None:
    """Press Tab until what is focused matches `selector`; it must be seen to be focused."""
    for _ in range(MOST_STOPS):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("s => document.activeElement.matches(s)", selector):
            break
    else:
        raise AssertionError(f"no Tab leads to {selector} on {visitor.page.url}")
    focused = visitor.page.evaluate(f"({LOOKS})(document.activeElement)")
    visitor.page.evaluate("document.activeElement.blur()")
    reached = visitor.page.locator(selector).first
    assert reached.evaluate(LOOKS) != focused, f"nobody sees that {selector} is focused"
    reached.focus()


def enter(visitor: Visitor, selector: str, text: str = "") -> None:
    """Reach `selector`, type there, and press Enter."""
    reach(visitor, selector)
    if text:
        visitor.page.keyboard.type(text)
    with visitor.page.expect_navigation(wait_until="load"):
        visitor.page.keyboard.press("Enter")
    visitor.look()


def test_somebody_signs_in_and_reads_with_a_keyboard_alone(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    visitor.open(f"{street.url('tax')}/")
    enter(visitor, "a[href='/sign-in']")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.matches('.govuk-skip-link')")
    enter(visitor, "main button[value=sign_in]")
    enter(visitor, "[name=email]", "nobody at all")
    assert visitor.page.evaluate("document.activeElement.matches('.govuk-error-summary')")
    visitor.page.locator("[name=email]").fill("")
    enter(visitor, "[name=email]", citizen.email)
    enter(visitor, "[name=password]", citizen.password)
    street.clock.move(NEXT_STEP)
    enter(visitor, "[name=code]", citizen.code(street.clock.now()))
    assert visitor.heading == SIGNED_IN["tax"]
    visitor.open(f"{street.issuer}support")
    for path in ("accessibility", "cookies", "terms", "privacy", "support"):
        enter(visitor, f"footer a[href='/{path}']")
        assert visitor.page.url.endswith(f"/{path}")
    visitor.open(f"{street.issuer}service-teams")
    reach(visitor, "pre")


def test_terms_are_read_in_a_tab_of_their_own(street: Street, visitor: Visitor) -> None:
    set_out(visitor, street, "tax")
    visitor.submit(0)
    visitor.fill("email", "half.typed@example")
    with visitor.context.expect_page() as opened:
        visitor.page.locator("footer a", has_text="Terms of use").click()
    terms = opened.value
    terms.wait_for_load_state()
    assert terms.locator("h1").inner_text() == "Terms of use"
    assert terms.evaluate("window.opener") is None
    terms.close()
    assert visitor.page.locator("[name=email]").input_value() == "half.typed@example"
