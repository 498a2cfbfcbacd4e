"""The clock steps back, and time passes: what is used stays used, what is over is swept."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import authenticator_apps, grants, sweeping, throttles
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.settings import Settings
from tests.support.building import register
from tests.support.citizens import Citizen, enrol, signed_in_cookie
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

DAY = 86_400


@pytest.fixture
def alice(session: Session, services: Services) -> Citizen:
    """A citizen with an app."""
    citizen = enrol(session, services)
    session.commit()
    return citizen


@pytest.fixture
def party(session: Session, services: Services, settings: Settings) -> RelyingParty:
    """A registered service."""
    party = register(session, services, RelyingParty(settings.issuer))
    session.commit()
    return party


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """The worker's engine."""
    engine = sa.create_engine(settings.database_url, poolclass=NullPool)
    yield engine
    engine.dispose()


def flow(person: Person, party: RelyingParty, now: int) -> str:
    """Single sign-on; returns the access token."""
    asked = party.ask()
    answer = person.request("GET", party.url(asked), None, {})
    code = party.answer(asked, answer.headers.get("Location"))["code"]
    tokens = person.client.post("/token", data=party.token_form(asked, code, now))
    assert tokens.status_code == 200, tokens.data
    token: str = tokens.get_json()["access_token"]
    return token


def test_a_code_of_the_app_stays_used_when_the_clock_steps_back(
    session: Session, services: Services, alice: Citizen, clock: FixedClock
) -> None:
    def use(code: str) -> bool:
        return authenticator_apps.use_code(
            session, services, account_id=alice.account_id, code=code
        )

    used = alice.code(clock.now())
    assert use(used)
    for back in (-30, -30, -3600, 3660):
        clock.move(back)
        assert not use(used)
        assert not use(alice.code(clock.now()))
    clock.move(30)
    assert use(alice.code(clock.now()))


def test_sessions_and_tokens_live_through_a_step_back_and_forth(
    app: Flask,
    person: Person,
    session: Session,
    services: Services,
    alice: Citizen,
    party: RelyingParty,
    clock: FixedClock,
) -> None:
    cookie = signed_in_cookie(session, services, alice)
    session.commit()
    person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")
    tokens = [flow(person, party, clock.now())]
    for step in (-600, 300, 300, -90_000, 90_000):
        clock.move(step)
        tokens.append(flow(person, party, clock.now()))
    bearer = {"Authorization": f"Bearer {tokens[-1]}"}
    assert person.client.get("/userinfo", headers=bearer).status_code == 200
    clock.move(181)
    assert person.client.get("/userinfo", headers=bearer).status_code == 401


def test_an_assertion_stays_used_when_the_clock_steps_back(
    app: Flask,
    person: Person,
    session: Session,
    services: Services,
    alice: Citizen,
    party: RelyingParty,
    engine: Engine,
    clock: FixedClock,
) -> None:
    cookie = signed_in_cookie(session, services, alice)
    session.commit()
    person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")
    assertion = party.assertion(clock.now())

    def redeem() -> int:
        asked = party.ask()
        answer = person.request("GET", party.url(asked), None, {})
        code = party.answer(asked, answer.headers.get("Location"))["code"]
        form = party.token_form(asked, code, 0, client_assertion=assertion)
        return person.client.post("/token", data=form).status_code

    assert redeem() == 200
    clock.move(-30)
    assert redeem() == 400
    sweeping.sweep(engine, services)
    assert redeem() == 400
    clock.move(30 + 299)
    sweeping.sweep(engine, services)
    assert redeem() == 400


def test_what_is_over_is_swept_and_what_lives_is_kept(
    app: Flask,
    person: Person,
    session: Session,
    services: Services,
    alice: Citizen,
    party: RelyingParty,
    engine: Engine,
    clock: FixedClock,
) -> None:
    def use_everything() -> None:
        cookie = signed_in_cookie(session, services, alice)
        throttles.reserve(session, throttles.Kind.PASSWORD, "somebody", clock.now())
        session.commit()
        visitor = Person(app, party.issuer, "127.5.5.5")
        visitor.open(party.url(party.ask()))
        visitor.request("POST", f"{party.issuer}authorize", party.ask().parameters, {})
        person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")
        flow(person, party, clock.now())

    def counts() -> dict[str, int]:
        tables = (
            *("journeys", "assertion_uses", "throttles", "handoffs"),
            *("grants", "browser_sessions"),
        )
        with engine.connect() as connection:
            return {
                table: connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608
                for table in tables
            }

    use_everything()
    once = counts()
    assert all(once.values()), once
    assert sweeping.sweep(engine, services) == 0, "something was swept before its time"

    clock.move(45 * DAY)
    use_everything()
    assert sweeping.sweep(engine, services) > 0
    assert counts() == once
    newest = session.scalar(sa.select(sa.func.max(BrowserSession.started_at)))
    assert newest == clock.now()
    assert session.scalar(sa.select(sa.func.min(Journey.opened_at))) == clock.now()


def test_more_rows_than_one_batch_are_swept_in_several(
    session: Session, services: Services, engine: Engine, clock: FixedClock
) -> None:
    rows = [
        {"client_id": "a", "jti_hash": f"{number:064d}", "expires_at": clock.now() - 1}
        for number in range(sweeping.BATCH * 2 + 7)
    ]
    session.execute(sa.insert(grants.AssertionUse), rows)
    session.commit()
    assert sweeping.sweep(engine, services) == len(rows)
