"""A page says until when it is good, and gives more time to whoever asks, up to a limit."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain.journeys import Journey
from idp.domain.sessions import BrowserSession
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Answer, Person
from tests.support.relying_party import RelyingParty

HOUR = 3600
MORE_TIMES = 10
"""WCAG 2.2, 2.2.1: a limit can be put off at least ten times."""


def time_form(person: Person) -> tuple[str, dict[str, str]]:
    """The form that asks for more time: its address and its fields."""
    form = next(form for form in person.page.forms if form.action.endswith("/stay"))
    return form.action, form.values


def stay(person: Person) -> None:
    """Press the button for more time, which leads back to the page."""
    forms = [form.action for form in person.page.forms if form.method == "post"]
    person.send(form=next(n for n, action in enumerate(forms) if action.endswith("/stay")))


def ask_by_script(person: Person, address: str, fields: dict[str, str]) -> Answer:
    headers = {"Accept": "application/json", "Origin": person.issuer.rstrip("/")}
    return person.request("POST", person.issuer.rstrip("/") + address, fields, headers)


def test_a_page_says_until_when_it_is_good_and_gives_more_ten_times(
    person: Person, library: RelyingParty, clock: FixedClock
) -> None:
    walks.arrive(person, library)
    person.send(button=walks.SIGN_IN)
    address = person.url
    assert "You have until 16:13 to finish" in person.page.text
    for _ in range(MORE_TIMES):
        clock.move(HOUR - 60)
        stay(person)
        assert (person.status, person.url) == (200, address)
    clock.move(HOUR - 60)
    person.send({"email": "alice@example.com"})
    assert person.url.endswith("/password")


def test_nobody_gets_more_than_a_session_lasts(
    person: Person, library: RelyingParty, clock: FixedClock, session: Session
) -> None:
    walks.arrive(person, library)
    for _ in range(12):
        clock.move(HOUR - 60)
        stay(person)
    journey = session.scalars(sa.select(Journey)).one()
    assert journey.expires_at == journey.opened_at + 12 * HOUR
    assert "Get more time" not in person.page.text
    assert "You have until 03:13 to finish" in person.page.text
    clock.set(journey.expires_at)
    assert person.open(person.url).status == 410


def test_a_script_is_told_how_long_it_is(
    person: Person, library: RelyingParty, clock: FixedClock
) -> None:
    walks.arrive(person, library)
    address, fields = time_form(person)
    clock.move(HOUR - 1)
    answer = ask_by_script(person, address, fields)
    assert (answer.status, answer.body.strip()) == (200, '{"seconds_left":3600}')
    clock.move(HOUR)
    assert ask_by_script(person, address, fields).status == 410


def test_more_time_for_a_journey_keeps_its_person_signed_in(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    walks.come_to_code(person, library, alice)
    clock.move(HOUR - 60)
    stay(person)
    clock.move(HOUR - 60)
    assert person.open(person.url).heading == "Enter the code from your authenticator app"
    person.send({"code": alice.code(clock.now())})
    assert person.left_to is not None


def test_ones_own_pages_say_until_when_one_is_signed_in(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, session: Session
) -> None:
    walks.sign_in(person, library, alice, clock)
    person.open("/account")
    assert "You stay signed in until 16:13" in person.page.text
    clock.move(HOUR - 60)
    stay(person)
    assert person.url.endswith("/account")
    assert "You stay signed in until 17:12" in person.page.text
    clock.move(HOUR - 60)
    address, fields = time_form(person)
    assert ask_by_script(person, address, fields).body.strip() == '{"seconds_left":3600}'
    started = session.scalars(sa.select(BrowserSession.started_at)).one()
    clock.set(started + 12 * HOUR)
    assert ask_by_script(person, address, fields).status == 410


@pytest.mark.parametrize(
    "referrer", ["https://evil.example//evil.example/x", "http://x/..%2f", "", "//evil.example"]
)
def test_more_time_leads_to_no_other_place(
    person: Person, library: RelyingParty, referrer: str
) -> None:
    walks.arrive(person, library)
    address, fields = time_form(person)
    headers = {"Referer": referrer, "Origin": person.issuer.rstrip("/")}
    answer = person.request("POST", person.issuer.rstrip("/") + address, fields, headers)
    assert answer.status == 303
    assert answer.headers["Location"] == address.removesuffix("stay")


def test_a_stranger_gives_no_journey_more_time(
    person: Person, library: RelyingParty, browser: object, clock: FixedClock, session: Session
) -> None:
    walks.arrive(person, library)
    address, fields = time_form(person)
    assert callable(browser)
    mallory: Person = browser()
    walks.arrive(mallory, library)
    _, theirs = time_form(mallory)
    clock.move(60)
    before = session.scalars(sa.select(Journey.expires_at)).all()
    session.rollback()
    assert ask_by_script(mallory, address, theirs).status == 403
    assert ask_by_script(mallory, address, fields).status == 403
    assert ask_by_script(person, address, {}).status == 403
    assert session.scalars(sa.select(Journey.expires_at)).all() == before
    session.rollback()
    assert ask_by_script(person, address, fields).status == 200
    assert session.scalars(sa.select(Journey.expires_at)).all() != before


def test_more_time_keeps_no_proof_of_a_mailbox_alive(
    person: Person, library: RelyingParty, alice: Citizen, clock: FixedClock, post: Post
) -> None:
    """What a reset was proved with works for an hour, however long its pages do."""
    walks.come_to_password(person, library, alice.email)
    person.open(person.url.replace("/password", "/reset/request"))
    person.send()
    person.send({"code": post.code(alice.email)})
    person.send({"code": alice.code(clock.now())})
    assert person.url.endswith("/reset/password"), person.heading
    clock.move(HOUR - 60)
    stay(person)
    assert person.url.endswith("/reset/password"), "an hour is not over"
    clock.move(60)
    person.send({"password": walks.NEW_PASSWORD})
    assert person.url.endswith("/reset/request"), person.heading
