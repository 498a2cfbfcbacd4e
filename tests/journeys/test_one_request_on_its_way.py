"""A Journey: whose it is, how long it lasts, where it may end."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import clients
from idp.domain.services import Services
from idp.web.headers import origin_of
from tests.journeys import walks
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

CODE = "Enter the code from your authenticator app"


def policy_of(person: Person) -> str:
    assert person.answer is not None
    return person.answer.headers["Content-Security-Policy"]


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


@pytest.mark.row("2.after.access_denied_browser")
def test_a_journey_belongs_to_the_browser_that_began_it(
    browser: Callable[[], Person], library: RelyingParty
) -> None:
    alice, mallory = browser(), browser()
    walks.arrive(alice, library)
    walks.arrive(mallory, library)
    mallory.open(alice.url)
    assert (mallory.heading, mallory.status) == ("You started this in another browser", 403)


@pytest.mark.row("7.lifetime.journey")
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


def test_a_service_name_is_text_and_nothing_else(
    app: Flask, person: Person, session: Session, services: Services, library: RelyingParty
) -> None:
    library.more = {"service": "<script>alert(1)</script>"}
    clients.apply(session, services, library.registration())
    session.commit()
    walks.arrive(person, library)
    assert "<script>alert" not in person.html
