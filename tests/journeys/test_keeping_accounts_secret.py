"""Nobody learns from our pages or our work whether an address has an account."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask import Flask

from tests.journeys import walks
from tests.support.citizens import Citizen
from tests.support.counting import DatabaseWork, counting_effort, counting_sqlite
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

NOBODY = "nobody@example.com"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough: both are sent the same statements."""
    return sqlite_url


@pytest.fixture(autouse=True)
def work() -> Iterator[DatabaseWork]:
    """What the databases do; watched before the application opens its first connection."""
    with counting_sqlite() as work:
        yield work


@pytest.fixture
def app(work: DatabaseWork, app: Flask) -> Flask:
    """The provider, every connection of which is watched."""
    return app


def effort_of(work: DatabaseWork, act: Callable[[], object]) -> tuple[list[str], int, int]:
    """Statements (their first words), commits and password hashes of `act`."""
    work.clear()
    with counting_effort() as effort:
        act()
    work.catch_up()
    shapes = [" ".join(statement.split()[:3]) for statement in work.statements]
    return shapes, work.commits, effort["hash"]


def test_creating_costs_the_same_for_a_known_and_a_new_address(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, work: DatabaseWork
) -> None:
    seen = []
    # The first code of an installation makes the key that codes are kept under.
    for email in ("first@example.com", NOBODY, alice.email):
        person = browser()
        walks.arrive(person, library)
        person.send(button=walks.CREATE)
        seen.append(effort_of(work, partial(person.send, {"email": email})))
    assert seen[1] == seen[2]


def test_a_code_for_a_new_password_costs_the_same_for_a_known_and_an_unknown_address(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, work: DatabaseWork
) -> None:
    asking, guessing = [], []
    for email in ("first@example.com", NOBODY, alice.email):
        person = browser()
        walks.come_to_password(person, library, email)
        person.open(person.url.replace("/password", "/reset/request"))
        asking.append(effort_of(work, person.send))
        guessing.append(effort_of(work, partial(person.send, {"code": "000000"})))
    assert asking[1] == asking[2]
    assert guessing[1] == guessing[2]
    assert asking[1][0], "nothing was counted"


def test_a_wrong_password_costs_the_same_for_a_known_and_an_unknown_address(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, work: DatabaseWork
) -> None:
    seen = []
    # The first refusal of a process makes the dummy hash; it must not count here.
    for email in ("warm@example.com", NOBODY, alice.email):
        person = browser()
        walks.come_to_password(person, library, email)
        guess = {"password": "not the password"}
        seen.append(effort_of(work, partial(person.send, guess)))
    assert seen[1] == seen[2]
    assert seen[1][2] == 1


def test_a_lock_costs_the_same_for_a_known_and_an_unknown_address(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen, work: DatabaseWork
) -> None:
    """Its owner gets a mail; where there is no owner, the page must take as long."""
    seen = []
    for email in ("warm@example.com", NOBODY, alice.email):
        person = browser()
        walks.come_to_password(person, library, email)
        guess = {"password": "not the password"}
        for _ in range(5):
            person.send(guess)
        seen.append(effort_of(work, partial(person.send, guess)))
    assert seen[1] == seen[2]


def test_no_password_is_hashed_inside_a_transaction(
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    work: DatabaseWork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from idp.domain.passwords import Hasher
    from idp.kernel.database import db

    real, open_meanwhile = Hasher.verify, []

    def verify(self: Hasher, password_hash: str | None, password: str) -> bool:
        open_meanwhile.append(db.session().in_transaction())
        return real(self, password_hash, password)

    monkeypatch.setattr(Hasher, "verify", verify)
    walks.come_to_code(browser(), library, alice)
    assert open_meanwhile == [False]


def test_the_cookies_and_headers_are_the_same(
    browser: Callable[[], Person], library: RelyingParty, alice: Citizen
) -> None:
    seen = []
    for email in (NOBODY, alice.email):
        person = browser()
        walks.come_to_password(person, library, email)
        person.send({"password": "not the password"})
        assert person.answer is not None
        headers = {name for name in person.answer.headers if name != "Content-Length"}
        seen.append((sorted(headers), person.status, person.answer.headers.get("Set-Cookie")))
    assert seen[0] == seen[1]
