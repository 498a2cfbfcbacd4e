"""Somebody hostile guesses: passwords, codes, and whether there is an account at all."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import authenticator_apps, email_codes
from idp.domain.audit_entries import AuditEntry
from idp.web.turns import Turns
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.addresses import own_address
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

NOBODY = "nobody@example.com"
LOCKED = "You cannot sign in at the moment"
JUST_LOCKED = "You have tried too many times"
CODE = "Enter the code from your authenticator app"


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


@pytest.mark.row("7.lock.passwords")
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
    assert mallory.heading == JUST_LOCKED
    mallory.open(mallory.url)
    assert mallory.heading == LOCKED, "it is told once that it has just happened"
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
    assert person.heading == JUST_LOCKED
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


@pytest.mark.row("7.lock.codes")
def test_six_wrong_codes_lock_the_account_in_every_browser(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, clock: FixedClock
) -> None:
    mallory = browser()
    walks.come_to_code(mallory, library, alice)
    for _ in range(5):
        mallory.send({"code": alice.wrong_code(clock.now())})
        assert mallory.status == 400
    mallory.send({"code": alice.wrong_code(clock.now())})
    assert mallory.heading == JUST_LOCKED
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
    assert mallory.heading == JUST_LOCKED


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


@pytest.mark.row("5.session.new_id")
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


GUESSES = 200


@pytest.mark.parametrize("what", ["app", "reset app", "reset mail"])
def test_of_two_hundred_wrong_codes_at_once_six_are_looked_at(
    app: Flask,
    person: Person,
    library: RelyingParty,
    alice: Citizen,
    clock: FixedClock,
    post: Post,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
) -> None:
    if what == "app":
        walks.come_to_code(person, library, alice)
    else:
        walks.come_to_password(person, library, alice.email)
        person.open(person.url.replace("/password", "/reset/request")).send()
    if what == "reset app":
        person.send({"code": post.code(alice.email)})
    right = post.code(alice.email) if what == "reset mail" else alice.code(clock.now())
    wrong = alice.wrong_code(clock.now()) if right != alice.wrong_code(clock.now()) else "999999"
    module = email_codes if what == "reset mail" else authenticator_apps
    name = "use" if what == "reset mail" else "use_code"
    real, looked_at, counting = getattr(module, name), list[str](), threading.Lock()

    def look(*arguments: Any, **named: Any) -> bool:
        with counting:
            looked_at.append(named.get("code") or arguments[-1])
        return bool(real(*arguments, **named))

    monkeypatch.setattr(module, name, look)
    # Pages of one process are made one after the other; what counts must hold without that, too.
    monkeypatch.setattr(Turns, "turn", lambda *_: nullcontext())
    token = person.form().values["csrf_token"]
    cookies = [(c.key, c.value) for c in person.client._cookies.values()]  # type: ignore[union-attr]

    def guess(_number: int) -> int:
        client = app.test_client()
        for key, value in cookies:
            client.set_cookie(key, value, domain="id.onepass.localhost")
        answer = client.post(
            person.url.removeprefix(person.issuer[:-1]),
            data={"csrf_token": token, "code": wrong},
            base_url=person.issuer,
            headers={"Accept": "text/html", "Origin": person.issuer[:-1]},
            environ_overrides={"REMOTE_ADDR": own_address()},
        )
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(guess, range(GUESSES)))
    assert statuses == {400: 5, 303: GUESSES - 5}
    assert looked_at == [wrong] * 6
    person.send({"code": right})
    assert person.heading in (LOCKED, "You cannot reset your password at the moment")
    assert len(looked_at) == 6, "the right code was looked at while locked"
    entries = session.scalars(select(AuditEntry.fact)).all()
    assert entries.count("locked") == 1
