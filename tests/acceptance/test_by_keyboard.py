"""What the accessibility statement says of keyboards, and of reading without losing one's place."""

from tests.acceptance.keyboard import enter, reach
from tests.acceptance.walking import set_out
from tests.support.chromium import Visitor
from tests.support.servers import Street


def test_somebody_reads_with_a_keyboard_alone(street: Street, visitor: Visitor) -> None:
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
