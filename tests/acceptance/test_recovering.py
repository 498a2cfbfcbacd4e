"""The numbered scenarios about locks, new passwords and lost devices, one test each."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from idp.domain import accounts
from idp.domain.accounts import Account
from idp.domain.throttles import LIMITS, Kind, Throttle, subject_hash
from tests.acceptance.walking import (
    NEXT_STEP,
    SIGNED_IN,
    choose_to_sign_in,
    code_from_mailbox,
    enter_code,
    enter_email,
    enter_password,
    set_out,
)
from tests.support.addresses import own_address
from tests.support.chromium import Visitor, visiting
from tests.support.citizens import Citizen
from tests.support.servers import Street

WRONG = "not this password at all"
NEW = "velvet tractor seventeen"
TWO_HOURS = 7200
JUST, STILL = "You have tried too many times", "You cannot sign in at the moment"


@pytest.fixture
def other_visitor(browser: Browser) -> Iterator[Visitor]:
    """A person in another browser."""
    with visiting(browser, address=own_address()) as visitor:
        yield visitor


def come_to_password(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    set_out(visitor, street, "tax")
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)


def come_to_code(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    come_to_password(visitor, street, citizen)
    enter_password(visitor, citizen.password)


def lock_by_password(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    come_to_password(visitor, street, citizen)
    for _ in range(6):
        enter_password(visitor, WRONG)


def ask_for_reset(visitor: Visitor, street: Street, citizen: Citizen, link: str) -> None:
    """Press the link, have the code sent and type it."""
    visitor.press(link)
    visitor.submit()
    assert visitor.heading == "Check your email"
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()


def tries(street: Street, kind: Kind, subject: str) -> int | None:
    with street.records() as session:
        found = session.get(Throttle, (kind.value, subject_hash(subject)))
        return found.tries if found else None


def test_s15_the_sixth_wrong_password_locks_and_two_ways_out_are_told(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    come_to_password(visitor, street, citizen)
    for _ in range(5):
        enter_password(visitor, WRONG)
        assert visitor.page.url.endswith("/password")
    enter_password(visitor, WRONG)
    assert visitor.heading == JUST
    assert visitor.page.get_by_role("link", name="reset your password").count() == 1
    assert "wait, and try again after" in visitor.text
    come_to_password(visitor, street, citizen)
    enter_password(visitor, citizen.password)
    assert visitor.heading == STILL


def test_s16_a_reset_with_both_codes_lifts_the_lock_and_signs_in(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    lock_by_password(visitor, street, citizen)
    ask_for_reset(visitor, street, citizen, "reset your password")
    enter_code(visitor, street, citizen)
    enter_password(visitor, NEW)
    assert visitor.heading == SIGNED_IN["tax"]
    come_to_password(other_visitor, street, citizen)
    enter_password(other_visitor, citizen.password)
    assert other_visitor.page.url.endswith("/password"), "the old password was accepted"
    enter_password(other_visitor, NEW)
    enter_code(other_visitor, street, citizen)
    assert other_visitor.heading == SIGNED_IN["tax"]


def test_s17_six_wrong_codes_lock_in_every_browser_also_after_the_right_password(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    come_to_code(visitor, street, citizen)
    for _ in range(6):
        visitor.fill("code", citizen.wrong_code(street.clock.now()))
        visitor.submit()
    assert visitor.heading == JUST
    come_to_code(other_visitor, street, citizen)
    assert other_visitor.heading == STILL


def test_s18_when_the_lock_is_over_signing_in_works_and_the_counters_are_at_zero(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    come_to_code(visitor, street, citizen)
    for _ in range(6):
        visitor.fill("code", citizen.wrong_code(street.clock.now()))
        visitor.submit()
    lock_by_password(other_visitor, street, citizen)
    street.clock.move(TWO_HOURS - 10)
    come_to_code(other_visitor, street, citizen)
    assert other_visitor.heading == STILL
    street.clock.move(11)
    come_to_code(other_visitor, street, citizen)
    enter_code(other_visitor, street, citizen)
    assert other_visitor.heading == SIGNED_IN["tax"]
    assert tries(street, Kind.PASSWORD, citizen.email) is None
    assert tries(street, Kind.APP_CODE, citizen.account_id) is None


def test_s20_two_browsers_that_post_the_last_try_at_once_are_both_locked_out(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    come_to_code(visitor, street, citizen)
    come_to_code(other_visitor, street, citizen)
    wrong = citizen.wrong_code(street.clock.now())
    for _ in range(5):
        visitor.fill("code", wrong)
        visitor.submit()
    for each in (visitor, other_visitor):
        each.fill("code", wrong)
    # Neither waits for the other: both posts are on their way before either is answered.
    for each in (visitor, other_visitor):
        each.page.evaluate("setTimeout(() => document.querySelector('main form').submit(), 0)")
    for each in (visitor, other_visitor):
        each.page.wait_for_url("**/locked")
    headings = sorted(each.page.locator("h1").inner_text() for each in (visitor, other_visitor))
    assert headings == sorted([JUST, STILL])
    assert tries(street, Kind.APP_CODE, citizen.account_id) == LIMITS[Kind.APP_CODE].tries


def test_s21_the_mailbox_alone_does_not_set_a_password(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    with street.records() as session:
        before = session.get_one(Account, citizen.account_id).password_hash
    come_to_password(visitor, street, citizen)
    ask_for_reset(visitor, street, citizen, "I have forgotten my password")
    factor = visitor.page.url
    assert factor.endswith("/reset/second-factor")
    for path in ("password", "request", "email-code", "required"):
        visitor.open(re.sub(r"[\w-]+$", path, factor))
        assert not visitor.page.locator("[name=password]").count(), path
    visitor.open(factor)
    for _ in range(6):
        visitor.fill("code", citizen.wrong_code(street.clock.now()))
        visitor.submit()
    assert visitor.heading == JUST
    with street.records() as session:
        assert session.get_one(Account, citizen.account_id).password_hash == before


def test_s23_who_was_never_proved_waits_and_a_sign_in_ends_the_wait(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    come_to_code(visitor, street, citizen)
    visitor.press("I cannot use my app")
    assert "7 days" in visitor.text
    visitor.submit()
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    assert visitor.heading == "You need to wait before you can set up a new app"
    come_to_code(other_visitor, street, citizen)
    enter_code(other_visitor, street, citizen)
    assert other_visitor.heading == SIGNED_IN["tax"]
    street.work()
    other_visitor.open(f"{street.issuer}mailbox?to={citizen.email}")
    assert "Getting back into your Onepass account was stopped" in other_visitor.text
    street.clock.move(7 * 86_400)
    come_to_code(visitor, street, citizen)
    visitor.press("I cannot use my app")
    assert visitor.heading == "Check if you can change how you get codes"


def test_s24_a_common_password_is_replaced_after_the_code_and_before_returning(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    citizen.password = "Basketball99"
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.password_hash = street.services.hasher.hash(citizen.password)
    come_to_code(visitor, street, citizen)
    assert visitor.page.url.endswith("/code")
    street.clock.move(NEXT_STEP)
    visitor.fill("code", citizen.code(street.clock.now()))
    visitor.submit()
    assert visitor.heading == "Set a new password"
    assert "too easy to guess" in visitor.text
    enter_password(visitor, citizen.password)
    assert visitor.page.title().startswith("Error: ")
    enter_password(visitor, NEW)
    assert visitor.heading == SIGNED_IN["tax"]
