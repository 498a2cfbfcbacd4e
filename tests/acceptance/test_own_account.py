"""The numbered scenarios about one's own account, one test each, and walks through all of it."""

import json
import re
from collections.abc import Iterator

import pytest
import requests
import sqlalchemy as sa
from playwright.sync_api import Browser

from idp.domain import accounts, audit_verification, disclosures
from idp.domain.accounts import Account
from idp.domain.activity_reports import ActivityReport
from idp.domain.grants import Grant
from idp.domain.sessions import BrowserSession
from idp.protocol.identity_claims import ADDRESS
from tests.acceptance.walking import (
    SIGNED_IN,
    choose_to_sign_in,
    code_from_mailbox,
    enter_code,
    enter_email,
    enter_password,
    mails,
    set_out,
    sign_in,
)
from tests.support.addresses import own_address
from tests.support.building import register
from tests.support.chromium import Visitor, visiting
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street

NAMES = {"tax": "Check your tax account", "library": "Reserve a library book"}


@pytest.fixture
def other_visitor(browser: Browser) -> Iterator[Visitor]:
    """The same person on another device."""
    with visiting(browser, address=own_address()) as visitor:
        yield visitor


@pytest.fixture
def third(browser: Browser) -> Iterator[Visitor]:
    """The same person on a third device."""
    with visiting(browser, address=own_address()) as visitor:
        yield visitor


def own(street: Street, page: str = "") -> str:
    """The address of a page of the account."""
    return f"{street.issuer}account{page}"


def come_to(visitor: Visitor, street: Street, citizen: Citizen, page: str) -> None:
    """Open a page of the account that has to be confirmed, and confirm it."""
    visitor.open(own(street, page))
    assert visitor.heading.startswith("Enter your password"), visitor.heading
    enter_password(visitor, citizen.password)
    if visitor.page.url.endswith("/code"):
        enter_code(visitor, street, citizen)
    assert visitor.page.url == own(street, page)


def listed(visitor: Visitor) -> list[str]:
    """The services on the page, in their order."""
    return visitor.page.locator(".onepass-card h2").all_inner_texts()


def access_token(street: Street, visitor: Visitor, party: RelyingParty) -> str:
    """An access token, got in the visitor's browser session without a page."""
    cookies = {
        str(cookie["name"]): str(cookie["value"])
        for cookie in visitor.context.cookies(street.issuer)
    }
    asked = party.ask()
    answer = requests.get(party.url(asked), cookies=cookies, allow_redirects=False, timeout=10)
    code = party.answer(asked, answer.headers.get("Location"))["code"]
    form = party.token_form(asked, code, street.clock.now())
    token: str = requests.post(f"{street.issuer}token", data=form, timeout=10).json()[
        "access_token"
    ]
    return token


def userinfo(street: Street, token: str) -> int:
    """How the provider answers who asks with this token."""
    return requests.get(
        f"{street.issuer}userinfo", headers={"Authorization": f"Bearer {token}"}, timeout=10
    ).status_code


def test_s41_home_lists_the_services_used_with_dates_newest_first(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    street.clock.move(60)
    set_out(visitor, street, "library")
    assert visitor.heading == SIGNED_IN["library"]
    visitor.open(own(street))
    assert listed(visitor) == [NAMES["library"], NAMES["tax"]]
    assert len(re.findall(r"Last opened on \d{1,2} \w+ \d{4}", visitor.text)) == 2
    street.clock.move(60)
    visitor.open(f"{street.url('tax')}/sign-in")
    visitor.open(own(street))
    assert listed(visitor) == [NAMES["tax"], NAMES["library"]]
    visitor.press(NAMES["library"])
    assert visitor.page.url.startswith(street.url("library"))


def test_s42_a_new_address_counts_from_its_code_on_both_are_told_and_the_subject_stays(
    street: Street, visitor: Visitor, other_visitor: Visitor, third: Visitor, citizen: Citizen
) -> None:
    new, old = f"new.{citizen.email}", citizen.email
    sign_in(visitor, street, "tax", citizen)
    come_to(visitor, street, citizen, "/email")
    enter_email(visitor, new)
    assert visitor.heading == "Check your email"
    sign_in(other_visitor, street, "tax", citizen)
    visitor.fill("code", code_from_mailbox(visitor, street, new))
    visitor.submit()
    assert visitor.heading == "Your email address is changed"
    assert mails(street, old)[0]["kind"] == "email_changed_from"
    assert mails(street, new)[0]["kind"] == "email_changed_to"
    set_out(third, street, "tax")
    choose_to_sign_in(third)
    enter_email(third, old)
    enter_password(third, citizen.password)
    assert third.page.url.endswith("/password"), "the old address still works"
    citizen.email = new
    sign_in(third, street, "tax", citizen)
    with street.records() as session:
        subjects = sa.select(Grant.subject).where(Grant.account_id == citizen.account_id)
        assert len(session.scalars(subjects).all()) == 3
        assert len(session.scalars(subjects.distinct()).all()) == 1


def test_s44_a_report_has_a_number_and_a_second_one_shows_the_first(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    visitor.open(own(street, "/history"))
    visitor.page.locator("main a[href*='/account/history/']").first.click()
    visitor.page.wait_for_url("**/account/history/*")
    reported = visitor.page.url
    visitor.submit()
    assert visitor.heading == "We have your report"
    with street.records() as session:
        of_account = ActivityReport.account_id == citizen.account_id
        number = session.scalars(sa.select(ActivityReport.number).where(of_account)).one()
    assert number in visitor.text
    [mail] = [mail for mail in mails(street, citizen.email) if mail["kind"] == "activity_reported"]
    assert number in mail["body"]
    visitor.open(reported)
    assert number in visitor.text
    assert visitor.page.locator("main form").count() == 0
    visitor.open(own(street, "/history"))
    assert "You reported this on" in visitor.text


def test_s45_signing_out_everywhere_ends_both_devices_and_every_token(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    with street.records() as session:
        party = register(session, street.services, RelyingParty(street.issuer))
    sign_in(visitor, street, "tax", citizen)
    sign_in(other_visitor, street, "tax", citizen)
    tokens = [access_token(street, each, party) for each in (visitor, other_visitor)]
    assert [userinfo(street, token) for token in tokens] == [200, 200]
    come_to(visitor, street, citizen, "/sign-out-everywhere")
    visitor.submit()
    assert visitor.heading == "You are signed out everywhere"
    assert [userinfo(street, token) for token in tokens] == [401, 401]
    for each in (visitor, other_visitor):
        each.open(own(street))
        assert each.page.url.endswith("/start"), "a device is still signed in"
    assert "signed_out_everywhere" in [mail["kind"] for mail in mails(street, citizen.email)]
    other_visitor.open(f"{street.url('tax')}/")
    assert SIGNED_IN["tax"] != other_visitor.heading, "the service was not told"


def test_s46_a_deleted_account_is_as_if_it_had_never_been_and_the_record_holds(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    set_out(visitor, street, "library")
    come_to(visitor, street, citizen, "/delete")
    names = visitor.page.locator("main ul.govuk-list--bullet li").all_inner_texts()
    assert names == [NAMES["tax"], NAMES["library"]]
    visitor.submit()
    assert visitor.heading == "Your account is deleted"
    assert mails(street, citizen.email)[0]["kind"] == "account_deleted"
    visitor.open(own(street))
    assert visitor.page.url.endswith("/start")
    answers = []
    for email in (citizen.email, "nobody.at.all@example.com"):
        set_out(other_visitor, street, "tax")
        choose_to_sign_in(other_visitor)
        enter_email(other_visitor, email)
        enter_password(other_visitor, citizen.password)
        words = other_visitor.page.locator("main").inner_text()
        answers.append((other_visitor.page.url.rpartition("/")[2], words.replace(email, "")))
    assert answers[0] == answers[1]
    with street.records() as session:
        assert accounts.find_by_email(session, citizen.email) is None
        assert session.get(Account, citizen.account_id) is None
        verdict = audit_verification.verify(session, street.services)
        assert verdict.holds, verdict.broken
        assert verdict.entries > 0


def test_s47_the_copy_of_ones_data_has_what_was_shared_and_done_and_no_secret(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    with street.records() as session:
        disclosures.share(
            session,
            account_id=citizen.account_id,
            client_id="a service",
            claims=[ADDRESS],
            now=street.clock.now(),
        )
    come_to(visitor, street, citizen, "/data")
    assert citizen.email in visitor.text
    assert "Service opened" in visitor.text
    with visitor.page.expect_download() as download:
        visitor.page.locator("main form button").click()
    assert download.value.suggested_filename == "onepass-account.json"
    words = download.value.path().read_text()
    copy = json.loads(words)
    assert [each["claim"] for each in copy["shared_with_services"]] == [ADDRESS]
    opened = next(each for each in copy["activity"] if each["what"] == "code_issued")
    assert opened["service"] == NAMES["tax"]
    with street.records() as session:
        account = session.get_one(Account, citizen.account_id)
        of_account = BrowserSession.account_id == account.id
        secrets = [account.password_hash, account.subject_salt, citizen.seed, citizen.password]
        secrets += session.scalars(sa.select(BrowserSession.cookie_hash).where(of_account)).all()
    assert [secret for secret in secrets if secret in words or secret in visitor.text] == []
