"""A citizen signs in, again, at another level, or in somebody else’s place."""

import json

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import accounts, clients
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.settings import Settings
from tests.journeys import walks
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

CODE = "Enter the code from your authenticator app"


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


@pytest.mark.row("2.prompt.login")
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


@pytest.fixture
def bank(app: Flask, session: Session, services: Services, settings: Settings) -> RelyingParty:
    """A service whose `max_age` counts."""
    service = RelyingParty(settings.issuer)
    registration = service.registration() | {"max_age_enabled": True}
    clients.apply(session, services, registration)
    session.commit()
    return service


def test_a_new_sign_in_that_was_left_halfway_makes_no_old_one_new(
    person: Person, bank: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, bank, alice, clock)
    clock.move(600)
    walks.arrive(person, bank, prompt="login")
    person.send({"password": alice.password})
    walks.arrive(person, bank, max_age="300")
    assert person.heading == "Enter a code to continue"
    request = walks.arrive(person, bank, prompt="none")
    assert bank.answer(request, person.left_to)["error"] == "interaction_required"


def test_a_code_alone_makes_no_old_sign_in_new(
    person: Person, bank: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.sign_in(person, bank, alice, clock)
    clock.move(600)
    walks.arrive(person, bank, max_age="300")
    assert person.heading == "Enter your password"
    person.open(person.url.replace("/password", "/code"))
    assert person.heading == "Enter your password"
