"""Signing out: at a service's request, by a stranger's link, and what is said afterwards."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import clients
from idp.domain.outbox import OutboxMessage
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from tests.journeys import walks
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

QUESTION = "Do you want to sign out?"


def redeem(app: Flask, service: RelyingParty, person: Person, clock: FixedClock, **ask: str) -> str:
    """Let the service redeem what the browser brought it, and return the ID token."""
    request = walks.arrive(person, service, **ask)
    code = service.answer(request, person.left_to)["code"]
    answer = app.test_client().post(
        "/token",
        data=service.token_form(request, code, clock.now()),
        base_url=service.issuer,
    )
    assert answer.status_code == 200, answer.get_data(as_text=True)
    token: str = answer.get_json()["id_token"]
    return token


def is_signed_in(person: Person, service: RelyingParty) -> bool:
    request = walks.arrive(person, service, prompt="none")
    return "code" in service.answer(request, person.left_to)


def test_a_service_signs_alice_out_with_her_own_token(
    app: Flask, person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, library, alice, clock)
    token = redeem(app, library, person, clock)
    target = f"{library.origin}/signed-out"
    clock.move(3000)
    person.open(f"/logout?id_token_hint={token}&post_logout_redirect_uri={target}&state=s1")
    assert person.left_to == f"{target}?state=s1"
    assert not is_signed_in(person, library)


@pytest.mark.row("5.logout.session_ends", "5.logout.no_hint")
def test_without_a_hint_alice_is_asked_and_nothing_ends_before_she_answers(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, library, alice, clock)
    person.open("/logout")
    assert person.heading == QUESTION
    assert is_signed_in(person, library)
    person.open("/logout").send()
    assert person.heading == "You have signed out"
    assert not is_signed_in(person, library)


def test_services_that_want_to_know_are_told_and_named(
    app: Flask,
    person: Person,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
    services: Services,
    library: RelyingParty,
) -> None:
    library.more = {"back_channel_logout_uri": f"{library.origin}/told", "service": "Library"}
    clients.apply(session, services, library.registration())
    session.commit()
    walks.sign_in(person, library, alice, clock)
    redeem(app, library, person, clock)
    person.open("/logout").send()
    assert "Library" in person.page.text
    kinds = session.scalars(select(OutboxMessage.kind)).all()
    assert kinds.count("back_channel_logout") == 1


def test_somebody_elses_token_signs_nobody_out(
    app: Flask,
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    bob: Citizen,
    clock: FixedClock,
) -> None:
    mallory, victim = browser(), browser()
    walks.sign_in(mallory, library, bob, clock)
    token = redeem(app, library, mallory, clock)
    walks.sign_in(victim, library, alice, clock)
    victim.open(f"/logout?id_token_hint={token}")
    assert victim.heading == QUESTION
    assert is_signed_in(victim, library)


@pytest.mark.row("5.logout.bad_signature", "5.logout.unreadable")
def test_a_broken_hint_leads_nowhere_and_says_why(
    app: Flask, person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, library, alice, clock)
    token = redeem(app, library, person, clock)
    target = f"{library.origin}/signed-out"
    head, payload, signature = token.split(".")
    altered = signature[:-6] + ("AAAAAA" if signature[-6:] != "AAAAAA" else "BBBBBB")
    for hint, why in (
        (f"{head}.{payload}.{altered}", "unable to validate id_token_hint"),
        ("nonsense", "invalid id_token_hint"),
    ):
        person.open(f"/logout?id_token_hint={hint}&post_logout_redirect_uri={target}")
        assert person.heading == QUESTION
        assert f"invalid_request: {why}" in person.page.text
        assert person.left_to is None
    assert is_signed_in(person, library)


def test_an_unregistered_address_is_never_gone_to(
    app: Flask, person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, library, alice, clock)
    token = redeem(app, library, person, clock)
    evil = f"{library.origin}/signed-out?next=https://evil.example"
    person.open(f"/logout?id_token_hint={token}&post_logout_redirect_uri={evil}")
    assert person.left_to is None
    assert person.heading == "You have signed out"
    assert "client registry does not contain post_logout_redirect_uri" in person.page.text
    assert "error_code=invalid_request" in person.url


def test_the_signed_out_page_repeats_no_words_from_its_address(person: Person) -> None:
    person.open("/signed-out?error_code=x&error_description=Call+0800+EVIL")
    assert "EVIL" not in person.page.text


def test_signing_out_twice_tells_nobody_twice(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, session: Session
) -> None:
    walks.sign_in(person, library, alice, clock)
    person.open("/logout")
    values = person.form().values
    person.send()
    person.request("POST", f"{person.issuer}logout/confirm", values, {})
    ended = session.scalars(select(BrowserSession.ended_because)).all()
    assert ended == ["signed_out"]


def test_a_request_by_post_is_taken_as_a_get(person: Person) -> None:
    answer = person.request(
        "POST", f"{person.issuer}logout", {"state": "s1"}, {"Origin": "https://service.example"}
    )
    assert answer.status == 303
    assert answer.headers["Location"].endswith("/logout?state=s1")


def test_a_form_in_another_tab_is_refused_safely_after_signing_out(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.come_to_code(person, library, alice)
    tab, values = person.url, person.form().values | {"code": alice.code(clock.now())}
    person.open("/logout").send()
    answer = person.request("POST", tab, values, {})
    assert (answer.status, answer.body) == (410, "You are signed out")
    person.open(tab)
    assert person.left_to is None
