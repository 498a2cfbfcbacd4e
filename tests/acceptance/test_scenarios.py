"""The numbered scenarios of citizens that this house can already play, one test each."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser

from idp.domain import accounts, authenticator_apps
from tests.acceptance.walking import (
    SIGNED_IN,
    choose_to_sign_in,
    code_from_mailbox,
    enter_code,
    enter_email,
    enter_password,
    posts_to_onepass,
    set_out,
    sign_in,
    typed_key,
)
from tests.support.addresses import own_address
from tests.support.building import register
from tests.support.chromium import Visitor, visiting
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street

WRONG = "not this password at all"
TWO_HOURS = 7200


class Service(BaseHTTPRequestHandler):
    """The service that people come back to: one plain page, whatever is asked."""

    def do_GET(self) -> None:
        """Show it."""
        page = b"<!doctype html><html lang=en><title>Service</title><h1>Back at the service</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """Where that service lives, on a site of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://service.localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def party(street: Street, service: str) -> RelyingParty:
    """A service that asks for whatever a test wants it to ask."""
    with street.records() as session:
        return register(session, street.services, RelyingParty(street.issuer, home=service))


@pytest.fixture
def other_visitor(browser: Browser) -> Iterator[Visitor]:
    """A person in another browser."""
    with visiting(browser, address=own_address()) as visitor:
        yield visitor


def begin_account(visitor: Visitor, street: Street, citizen: Citizen) -> None:
    set_out(visitor, street, "driving")
    visitor.submit(0)
    enter_email(visitor, citizen.email)


def begin_sign_in(visitor: Visitor, street: Street, citizen: Citizen, slug: str = "tax") -> None:
    set_out(visitor, street, slug)
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)


def newcomer(name: str) -> Citizen:
    return Citizen(email=f"{name}@newcomers.example.com")


def test_s01_and_s02_a_code_is_mailed_and_taken_however_it_is_spaced(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("s02")
    begin_account(visitor, street, citizen)
    assert citizen.email in visitor.text
    code = code_from_mailbox(visitor, street, citizen.email)
    visitor.fill("code", f" {code[:2]} {code[2:4]} {code[4:]} ")
    visitor.submit()
    assert visitor.page.url.endswith("/create/password")


def test_s03_after_six_wrong_email_codes_a_new_one_goes_on_without_waiting(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("s03")
    begin_account(visitor, street, citizen)
    first = code_from_mailbox(visitor, street, citizen.email)
    wrong = "000000" if first != "000000" else "111111"
    for _ in range(6):
        visitor.fill("code", wrong)
        visitor.submit()
    visitor.fill("code", first)
    visitor.submit()
    assert visitor.page.url.endswith("/create/email-code"), "the code was still good"
    visitor.open(visitor.page.url.replace("email-code", "email-resend"))
    visitor.submit()
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    assert visitor.page.url.endswith("/create/password")


def test_s05_an_address_that_has_an_account_is_not_given_away(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    begin_account(visitor, street, citizen)
    known = visitor.text.replace(citizen.email, "ADDRESS")
    assert visitor.page.url.endswith("/create/email-code")
    begin_account(visitor, street, newcomer("s05"))
    assert visitor.text.replace(newcomer("s05").email, "ADDRESS") == known


def test_s06_a_common_password_is_refused_where_the_person_looks(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("s06")
    begin_account(visitor, street, citizen)
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    enter_password(visitor, "password123")
    assert visitor.page.title().startswith("Error: ")
    summary = visitor.page.locator(".govuk-error-summary")
    assert summary.get_attribute("data-govuk-error-summary-init") is not None
    assert visitor.page.evaluate(
        "document.activeElement.classList.contains('govuk-error-summary')"
    ), "the summary has no focus"
    assert visitor.page.locator("[name=password]").input_value() == ""


def test_s07_to_s09_an_account_is_finished_in_another_browser_and_has_no_app_before(
    street: Street, visitor: Visitor, other_visitor: Visitor
) -> None:
    citizen = newcomer("s07")
    begin_account(visitor, street, citizen)
    visitor.fill("code", code_from_mailbox(visitor, street, citizen.email))
    visitor.submit()
    enter_password(visitor, citizen.password)
    assert visitor.page.url.endswith("/create/app")

    begin_sign_in(other_visitor, street, citizen)
    enter_password(other_visitor, citizen.password)
    assert other_visitor.page.url.endswith("/create/app"), other_visitor.heading
    citizen.seed = typed_key(other_visitor)
    other_visitor.fill("code", citizen.wrong_code(street.clock.now()))
    other_visitor.submit()
    assert typed_key(other_visitor) == citizen.seed, "a wrong code changed the key"
    with street.records() as session:
        account = accounts.find_by_email(session, citizen.email)
        assert account is not None
        assert not authenticator_apps.has_app(session, account.id)
    enter_code(other_visitor, street, citizen)
    with street.records() as session:
        assert authenticator_apps.has_app(session, account.id)


def test_s14_who_asks_for_no_level_gets_both_factors(
    street: Street, visitor: Visitor, citizen: Citizen, party: RelyingParty
) -> None:
    asked = party.ask()
    visitor.open(party.url(asked))
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    assert visitor.page.url.endswith("/code")
    enter_code(visitor, street, citizen)
    assert "code" in party.answer(asked, visitor.page.url)


def test_s15_and_s18_six_wrong_passwords_lock_for_two_hours_and_no_longer(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    begin_sign_in(visitor, street, citizen)
    for _ in range(6):
        assert visitor.page.url.endswith("/password")
        enter_password(visitor, WRONG)
    assert visitor.page.url.endswith("/locked")
    street.clock.move(TWO_HOURS - 10)
    begin_sign_in(visitor, street, citizen)
    enter_password(visitor, citizen.password)
    assert visitor.page.url.endswith("/locked"), "the right password opened a lock"
    street.clock.move(11)
    begin_sign_in(visitor, street, citizen)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    assert visitor.heading == SIGNED_IN["tax"]


def test_s17_six_wrong_codes_lock_in_every_browser(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    begin_sign_in(visitor, street, citizen)
    enter_password(visitor, citizen.password)
    for _ in range(6):
        visitor.fill("code", citizen.wrong_code(street.clock.now()))
        visitor.submit()
    assert visitor.page.url.endswith("/locked")
    begin_sign_in(other_visitor, street, citizen)
    enter_password(other_visitor, citizen.password)
    assert other_visitor.page.url.endswith("/locked")


def test_s19_a_code_is_good_once_also_within_its_30_seconds(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    begin_sign_in(other_visitor, street, citizen)
    enter_password(other_visitor, citizen.password)
    other_visitor.fill("code", citizen.code(street.clock.now()))
    other_visitor.submit()
    assert other_visitor.page.url.endswith("/code")
    assert other_visitor.page.title().startswith("Error: ")
    enter_code(other_visitor, street, citizen)
    assert other_visitor.heading == SIGNED_IN["tax"]


def test_s26_and_s28_a_second_service_shows_no_page_and_a_silent_one_never_does(
    street: Street, visitor: Visitor, citizen: Citizen, party: RelyingParty
) -> None:
    silent = party.ask(prompt="none")
    visitor.open(party.url(silent))
    assert party.answer(silent, visitor.page.url)["error"] == "login_required"
    assert len([visit for visit in visitor.visits if "//id.onepass.localhost" in visit]) == 1

    sign_in(visitor, street, "tax", citizen)
    before = len(visitor.visits)
    visitor.open(party.url(silent))
    assert "code" in party.answer(silent, visitor.page.url)
    assert posts_to_onepass(visitor, before) == []


def test_s31_two_tabs_are_two_requests(
    street: Street, visitor: Visitor, citizen: Citizen, party: RelyingParty
) -> None:
    first, second = party.ask(), party.ask()
    visitor.open(party.url(first))
    choose_to_sign_in(visitor)
    other_tab = visitor.context.new_page()
    other_tab.goto(party.url(second))
    assert other_tab.url != visitor.page.url

    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    answers = [party.answer(first, visitor.page.url)]
    with other_tab.expect_navigation():
        other_tab.locator("main form button[type=submit]").nth(1).click()
    answers.append(party.answer(second, other_tab.url))
    assert answers[0]["code"] != answers[1]["code"]


def test_s36_welsh_is_welsh_everywhere_and_the_toggle_stays_on_the_page(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("s36")
    set_out(visitor, street, "housing")
    assert visitor.page.locator("html").get_attribute("lang") == "cy"
    visitor.submit(0)
    enter_email(visitor, "")
    assert visitor.page.title().startswith("Gwall: ")
    assert "Mae problem" in visitor.text
    english = visitor.page.url
    visitor.press("English")
    assert visitor.page.url.split("?")[0] == english
    assert visitor.page.locator("html").get_attribute("lang") == "en"
    visitor.press("Cymraeg")
    enter_email(visitor, citizen.email)
    code_from_mailbox(visitor, street, citizen.email)
    visitor.open(f"{street.issuer}mailbox")
    assert visitor.page.locator("main li a").first.get_attribute("lang") == "cy"


def test_s37_an_unregistered_return_address_is_not_gone_to(
    street: Street, visitor: Visitor, citizen: Citizen
) -> None:
    sign_in(visitor, street, "tax", citizen)
    visitor.open(f"{street.issuer}logout?post_logout_redirect_uri=https://evil.example/")
    assert visitor.page.url.startswith(street.issuer)
    visitor.submit()
    assert visitor.page.url.startswith(f"{street.issuer}signed-out")
    assert "Check your tax account" in visitor.text
    assert not [visit for visit in visitor.visits if "//evil.example" in visit.split("?")[0]]


def test_s39_an_unknown_redirect_address_is_never_gone_to(
    street: Street, visitor: Visitor, party: RelyingParty
) -> None:
    visitor.open(party.url(party.ask(redirect_uri="https://evil.example/")))
    assert visitor.page.url.startswith(street.issuer)
    assert "problem" in visitor.heading
    assert re.search(r"[0-9A-F]{16}", visitor.text), "the page has no reference"


def test_s40_a_suspended_account_gets_a_final_page_and_no_code(
    street: Street, visitor: Visitor, citizen: Citizen, party: RelyingParty
) -> None:
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.state = "suspended"
    visitor.open(party.url(party.ask()))
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    assert visitor.heading == "Your account is suspended"
    assert not [visit for visit in visitor.visits if party.redirect_uri in visit.split("?")[0]]
