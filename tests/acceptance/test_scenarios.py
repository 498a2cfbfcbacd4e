"""The numbered scenarios of citizens that this house can already play, one test each."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs

import jwt
import pytest
import requests
from playwright.sync_api import Browser

from idp.domain import accounts, authenticator_apps
from idp.protocol import subjects
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
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty
from tests.support.servers import Street

WRONG = "not this password at all"
TWO_HOURS = 7200


class Service(BaseHTTPRequestHandler):
    """The service that people come back to: one plain page, whatever is asked.

    It keeps the logout tokens it is sent, and answers each as `answers` says.
    """

    told: ClassVar[list[str]] = []
    answers: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        """Take a logout token."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        Service.told.append(parse_qs(body)["logout_token"][0])
        self.send_response(Service.answers[len(Service.told) - 1])
        self.end_headers()

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


def test_s01_a_code_is_in_the_mailbox_and_the_address_on_the_page(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("s01")
    begin_account(visitor, street, citizen)
    assert visitor.heading == "Check your email"
    assert citizen.email in visitor.text
    assert re.fullmatch(r"[0-9]{6}", code_from_mailbox(visitor, street, citizen.email))


def test_s02_a_code_is_taken_however_it_is_spaced(street: Street, visitor: Visitor) -> None:
    citizen = newcomer("s02")
    begin_account(visitor, street, citizen)
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


def test_s04_after_six_codes_no_more_is_sent_for_two_hours(
    street: Street, visitor: Visitor
) -> None:
    citizen = newcomer("s04")
    begin_account(visitor, street, citizen)
    again = visitor.page.url.replace("email-code", "email-resend")
    for _ in range(5):
        visitor.open(again)
        visitor.submit()
    for _ in range(2):
        visitor.open(again)
        assert visitor.page.url.endswith("/email-resend")
        assert "You have asked for too many codes" in visitor.text
        assert visitor.page.locator("main form").count() == 0
    begin_account(visitor, street, citizen)
    assert visitor.page.url.endswith("/email-resend"), "another Journey sent one more"
    street.clock.move(TWO_HOURS + 1)
    begin_account(visitor, street, citizen)
    code_from_mailbox(visitor, street, citizen.email)


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


def test_s07_an_account_is_finished_in_another_browser(
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


def test_s25_new_terms_are_agreed_to_once(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen
) -> None:
    with street.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        account.terms_version = 0
    begin_sign_in(visitor, street, citizen)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    assert visitor.page.url.endswith("/terms")
    visitor.submit()
    assert visitor.heading == SIGNED_IN["tax"]
    sign_in(other_visitor, street, "tax", citizen)
    assert "/terms" not in "".join(other_visitor.visits)


def test_s26_a_second_service_shows_no_page(
    street: Street, visitor: Visitor, citizen: Citizen, party: RelyingParty
) -> None:
    sign_in(visitor, street, "tax", citizen)
    before = len(visitor.visits)
    asked = party.ask()
    visitor.open(party.url(asked))
    assert "code" in party.answer(asked, visitor.page.url)
    assert posts_to_onepass(visitor, before) == []
    shown = [visit for visit in visitor.visits[before:] if "//id.onepass.localhost" in visit]
    assert [visit.split()[1] for visit in shown] == ["302"], "a page was shown"


def test_s28_who_asks_silently_gets_an_answer_and_no_page(
    street: Street, visitor: Visitor, citizen: Citizen, party: RelyingParty
) -> None:
    silent = party.ask(prompt="none")
    visitor.open(party.url(silent))
    assert party.answer(silent, visitor.page.url)["error"] == "login_required"
    assert len([visit for visit in visitor.visits if "//id.onepass.localhost" in visit]) == 1
    sign_in(visitor, street, "tax", citizen)
    visitor.open(party.url(silent))
    assert "code" in party.answer(silent, visitor.page.url)


def test_s30_six_times_another_address_ends_the_sign_in_and_locks_nobody(
    street: Street, visitor: Visitor, other_visitor: Visitor, citizen: Citizen, service: str
) -> None:
    other = Citizen(email="s30.other@example.com")
    with street.records() as session:
        party = register(
            session,
            street.services,
            RelyingParty(street.issuer, home=service, more={"profile": "openid"}),
        )
        enrol(session, street.services, other)
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        subject = subjects.pairwise(f"{party.client_id}.example", account.id, account.subject_salt)
    sign_in(visitor, street, "tax", citizen)
    claims = json.dumps({"id_token": {"sub": {"value": subject}}})
    asked = party.ask(prompt="login", claims=claims)
    visitor.open(party.url(asked))
    for _ in range(6):
        assert visitor.page.url.startswith(street.issuer)
        enter_email(visitor, other.email)
    assert party.answer(asked, visitor.page.url)["error"] == "login_required"
    silent = party.ask(prompt="none")
    visitor.open(party.url(silent))
    assert party.answer(silent, visitor.page.url)["error"] == "login_required", "still signed in"
    for somebody, browser in ((citizen, visitor), (other, other_visitor)):
        browser.open(f"{street.url('tax')}/sign-in")
        choose_to_sign_in(browser)
        enter_email(browser, somebody.email)
        enter_password(browser, somebody.password)
        enter_code(browser, street, somebody)
        assert browser.heading == SIGNED_IN["tax"]


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


def test_s38_each_service_is_told_once_of_a_sign_out_and_again_if_it_did_not_hear(
    street: Street, visitor: Visitor, citizen: Citizen, service: str
) -> None:
    party = RelyingParty(
        street.issuer,
        home=service,
        more={"back_channel_logout_uri": service.replace("service.localhost", "127.0.0.1")},
    )
    with street.records() as session:
        register(session, street.services, party)
    asked = party.ask()
    visitor.open(party.url(asked))
    choose_to_sign_in(visitor)
    enter_email(visitor, citizen.email)
    enter_password(visitor, citizen.password)
    enter_code(visitor, street, citizen)
    code = party.answer(asked, visitor.page.url)["code"]
    form = party.token_form(asked, code, street.clock.now())
    assert requests.post(f"{street.issuer}token", data=form, timeout=30).status_code == 200

    visitor.open(f"{street.issuer}logout")
    visitor.submit()
    Service.told, Service.answers = [], [503, 200]
    street.work()
    assert len(Service.told) == 1
    for _ in range(3):
        street.clock.move(3600)
        street.work()
    first, second = Service.told
    keys = requests.get(f"{street.issuer}.well-known/jwks.json", timeout=30).json()
    for token in (first, second):
        key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]].key
        claims = jwt.decode(
            token,
            key,
            algorithms=["ES256"],
            audience=party.client_id,
            options={"verify_exp": False, "verify_iat": False},
        )
        assert list(claims["events"]) == ["http://schemas.openid.net/event/backchannel-logout"]
        assert {"sub", "jti", "iat", "exp"} <= claims.keys()


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
