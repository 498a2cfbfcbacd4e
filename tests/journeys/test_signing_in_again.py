"""A service asks one certain person to sign in again, and refuses everybody else."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import outbox
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from tests.journeys import walks
from tests.support.building import register
from tests.support.citizens import Citizen, give_passkey
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty, Request

AGAIN = "Enter your details again"
WRONG_ADDRESS = "Enter the email address you signed in with"


@pytest.fixture
def hint(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, clock: FixedClock
) -> str:
    """An ID token that the library has of Alice, whose code of this moment is then used up."""
    alices = browser()
    request = walks.sign_in(alices, library, alice, clock)
    code = library.answer(request, alices.left_to)["code"]
    form = library.token_form(request, code, clock.now())
    token: str = alices.client.post("/token", data=form).get_json()["id_token"]
    clock.move(31)
    return token


def ask_again(person: Person, library: RelyingParty, hint: str, now: int) -> Request:
    request = library.ask_signed(now, prompt="login", id_token_hint=hint)
    person.open(library.url(request))
    return request


def ended(session: Session, account_id: str) -> list[str | None]:
    session.rollback()
    query = sa.select(BrowserSession.ended_because).where(BrowserSession.account_id == account_id)
    return list(session.scalars(query.order_by(BrowserSession.started_at)))


@pytest.mark.row("2.prompt.login_with_hint", "5.sso.reauthentication")
def test_the_same_person_enters_everything_again(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, hint: str
) -> None:
    walks.sign_in(person, library, alice, clock)
    clock.move(31)
    request = ask_again(person, library, hint, clock.now())
    assert person.heading == AGAIN
    assert "Service" in person.page.text
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    person.send({"code": alice.code(clock.now())})
    code = library.answer(request, person.left_to)["code"]
    form = library.token_form(request, code, clock.now())
    answer = person.client.post("/token", data=form).get_json()
    jwks = person.client.get("/.well-known/jwks.json").get_json()
    claims = library.verify(answer["id_token"], jwks, request, clock.now())
    assert claims["auth_time"] == clock.now()


def test_nobody_gets_past_the_address_without_the_steps_after_it(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, hint: str
) -> None:
    walks.sign_in(person, library, alice, clock)
    ask_again(person, library, hint, clock.now())
    for page in ("password", "start", "code", ""):
        person.open(person.url.rpartition("/")[0] + f"/{page}")
        assert person.heading == AGAIN
        assert person.left_to is None


@pytest.mark.parametrize("address", ["bob@example.com", "nobody@example.com"])
def test_another_address_is_refused_in_the_same_words(
    person: Person, library: RelyingParty, bob: Citizen, clock: FixedClock, hint: str, address: str
) -> None:
    ask_again(person, library, hint, clock.now())
    person.send({"email": address})
    assert (person.status, person.heading) == (400, AGAIN)
    assert WRONG_ADDRESS in person.page.text


@pytest.mark.row(
    "2.after.login_required",
    "5.sso.reauthentication_failed",
    "5.back_channel.reauthentication",
    "7.lock.reauthentication",
)
def test_six_wrong_addresses_sign_the_person_out_and_tell_the_service(
    app: Flask, person: Person, library: RelyingParty, alice: Citizen, bob: Citizen,
    clock: FixedClock, hint: str, session: Session, browser: Callable[[], Person],
    services: Services,
) -> None:  # fmt: skip
    library.more = {"back_channel_logout_uri": f"{library.origin}/back-channel"}
    register(session, services, library)
    session.commit()
    opened = walks.sign_in(person, library, alice, clock)
    code = library.answer(opened, person.left_to)["code"]
    person.client.post("/token", data=library.token_form(opened, code, clock.now()))
    clock.move(31)
    request = ask_again(person, library, hint, clock.now())
    for _ in range(5):
        person.send({"email": bob.email})
        assert person.heading == AGAIN
    person.send({"email": bob.email})
    told = library.answer(request, person.left_to)
    assert told == {"error": "login_required", "error_description": "Login required"}
    assert ended(session, alice.account_id)[-1] == "reauthentication_failed"
    facts = session.scalars(sa.select(AuditEntry.fact)).all()
    assert "reauthentication_failed" in facts
    waiting = outbox.messages(session, "waiting")
    assert [message.kind for message in waiting] == ["back_channel_logout"]
    # The next try within the hour is refused at once, and nobody is locked out of signing in.
    again = ask_again(person, library, hint, clock.now())
    assert person.heading == AGAIN
    person.send({"email": alice.email})
    assert library.answer(again, person.left_to)["error"] == "login_required"
    for citizen in (alice, bob):
        walks.sign_in(browser(), library, citizen, clock)
    clock.move(3601)
    ask_again(person, library, hint, clock.now())
    person.send({"email": alice.email})
    assert person.heading == "Enter your password"


def test_six_wrong_passwords_end_it_too_without_locking_the_account(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, hint: str,
    browser: Callable[[], Person],
) -> None:  # fmt: skip
    request = ask_again(person, library, hint, clock.now())
    person.send({"email": alice.email})
    for _ in range(6):
        person.send({"password": "not the password"})
    assert library.answer(request, person.left_to)["error"] == "login_required"
    again = ask_again(person, library, hint, clock.now())
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    assert library.answer(again, person.left_to)["error"] == "login_required"
    walks.sign_in(browser(), library, alice, clock)


def test_six_wrong_codes_end_it_too_without_locking_the_account(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, hint: str,
    browser: Callable[[], Person], session: Session,
) -> None:  # fmt: skip
    request = ask_again(person, library, hint, clock.now())
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    for _ in range(6):
        person.send({"code": alice.wrong_code(clock.now())})
    assert library.answer(request, person.left_to)["error"] == "login_required"
    assert ended(session, alice.account_id)[-1] == "reauthentication_failed"
    again = ask_again(person, library, hint, clock.now())
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    person.send({"code": alice.code(clock.now())})
    assert library.answer(again, person.left_to)["error"] == "login_required"
    walks.sign_in(browser(), library, alice, clock)


def test_a_lock_on_signing_in_holds_here_too(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, hint: str,
    browser: Callable[[], Person],
) -> None:  # fmt: skip
    guesser = browser()
    walks.come_to_password(guesser, library, alice.email)
    for _ in range(6):
        guesser.send({"password": "not the password"})
    ask_again(person, library, hint, clock.now())
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    assert person.heading == "You cannot sign in at the moment"


def test_another_person_on_this_browser_is_asked_to_be_the_one_named(
    person: Person, library: RelyingParty, alice: Citizen, bob: Citizen, clock: FixedClock,
    hint: str, session: Session,
) -> None:  # fmt: skip
    walks.sign_in(person, library, bob, clock)
    request = library.ask_signed(clock.now(), id_token_hint=hint)
    person.open(library.url(request))
    assert person.heading == AGAIN
    person.send({"email": alice.email})
    person.send({"password": alice.password})
    person.send({"code": alice.code(clock.now())})
    assert "code" in library.answer(request, person.left_to)
    assert ended(session, bob.account_id) == ["another_person"]


def test_a_passkey_of_the_person_named_stands_for_all_three_and_no_other_does(
    person: Person,
    library: RelyingParty,
    alice: Citizen,
    bob: Citizen,
    clock: FixedClock,
    hint: str,
    session: Session,
    services: Services,
) -> None:
    alices, bobs = (give_passkey(session, services, citizen) for citizen in (alice, bob))
    session.commit()
    walks.sign_in(person, library, alice, clock)
    request = ask_again(person, library, hint, clock.now())
    person.open(person.url.replace("/email", "/passkey"))
    person.send({"answer": bobs.get(walks.options_of(person))})
    assert person.status == 400
    assert "Use the passkey of the account you signed in with" in person.page.text
    assert ended(session, bob.account_id) == []
    person.send({"answer": alices.get(walks.options_of(person))})
    assert "code" in library.answer(request, person.left_to)
