"""The notice, the public list, limits and a key that may be known, in operators' hands."""

import ast
import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

import idp.domain
from idp.domain import (
    approved_acts,
    banners,
    change_requests,
    limits,
    operators,
    signing_keys,
    suspensions,
    throttles,
)
from idp.domain.change_requests import State
from idp.domain.keyring import TokenRefused
from idp.domain.services import Services
from idp.domain.signing_keys import SigningKey
from idp.domain.throttles import Kind
from idp.journeys.operators.citizen_words import ACTS, LOCKS
from idp.journeys.operators.request_words import HINDRANCES, KINDS, STATES
from tests.support.building import ISSUER
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

WORDS = {
    "english": "Codes are <b>slow</b> today",
    "welsh": "Mae codau’n <b>araf</b> heddiw",
    "begins": "21 9 2026 9:00",
    "ends": "22 9 2026 9:00",
    "do": "put",
}


@pytest.fixture
def operator(app: Flask, session: Session, services: Services, alice: Citizen) -> Person:
    """Alice, who is an operator."""
    operators.add(session, services, alice.account_id)
    return sign_in_as(app, session, services, alice)


@pytest.fixture
def approve(session: Session, services: Services, bob: Citizen) -> Callable[[], None]:
    """Lets Bob, another operator, approve the one thing that waits."""

    def decide() -> None:
        operators.add(session, services, bob.account_id)
        [asked] = change_requests.waiting(session)
        approved_acts.approve(session, services, asked.id, by=bob.account_id)
        session.commit()
        session.expire_all()

    return decide


def test_a_notice_is_on_every_page_in_its_language_as_text_and_for_its_time(
    operator: Person, browser: Callable[[], Person], clock: FixedClock
) -> None:
    person = browser()
    assert "Codes are" not in person.open(ISSUER).html
    operator.open(f"{ISSUER}ops/banner").send(WORDS | {"do": "preview"})
    assert "Codes are &lt;b&gt;slow" in operator.html
    assert "Codes are" not in person.open(ISSUER).html
    operator.send(WORDS)
    assert "Codes are &lt;b&gt;slow&lt;/b&gt; today" in person.open(ISSUER).html
    assert "araf" in person.open(f"{ISSUER}nowhere?lng=cy").html, "an error page too"
    clock.move(86_400)
    assert "araf" not in person.open(ISSUER).html


def test_other_processes_show_it_within_thirty_seconds(
    session: Session, services: Services, person: Person, clock: FixedClock
) -> None:
    person.open(ISSUER)
    now = clock.now()
    banners.put(
        session, services, english="Slow", welsh="Araf", begins_at=now, ends_at=now + 999, by=None
    )
    session.commit()
    assert "Slow" not in person.open(ISSUER).html
    clock.move(banners.BELIEVED_FOR)
    assert "Slow" in person.open(ISSUER).html
    assert banners.end(session, services, by=None)
    session.commit()
    clock.move(banners.BELIEVED_FOR)
    assert "Slow" not in person.open(ISSUER).html


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"welsh": ""}, "Enter the notice in Welsh"),
        ({"english": " "}, "Enter the notice in English"),
        ({"ends": "21 9 2026 8:00"}, "in the future"),
        ({"ends": "1 1 2099 8:00"}, "31 days"),
        ({"begins": "1 1 0001 8:00"}, "31 days"),
        ({"begins": "soon"}, "like 27 3 2027 9:30"),
    ],
)
def test_a_notice_that_cannot_be(
    operator: Person, session: Session, wrong: dict[str, str], words: str
) -> None:
    operator.open(f"{ISSUER}ops/banner").send(WORDS | wrong)
    assert operator.status == 400
    assert words in operator.page.text
    assert banners.find(session) is None


def test_a_service_is_taken_off_the_list_and_put_on_again(
    operator: Person, library: RelyingParty, browser: Callable[[], Person]
) -> None:
    name = f"Service {library.client_id}"
    person = browser()
    assert name in person.open(ISSUER).page.text
    operator.open(f"{ISSUER}ops/services-list").send()
    assert "Not on the list" in operator.page.text
    assert name not in person.open(ISSUER).page.text
    operator.send()
    assert name in person.open(ISSUER).page.text


def test_a_limit_changes_at_once_when_another_operator_agrees(
    operator: Person,
    approve: Callable[[], None],
    session: Session,
    clock: FixedClock,
    browser: Callable[[], Person],
) -> None:
    page = f"{ISSUER}ops/settings/sign_in"
    for tries, hours in (("2", "2"), ("11", "2"), ("6", "0"), ("6", "25"), ("x", "2")):
        operator.open(page).send({"tries": tries, "hours": hours, "reason": "why"})
        assert operator.status == 400
        assert "must be a whole number" in operator.page.text
    shipped = throttles.LIMITS[Kind.PASSWORD]
    same = {"tries": str(shipped.tries), "hours": str(shipped.window // 3600), "reason": "why"}
    assert "these are in force" in operator.open(page).send(same).page.text
    operator.send({"tries": "3", "hours": "5", "reason": "an attack"})
    assert "A change waits for another operator" in operator.page.text
    operator.open(page)
    assert "A change waits for another operator" in operator.page.text
    assert throttles.limit_of(session, Kind.PASSWORD).tries == 6
    approve()
    for _ in range(3):
        throttles.reserve(session, Kind.PASSWORD, "a", clock.now())
    with pytest.raises(throttles.Locked) as locked:
        throttles.reserve(session, Kind.PASSWORD, "a", clock.now())
    assert locked.value.until == clock.now() + 5 * 3600
    session.commit()
    assert "bob@example.com" in operator.open(f"{ISSUER}ops/settings").page.text
    person = browser()
    assert "After 3 wrong passwords or codes" in person.open(f"{ISSUER}support").page.text
    assert "5 hours after the last try" in person.open(f"{ISSUER}privacy").page.text
    assert operator.open(f"{ISSUER}ops/settings/registration").status == 404


def test_a_request_for_a_limit_that_is_not_allowed_is_never_done(
    operator: Person, session: Session, services: Services, alice: Citizen, bob: Citizen
) -> None:
    before = throttles.limit_of(session, Kind.PASSWORD)
    asked = limits.ask(
        session, services, "sign_in", before=before, tries=999, hours=1,
        by=alice.account_id, reason="by hand",
    )  # fmt: skip
    assert asked is not None
    operators.add(session, services, bob.account_id)
    with pytest.raises(change_requests.CannotBeDone):
        approved_acts.approve(session, services, asked.id, by=bob.account_id)
    assert throttles.limit_of(session, Kind.PASSWORD) == before


def test_a_key_that_may_be_known_is_replaced_by_two(
    operator: Person,
    approve: Callable[[], None],
    session: Session,
    services: Services,
    clock: FixedClock,
) -> None:
    old = signing_keys.current(session, "tokens", "ES256")
    assert old is not None
    page = f"{ISSUER}ops/keys/{old.kid}/emergency"
    assert "Make one for the same ring" in operator.open(page).page.text
    token = services.keyring.sign({"a": 1}, alg="ES256", typ="JWT")
    new = services.keyring.generate(session, "ES256").kid
    services.keyring.publish(session, new, clock.now())
    session.commit()
    operator.open(page)
    assert "It breaks things" in operator.page.text
    operator.send({"reason": ""})
    assert operator.status == 400
    operator.send({"reason": "a laptop was stolen"})
    assert services.keyring.verify(token, typ="JWT") == {"a": 1}
    approve()
    assert session.get_one(SigningKey, old.kid).withdrawn_at == clock.now()
    assert session.get_one(SigningKey, new).state == "current"
    clock.move(signing_keys.REREAD_LIFETIME)
    with pytest.raises(TokenRefused):
        services.keyring.verify(token, typ="JWT")


def _hindrances() -> set[str]:
    """What the domain says when it raises CannotBeDone: a name for the words, in the module."""
    found = set()
    for file in Path(idp.domain.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "CannotBeDone":
                assert isinstance(node.args[0], ast.Name), f"{file.name}:{node.lineno}"
                module = importlib.import_module(f"idp.domain.{file.stem}")
                found.add(getattr(module, node.args[0].id))
    return found


def test_words_stand_for_everything() -> None:
    assert set(LOCKS) == set(Kind)
    assert set(KINDS) == {*approved_acts.ACTS, suspensions.RESTORE}
    assert set(STATES) == set(State)
    assert _hindrances() == set(HINDRANCES)
    assert "ask_block" in ACTS
