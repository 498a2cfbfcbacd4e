"""A citizen signs in; somebody hostile tries to."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import accounts, clients
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.web.headers import origin_of
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

NOBODY = "nobody@example.com"
LOCKED = "You cannot sign in at the moment"
CODE = "Enter the code from your authenticator app"


def policy_of(person: Person) -> str:
    assert person.answer is not None
    return person.answer.headers["Content-Security-Policy"]


def test_alice_signs_in_with_password_and_code(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    request = walks.sign_in(person, library, alice, clock)
    assert "code" in library.answer(request, person.left_to)


def test_a_service_that_asks_for_the_password_only_gets_the_password_only(
    person: Person, library: RelyingParty, alice: Citizen
) -> None:
    request = walks.arrive(person, library, vtr=json.dumps(["Cl"]))
    person.send(button=walks.SIGN_IN)
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    assert "code" in library.answer(request, person.left_to)


def test_stepping_up_asks_for_the_code_only(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.arrive(person, library, vtr=json.dumps(["Cl"]))
    person.send(button=walks.SIGN_IN)
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    request = walks.arrive(person, library)
    assert person.heading == "Enter a code to continue"
    assert "You are signed in already" in person.page.text
    person.send({"code": alice.code(clock.now())})
    assert "code" in library.answer(request, person.left_to)


def test_a_second_request_meets_no_page(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, library, alice, clock)
    request = walks.arrive(person, library)
    assert "code" in library.answer(request, person.left_to)


def test_the_address_may_be_typed_in_any_case_with_spaces_around_it(
    person: Person, library: RelyingParty, alice: Citizen
) -> None:
    walks.come_to_password(person, library, "  Alice@EXAMPLE.com ")
    person.send({"password": alice.password})
    assert person.heading == CODE


def test_a_wrong_password_and_an_unknown_address_look_alike(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen
) -> None:
    seen = []
    for email in (alice.email, NOBODY):
        person = browser()
        walks.come_to_password(person, library, email)
        first = person.page.text.replace(email, "x")
        person.send({"password": "not the password"})
        seen.append((first, person.status, person.page.text.replace(email, "x")))
    assert seen[0] == seen[1]
    assert "Email or password is wrong" in seen[0][2]


def test_six_wrong_passwords_lock_for_two_hours_even_for_the_right_one(
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    clock: FixedClock,
    post: Post,
) -> None:
    mallory = browser()
    walks.come_to_password(mallory, library, alice.email)
    for _ in range(5):
        mallory.send({"password": "guess after guess"})
        assert mallory.status == 400
    mallory.send({"password": "guess after guess"})
    assert mallory.heading == LOCKED
    assert post.newest(alice.email).kind == "account_locked"

    person = browser()
    walks.come_to_password(person, library, "ALICE@example.com")
    person.send({"password": alice.password})
    assert person.heading == LOCKED

    clock.move(7201)
    walks.come_to_password(person, library, alice.email)
    person.send({"password": alice.password})
    assert person.heading == CODE


def test_an_unknown_address_is_locked_alike_and_nobody_is_written_to(
    person: Person, library: RelyingParty, post: Post
) -> None:
    walks.come_to_password(person, library, NOBODY)
    for _ in range(6):
        person.send({"password": "guess after guess"})
    assert person.heading == LOCKED
    assert post.all() == []


def test_a_right_password_gives_the_tries_back(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen
) -> None:
    for _ in range(3):
        person = browser()
        walks.come_to_password(person, library, alice.email)
        for _ in range(5):
            person.send({"password": "guess after guess"})
        person.send({"password": alice.password})
        assert person.heading == CODE


def test_six_wrong_codes_lock_the_account_in_every_browser(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    mallory = browser()
    walks.come_to_code(mallory, library, alice)
    for _ in range(5):
        mallory.send({"code": alice.wrong_code(clock.now())})
        assert mallory.status == 400
    mallory.send({"code": alice.wrong_code(clock.now())})
    assert mallory.heading == LOCKED
    person = browser()
    walks.come_to_code(person, library, alice)
    assert person.heading == LOCKED


def test_codes_are_counted_over_sign_ins_however_often_the_password_is_right(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    for _ in range(6):
        mallory = browser()
        walks.come_to_code(mallory, library, alice)
        mallory.send({"code": alice.wrong_code(clock.now())})
    assert mallory.heading == LOCKED


def test_a_code_is_good_once(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(browser(), library, alice, clock)
    person = browser()
    walks.come_to_code(person, library, alice)
    person.send({"code": alice.code(clock.now())})
    assert person.status == 400
    clock.move(30)
    person.send({"code": alice.code(clock.now(), -1)})
    assert person.status == 400
    person.send({"code": alice.code(clock.now())})
    assert person.left_to is not None


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_two_steps_away_is_wrong(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, steps: int
) -> None:
    walks.come_to_code(person, library, alice)
    person.send({"code": alice.code(clock.now(), steps)})
    assert person.status == 400


def test_the_session_cookie_changes_at_the_password_and_again_at_the_code(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    def cookie() -> str | None:
        found = person.client.get_cookie("onepass-session", "id.onepass.localhost")
        return found.value if found else None

    walks.come_to_password(person, library, alice.email)
    before = cookie()
    person.send({"password": alice.password})
    after_password = cookie()
    person.send({"code": alice.code(clock.now())})
    assert before is None
    assert after_password is not None
    assert cookie() not in (None, after_password)


def test_a_password_alone_opens_nothing_that_needs_a_code(
    person: Person, library: RelyingParty, alice: Citizen
) -> None:
    walks.come_to_code(person, library, alice)
    base = person.url.removesuffix("code")
    for page in ("", "start", "email", "password", "create/done", "create/password", "locked"):
        person.open(base + page)
        assert person.left_to is None, page
        assert person.heading == CODE, page


def test_a_suspended_account_is_told_so_after_the_right_password_only(
    person: Person, library: RelyingParty, alice: Citizen, session: Session
) -> None:
    account = accounts.find_by_email(session, alice.email)
    assert account is not None
    account.state = "suspended"
    session.commit()
    walks.come_to_password(person, library, alice.email)
    person.send({"password": "not the password"})
    assert "Email or password is wrong" in person.page.text
    person.send({"password": alice.password})
    assert (person.heading, person.status) == ("Your account is suspended", 403)
    assert session.scalar(select(BrowserSession)) is None


def test_signing_in_anew_asks_for_the_password_of_the_person_signed_in(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, library, alice, clock)
    request = walks.arrive(person, library, prompt="login")
    assert person.heading == "Enter your password"
    assert alice.email in person.page.text
    person.send({"password": alice.password})
    clock.move(30)
    person.send({"code": alice.code(clock.now())})
    assert "code" in library.answer(request, person.left_to)


def test_bob_may_take_over_the_browser_and_alices_session_ends(
    person: Person,
    library: RelyingParty,
    alice: Citizen,
    bob: Citizen,
    clock: FixedClock,
    session: Session,
) -> None:
    walks.sign_in(person, library, alice, clock)
    walks.arrive(person, library, prompt="login")
    person.open(person.url.replace("/password", "/email"))
    person.send({"email": bob.email})
    person.send({"password": bob.password})
    clock.move(30)
    person.send({"code": bob.code(clock.now())})
    assert person.left_to is not None
    rows = session.scalars(select(BrowserSession)).all()
    assert {row.account_id: row.ended_because for row in rows} == {
        alice.account_id: "another_person",
        bob.account_id: None,
    }


def test_two_tabs_are_two_journeys(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    first = walks.arrive(person, library)
    first_page = person.url
    second = walks.sign_in(person, library, alice, clock)
    assert "code" in library.answer(second, person.left_to)
    person.open(first_page.removesuffix("start"))
    assert "code" in library.answer(first, person.left_to)


def test_pressing_twice_is_pressing_once(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.come_to_password(person, library, alice.email)
    page, values = person.url, person.form().values | {"password": alice.password}
    person.send({"password": alice.password})
    assert person.heading == CODE
    again = person.request("POST", page, values, {})
    assert again.status == 303
    assert person.open(again.headers["Location"]).heading == CODE


def test_a_journey_belongs_to_the_browser_that_began_it(
    browser: Callable[[], Person], library: RelyingParty
) -> None:
    alice, mallory = browser(), browser()
    walks.arrive(alice, library)
    walks.arrive(mallory, library)
    mallory.open(alice.url)
    assert (mallory.heading, mallory.status) == ("You started this in another browser", 403)


def test_a_journey_lasts_an_hour(person: Person, library: RelyingParty, clock: FixedClock) -> None:
    walks.arrive(person, library)
    clock.move(3601)
    person.open(person.url)
    assert (person.heading, person.status) == ("This sign-in has expired", 410)
    assert any(href == f"{library.origin}/" for href, _ in person.page.links)


def test_going_back_after_the_end_says_where_to_go(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.come_to_code(person, library, alice)
    page = person.url
    person.send({"code": alice.code(clock.now())})
    person.open(page)
    assert person.heading == "You have already finished here"


def test_forms_may_end_at_the_service_and_nowhere_else(
    person: Person, library: RelyingParty
) -> None:
    walks.arrive(person, library)
    assert f"form-action 'self' {library.origin};" in policy_of(person)
    person.open("/about")
    assert "form-action 'self';" in policy_of(person)


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://a.example/callback?x=1", "https://a.example"),
        ("http://localhost:8001/callback", "http://localhost:8001"),
        ("org.example.app:/callback", "org.example.app:"),
        ("http://[::1]:8001/callback", "http:"),
        ("https://a.example;script-src/callback", "https:"),
    ],
)
def test_the_policy_names_the_origin_of_an_address_and_nothing_more(uri: str, source: str) -> None:
    assert origin_of(uri) == source


def test_what_was_tried_is_in_the_audit_record_without_what_was_typed(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, session: Session
) -> None:
    walks.come_to_password(person, library, alice.email)
    person.send({"password": "not the password"})
    person.send({"password": alice.password})
    person.send({"code": alice.wrong_code(clock.now())})
    entries = session.scalars(select(AuditEntry)).all()
    facts = {entry.fact for entry in entries}
    assert {"password_refused", "signed_in_with_password", "second_factor_refused"} <= facts
    everything = " ".join(f"{entry.detail}{entry.account_id}" for entry in entries)
    for secret in (alice.email, alice.password, "not the password", alice.seed):
        assert secret not in everything


def test_a_service_name_is_text_and_nothing_else(
    app: Flask, person: Person, session: Session, services: Services, library: RelyingParty
) -> None:
    library.more = {"service": "<script>alert(1)</script>"}
    clients.apply(session, services, library.registration())
    session.commit()
    walks.arrive(person, library)
    assert "<script>alert" not in person.html
