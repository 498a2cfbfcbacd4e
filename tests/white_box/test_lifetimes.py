"""Everything ends: sessions by themselves, and what visitors leave behind in the database."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.domain import sweeping
from idp.kernel.database import Base
from tests.endpoints.provider import Provider
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

HOUR, DAY = 3600, 86_400
KEPT = {
    "audit_entries": "until they are sealed",
    "client_proof_uses": "a row for each key of a client",
    "daily_counts": "a row for each day and kind, for a year",
    "journey_counts": "a row for each day, kind and length, for a year",
    "sealed_secrets": "one for each use",
}
"""What no visitor without an account can make grow, or what must be kept."""


@pytest.mark.threat("SESS-04")
def test_sess_04_a_session_ends_when_it_is_idle_and_at_last_however_it_is_used(
    provider: Provider, library: RelyingParty, clock: FixedClock
) -> None:
    idle, longest = provider.settings.session_idle_lifetime, provider.settings.session_lifetime
    assert idle <= HOUR
    assert longest <= DAY

    def is_signed_in(browser: object) -> bool:
        answer = browser.authorize(library, library.ask())  # type: ignore[attr-defined]
        return "code=" in answer.headers["Location"]

    browser = provider.signed_in()
    clock.move(idle - 1)
    assert is_signed_in(browser)
    clock.move(idle)
    assert not is_signed_in(browser), "it was idle for too long"
    browser = provider.signed_in()
    for _ in range(longest // 1800 - 1):
        clock.move(1800)
        assert is_signed_in(browser)
    clock.move(1800 - 1)
    assert is_signed_in(browser)
    clock.move(1)
    assert not is_signed_in(browser), "it has lasted too long"
    page = browser.get("/account")
    assert page.status_code in (302, 303), "nor does it open the account"


def rows(provider: Provider) -> dict[str, int]:
    """How many rows each table has."""
    with provider.engine.connect() as connection:
        return {
            name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


@pytest.mark.threat("DOS-03")
def test_dos_03_what_visitors_leave_behind_is_cleared_away(
    app: Flask,
    provider: Provider,
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    post: Post,
    clock: FixedClock,
) -> None:
    before = rows(provider)
    for number in range(3):
        walks.come_to_email_code(browser(), library, f"nobody{number}@example.com")
        person = browser()
        walks.come_to_password(person, library, f"somebody{number}@example.com")
        person.send({"password": "guess after guess"})
        walks.come_to_code(browser(), library, alice)
    signed_in = provider.signed_in(citizen=alice)
    for _ in range(3):
        signed_in.code(library)
        provider.tokens(library, signed_in)
        provider.ask_about(library, "no token", "/introspect")
    post.all()
    grown = {name for name, count in rows(provider).items() if count > before[name]}
    assert grown >= {
        "journeys",
        "email_codes",
        "throttles",
        "grants",
        "assertion_uses",
        "browser_sessions",
        "outbox",
        "mailbox",
    }
    clock.move(40 * DAY)
    sweeping.sweep(provider.engine, provider.services)
    left = {
        name: count
        for name, count in rows(provider).items()
        if count > before[name] and name not in KEPT
    }
    assert left == {}
