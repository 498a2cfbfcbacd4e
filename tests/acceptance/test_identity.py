"""Proving who one is, in a real browser, at a department that checks what it gets."""

from playwright.sync_api import expect

from tests.acceptance.walking import (
    SIGNED_IN,
    go_through_the_check,
    path_in_journey,
    posts_to_onepass,
    prove_identity,
    set_out,
    sign_in,
)
from tests.support.chromium import Visitor
from tests.support.citizens import Citizen
from tests.support.servers import Street

SHOWN = (
    "Nia Eleri Roberts",
    "14 February 1987",
    "14 Heol y Bont",
    "Aberystwyth",
    "ROBER852147NE9AA",
    "13 March 2032",
)


def test_the_department_shows_who_we_are_and_how_it_knows(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    prove_identity(visitor)
    assert visitor.heading == SIGNED_IN["driving"]
    assert [words for words in SHOWN if words not in visitor.text] == []
    assert "We checked the proof of your identity" in visitor.text
    assert "Onepass is as sure of who you are as we asked" in visitor.text
    assert visitor.page.locator(".dept-check--failed").count() == 0
    assert visitor.page.locator(".dept-check").count() == 30
    visitor.open(f"{visitor.page.url}?lng=cy")
    assert "14 Chwefror 1987" in visitor.text
    assert "Gwnaethom wirio’r prawf o bwy ydych chi" in visitor.text


def test_the_second_time_we_only_look_whether_it_is_still_right(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    prove_identity(visitor)
    before = len(visitor.visits)
    visitor.open(f"{street.url('driving')}/sign-in")
    assert visitor.heading == "Check your details"
    visitor.press("These details are right")
    assert visitor.heading == SIGNED_IN["driving"]
    posted = [path_in_journey(visit) for visit in posts_to_onepass(visitor, before)]
    assert posted == ["prove/details"]


def test_s12_who_does_not_share_goes_back_without_a_code(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    go_through_the_check(visitor)
    visitor.submit()
    assert visitor.heading == "What “Renew your driving licence” will get"
    visitor.press("Do not share")
    assert visitor.page.url.startswith(f"{street.url('driving')}/callback?error=access_denied")
    assert "state=" in visitor.page.url
    assert visitor.heading == "You did not sign in"
    # Nothing was agreed to, so the next time we are asked again.
    set_out(visitor, street, "driving")
    visitor.press("These details are right")
    assert visitor.page.url.endswith("/share")


def test_a_check_that_fails_is_told_to_the_department_by_its_letter(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    go_through_the_check(visitor, ending="not_matched")
    assert visitor.heading == "We could not confirm your identity"
    visitor.submit(0)
    assert "The letter B" in visitor.text
    visitor.submit(0)
    assert visitor.heading == "Onepass could not prove who you are"
    assert "What Onepass said: B" in visitor.text


def wait_for_a_result(visitor: Visitor, street: Street) -> None:
    set_out(visitor, street, "driving")
    visitor.submit(0)
    visitor.choose("person", "declan")
    visitor.fill("delay", "60")
    visitor.submit()
    assert visitor.heading == "Returning you to Renew your driving licence"
    assert "waiting for the result" in visitor.page.get_by_role("status").inner_text()


def test_the_page_that_waits_goes_on_by_itself(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    wait_for_a_result(visitor, street)
    street.clock.move(60)
    expect(visitor.page.locator("h1")).to_have_text("You have proved your identity")
    visitor.look()


def test_without_javascript_we_go_on_ourselves(
    street: Street, visitor_without_javascript: Visitor, citizen: Citizen
) -> None:
    visitor = visitor_without_javascript
    sign_in(visitor, street, "tax", citizen)
    wait_for_a_result(visitor, street)
    visitor.press("Continue")
    assert visitor.heading == "Returning you to Renew your driving licence"
    street.clock.move(60)
    visitor.press("Continue")
    assert visitor.heading == "You have proved your identity"
    visitor.submit()
    visitor.submit(0)
    assert visitor.heading == SIGNED_IN["driving"]
    assert "Declan Ó Néill" in visitor.text


def test_back_after_sharing_says_that_it_is_over(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    go_through_the_check(visitor)
    visitor.submit()
    share = visitor.page.url
    visitor.submit(0)
    assert visitor.heading == SIGNED_IN["driving"]
    for _ in range(3):
        visitor.page.go_back()
        if visitor.page.url == share:
            break
    assert visitor.page.url == share
    assert visitor.heading == "You have already finished here"


def test_a_second_click_is_no_second_answer(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "driving")
    go_through_the_check(visitor)
    visitor.submit()
    before = len(visitor.visits)
    visitor.page.get_by_role("button", name="Continue", exact=True).dblclick()
    visitor.page.wait_for_url(f"{street.url('driving')}/account")
    visitor.look()
    assert visitor.heading == SIGNED_IN["driving"]
    assert len(posts_to_onepass(visitor, before)) == 1
