"""What is underneath breaks: everybody is told clearly, and all is well once it is back."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from idp.domain.services import Services
from idp.kernel.database import db
from idp.settings import Settings
from tests.support.building import register
from tests.support.citizens import enrol, signed_in_cookie
from tests.support.clock import FixedClock
from tests.support.databases import PostgresTemplate
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

Door = Callable[[], None]
HTML = {"Accept": "text/html"}


@pytest.fixture
def party(
    app: Flask, person: Person, session: Session, services: Services, settings: Settings
) -> RelyingParty:
    """A service that Alice, who is signed in, opens."""
    alice = enrol(session, services)
    party = register(session, services, RelyingParty(settings.issuer))
    cookie = signed_in_cookie(session, services, alice)
    session.commit()
    person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")
    return party


def flow(person: Person, party: RelyingParty, now: int) -> None:
    """Single sign-on from end to end."""
    asked = party.ask()
    answer = person.request("GET", party.url(asked), None, HTML)
    code = party.answer(asked, answer.headers.get("Location"))["code"]
    tokens = person.client.post("/token", data=party.token_form(asked, code, now))
    assert tokens.status_code == 200, tokens.data


def shows_that_it_is_unavailable(person: Person, party: RelyingParty, now: int) -> None:
    """A page with a reference for people, JSON for machines, both 503 with Retry-After."""
    person.open(party.url(party.ask()))
    assert person.status == 503, person.heading
    assert person.heading == "Sorry, the service is unavailable"
    assert person.answer is not None
    assert int(person.answer.headers["Retry-After"]) > 0
    assert "reference" in person.page.text.lower()

    form = party.token_form(party.ask(), "x" * 43, now)
    answer = person.client.post("/token", data=form)
    assert answer.status_code == 503
    assert answer.get_json()["error"] == "temporarily_unavailable"


def set_on_every_connection(app: Flask, statement: str) -> None:
    """Run `statement` on every SQLite connection opened from now on, and open them anew."""

    def set_it(connection: Any, _record: object) -> None:
        connection.execute(statement)

    for engine in _engines(app):
        engine.dispose()
        event.listen(engine, "connect", set_it)


def _engines(app: Flask) -> list[Engine]:
    with app.app_context():
        return list(db.engines.values())


@pytest.fixture
def server(postgres_template: PostgresTemplate, request: pytest.FixtureRequest) -> Iterator[Any]:
    """An autocommitting connection beside the test's database, to break it with."""
    with closing(postgres_template.server.connect("postgres")) as connection:
        yield connection


def name_of(settings: Settings) -> str:
    name = sa.make_url(settings.database_url).database
    assert name is not None
    return name


def end_connections(server: Any, name: str) -> None:
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
    )


@pytest.fixture
def on_postgresql(own_postgres_url: str) -> str:
    """For tests about a server that goes away."""
    return own_postgres_url


class TestPostgresql:
    """A server that goes away, and one that takes no writes."""

    @pytest.fixture
    def database_url(self, on_postgresql: str) -> str:
        """PostgreSQL alone."""
        return on_postgresql

    @pytest.mark.row("3.failure.storage")
    def test_a_database_that_goes_away_is_told_and_recovered_from(
        self,
        person: Person,
        party: RelyingParty,
        settings: Settings,
        session: Session,
        server: Any,
        clock: FixedClock,
    ) -> None:
        flow(person, party, clock.now())
        session.close()
        name = name_of(settings)
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        end_connections(server, name)

        shows_that_it_is_unavailable(person, party, clock.now())
        health = person.client.get("/health")
        assert (health.status_code, health.get_json()["status"]) == (
            503,
            "the database does not answer",
        )
        person.open(f"{settings.issuer}about")
        assert person.status == 200, "a page that needs no database needs it"

        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        flow(person, party, clock.now())
        assert person.client.get("/health").status_code == 200

    def test_connections_that_break_between_requests_cost_one_request_at_most(
        self,
        person: Person,
        party: RelyingParty,
        settings: Settings,
        session: Session,
        server: Any,
        clock: FixedClock,
    ) -> None:
        flow(person, party, clock.now())
        session.close()
        end_connections(server, name_of(settings))
        first = person.request("GET", party.url(party.ask()), None, HTML)
        assert first.status in (302, 503)
        flow(person, party, clock.now())

    def test_a_database_that_takes_no_writes_is_told(
        self,
        person: Person,
        party: RelyingParty,
        settings: Settings,
        session: Session,
        server: Any,
        clock: FixedClock,
    ) -> None:
        flow(person, party, clock.now())
        session.close()
        name = name_of(settings)
        server.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        end_connections(server, name)
        person.request("GET", party.url(party.ask()), None, HTML)
        shows_that_it_is_unavailable(person, party, clock.now())
        server.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        end_connections(server, name)
        person.request("GET", party.url(party.ask()), None, HTML)
        flow(person, party, clock.now())


class TestSqlite:
    """A file that cannot grow, and one that cannot be written."""

    @pytest.fixture
    def database_url(self, sqlite_url: str) -> str:
        """SQLite alone."""
        return sqlite_url

    @pytest.mark.parametrize(
        "fault", ["PRAGMA query_only = ON", "PRAGMA max_page_count = 1"], ids=["read-only", "full"]
    )
    def test_a_file_that_takes_no_writes_is_told(
        self, app: Flask, person: Person, party: RelyingParty, clock: FixedClock, fault: str
    ) -> None:
        flow(person, party, clock.now())
        set_on_every_connection(app, fault)
        if "max_page_count" in fault:
            fill_up(app)
        # A full file may still have room for a few rows in pages that are half empty.
        for _ in range(100):
            if person.request("GET", party.url(party.ask()), None, HTML).status != 302:
                break
        shows_that_it_is_unavailable(person, party, clock.now())
        health = person.client.get("/health")
        assert health.status_code == 200, "reading still works"


def fill_up(app: Flask) -> None:
    """Use up the free space inside the file, so that the next row needs a page more."""
    statements = (
        "INSERT INTO throttles VALUES ('password', :key, 0, 0)",
        "INSERT INTO assertion_uses VALUES ('', :key, 0)",
    )
    with app.app_context(), db.engine.connect() as connection:
        for statement in statements:
            for number in range(5000):
                try:
                    connection.execute(sa.text(statement), {"key": f"{number}"})
                    connection.commit()
                except sa.exc.OperationalError:
                    connection.rollback()
                    break
