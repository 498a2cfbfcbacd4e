"""The pages about cookies, privacy, support and terms say what the code does, and nothing else."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import (
    change_requests,
    client_drafts,
    invitations,
    operator_acts,
    recoveries,
    sweeping,
    terms,
    throttles,
)
from idp.domain.clients import Client
from idp.domain.invitations import Invitation
from idp.domain.journeys import Journey
from idp.domain.recoveries import Recovery
from idp.domain.services import Services
from idp.domain.throttles import Kind
from idp.journeys.information import kept as kept_rows
from idp.journeys.information.kept import Kept
from idp.kernel.database import Base, db
from idp.kernel.mail_server import parse_mail_server, parse_sender
from idp.settings import Settings
from idp.web import cookies, i18n
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.building import register
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.databases import load_all_models
from tests.support.identity import NIA, IdentityParty
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

ROOT = Path(__file__).resolve().parents[2]
NOTHING_OF_CITIZENS = {
    "client_tries",
    "client_rates",
    "departments",
    "go_lives",
    "journey_counts",
    "registration_keys",
    "services",
    "clients",
    "assertion_uses",
    "banners",
    "changed_limits",
    "unlisted_services",
    "signing_keys",
    "sealed_secrets",
    "audit_checkpoints",
    "audit_checks",
    "client_changes",
    "counting_progress",
    "daily_counts",
    "worker_leases",
}
SETTERS = {"set_cookie", "delete_cookie"}
TERMS = {1: "b21acb0a86e217fa"}
"""What the words of each version come to."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What pages say does not depend on the database."""
    return sqlite_url


def rows(html: str) -> dict[str, str]:
    """The rows of a page's list: what stands on the left, and the words beside it."""
    found = re.findall(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", html, re.DOTALL)
    return {words(left): words(right) for left, right in found}


def words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


@pytest.fixture
def spoken(app: Flask) -> Callable[..., str]:
    """A length of time as a page says it."""

    def say(seconds: int, language: str = "en") -> str:
        with app.test_request_context(f"/?lng={language}"):
            return i18n.duration(seconds)

    return say


class TestCookies:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_every_cookie_that_is_set_is_on_the_page_and_no_other(
        self,
        scheme: str,
        visitor_of: Callable[..., Person],
        settings: Settings,
        library: RelyingParty,
        post: Post,
        clock: FixedClock,
        spoken: Callable[..., str],
    ) -> None:
        settings = replace(settings, issuer=settings.issuer.replace("http:", f"{scheme}:"))
        person = visitor_of(issuer=settings.issuer)
        library.issuer = settings.issuer
        walks.come_to_app(person, library, post)
        person.send({"code": walks.first_code(person, clock)})
        person.open("/nowhere?lng=cy")
        person.open("/nowhere?lng=en")
        jar = {
            cookie.decoded_key: cookie
            for cookie in person.client._cookies.values()  # type: ignore[union-attr]
        }
        told = rows(person.open("/cookies").html)
        assert jar.keys() == told.keys()
        assert len(jar) == 3
        for cookie in cookies.COOKIES:
            name = cookies.full_name(cookie.name, settings)
            assert name.startswith("__Host-") == settings.https
            assert jar[name].max_age == cookie.lifetime
            assert (jar[name].expires is None) == (cookie.lifetime is None)
            until = spoken(cookie.lifetime) if cookie.lifetime else "Until you close the browser"
            assert until in told[name]

    def test_how_long_somebody_stays_signed_in_is_as_it_is_set(
        self, person: Person, visitor_of: Callable[..., Person]
    ) -> None:
        assert "1 hour after you last used it, and 12 hours" in person.open("/cookies").page.text
        person = visitor_of(session_idle_lifetime=1800, session_lifetime=4 * 86_400)
        assert "30 minutes after you last used it, and 4 days" in person.open("/cookies").page.text

    def test_no_other_module_sets_one(self) -> None:
        places = set()
        for path in (ROOT / "idp").rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                called = isinstance(node, ast.Attribute) and node.attr in SETTERS
                written = isinstance(node, ast.Constant) and node.value == "Set-Cookie"
                if called or written:
                    places.add(path.relative_to(ROOT).as_posix())
        assert places == {"idp/web/cookies.py"}


@pytest.mark.parametrize(
    ("seconds", "english", "welsh"),
    [
        (1, "1 second", "1 eiliad"),
        (90, "90 seconds", "90 eiliad"),
        (120, "2 minutes", "2 funud"),
        (3600, "1 hour", "1 awr"),
        (25 * 3600, "25 hours", "25 awr"),
        (2 * 86_400, "2 days", "2 ddiwrnod"),
        (365 * 86_400, "1 year", "1 flwyddyn"),
        (730 * 86_400, "2 years", "2 flynedd"),
    ],
)
def test_a_length_of_time_is_said_exactly(
    spoken: Callable[..., str], seconds: int, english: str, welsh: str
) -> None:
    assert (spoken(seconds), spoken(seconds, "cy")) == (english, welsh)


class TestPrivacy:
    @pytest.fixture
    def kept(self, app: Flask, settings: Settings) -> list[Kept]:
        """The rows of the page."""
        with app.test_request_context("/"):
            return kept_rows.kept(settings)

    def test_every_table_is_on_the_page_or_holds_nothing_of_citizens(
        self, kept: list[Kept]
    ) -> None:
        load_all_models()
        told = {table for row in kept for table in row.tables}
        assert told | NOTHING_OF_CITIZENS == set(Base.metadata.tables)
        assert not told & NOTHING_OF_CITIZENS

    def test_the_page_shows_the_rows_with_their_times(
        self, person: Person, kept: list[Kept], spoken: Callable[..., str]
    ) -> None:
        told = rows(person.open("/privacy").html)
        assert told == {row.what: f"{row.form}. {row.until}." for row in kept}
        for row in kept:
            if row.lifetime is not None:
                assert spoken(row.lifetime) in row.until, row.what
        welsh = rows(person.open("/privacy?lng=cy").html)
        assert len(welsh) == len(told)
        assert not welsh.keys() & told.keys()
        assert spoken(30 * 86_400, "cy") in str(welsh)

    def test_the_demo_mailbox_is_told_of_where_there_is_one(
        self, app: Flask, settings: Settings, kept: list[Kept]
    ) -> None:
        with app.test_request_context("/"):
            without = kept_rows.kept(replace(settings, mode="integration"))
        assert {row.tables for row in kept} - {row.tables for row in without} == {("mailbox",)}

    def test_a_mail_server_is_told_of_where_there_is_one(
        self, person: Person, visitor_of: Callable[..., Person]
    ) -> None:
        learns = "A mail server brings you our messages."
        assert learns not in person.open("/privacy").page.text
        server = parse_mail_server(
            "smtps://mail.example", password="", sender=parse_sender("a@b.example"), ca_file=None
        )
        sending = visitor_of(mail_server=server).open("/privacy").page.text
        assert learns in sending
        assert "demo mailbox" not in sending

    @pytest.fixture
    def traces(
        self,
        app: Flask,
        person: Person,
        library: RelyingParty,
        alice: Citizen,
        post: Post,
        clock: FixedClock,
        session: Session,
        services: Services,
    ) -> str:
        """Somebody fails to sign in, begins an account, signs in and proves who they are.

        The code that was mailed.
        """
        person.client.environ_base["HTTP_USER_AGENT"] = "A browser like no other"
        walks.come_to_email_code(person, library, "new@example.com")
        code = post.code("new@example.com")
        walks.arrive(person, library)
        person.open(person.url.replace("/start", "/passkey"))
        walks.come_to_password(person, library, "nobody@example.com")
        person.send({"password": "not this one at all"})
        asked = library.ask().parameters
        assert person.request("POST", f"{person.issuer}authorize", asked, {}).status == 303
        walks.come_to_password(person, library, alice.email)
        person.send({"password": alice.password})
        person.send({"code": alice.wrong_code(clock.now())})
        person.send({"code": alice.code(clock.now())})
        assert person.left_to is not None
        licensing = register(session, services, IdentityParty(services.settings.issuer))
        session.commit()
        person.open(licensing.url(licensing.ask()))
        person.send(button=0)
        person.send({"person": "nia", "ending": "P2"})
        person.send(button=0)
        person.send(button=0)
        assert person.left_to is not None, person.heading
        began = clock.now()
        waiting = Recovery(id="r", account_id=alice.account_id, open_for=alice.account_id)
        waiting.begun_at, waiting.ready_at = began, began + recoveries.WAIT
        waiting.lapses_at = waiting.ready_at + recoveries.USABLE_FOR
        session.add(waiting)
        act = {"by": "an operator", "act": operator_acts.LOOK, "reason": "a ticket"}
        operator_acts.write_down(session, services, account_id=alice.account_id, **act)
        change_requests.keep_alone(
            session, services, "block_account", by="o", reason="", about=alice.account_id
        )
        service_id = session.get_one(Client, library.client_id).service_id
        client_drafts.keep(session, services, service_id, alice.account_id, {}, begun={})
        invited = Invitation(id="i", service_id=service_id, email="c@example.com", role="READER")
        invited.email_key, invited.invited_by = "c@example.com", alice.account_id
        invited.invited_at, invited.expires_at = began, began + invitations.LIFETIME
        session.add(invited)
        session.commit()
        return code

    def test_what_is_said_to_go_is_gone_by_then_and_not_much_sooner(
        self,
        engine: sa.Engine,
        services: Services,
        clock: FixedClock,
        traces: str,
        kept: list[Kept],
    ) -> None:
        began = clock.now()
        with engine.begin() as connection:
            # Their browser asked for more time as often as it could.
            connection.execute(sa.update(Journey).values(expires_at=Journey.opened_at + 12 * 3600))
        ending = {row.lifetime: set[str]() for row in kept if row.lifetime}
        for row in kept:
            if row.lifetime and row.tables != ("browser_sessions",):
                ending[row.lifetime].update(row.tables)
        assert ending
        for lifetime, tables in sorted(ending.items()):
            clock.set(began + lifetime - 10)
            sweeping.sweep(engine, services)
            assert {table for table in tables if content(engine, table)} == tables - {"handoffs"}
            clock.set(began + lifetime + 1)
            sweeping.sweep(engine, services)
            assert not {table for table in tables if content(engine, table)}, lifetime
        assert not content(engine, "browser_sessions")
        assert content(engine, "accounts")

    def test_a_session_used_to_its_last_second_is_gone_when_the_page_says(
        self,
        engine: sa.Engine,
        person: Person,
        services: Services,
        library: RelyingParty,
        alice: Citizen,
        clock: FixedClock,
        kept: list[Kept],
    ) -> None:
        began = clock.now()
        walks.sign_in(person, library, alice, clock)
        for _ in range(12):
            clock.move(3540)
            person.open(library.url(library.ask()))
        clock.set(began + services.settings.session_lifetime - 1)
        person.open(library.url(library.ask()))
        assert person.left_to is not None
        said = next(row.lifetime for row in kept if row.tables == ("browser_sessions",))
        assert said is not None
        clock.set(began + said - 10)
        sweeping.sweep(engine, services)
        assert content(engine, "browser_sessions")
        clock.set(began + said + 1)
        sweeping.sweep(engine, services)
        assert not content(engine, "browser_sessions")

    def test_only_what_is_said_to_be_kept_as_it_is_can_be_read(
        self,
        engine: sa.Engine,
        person: Person,
        address: str,
        alice: Citizen,
        traces: str,
    ) -> None:
        def holding(text: str) -> set[str]:
            return {table for table in Base.metadata.tables if text in content(engine, table)}

        assert holding(alice.email) == {"accounts", "journeys"}
        assert holding("new@example.com") == {"journeys", "mailbox"}
        assert holding("A browser like no other") == {"browser_sessions"}
        assert holding(traces) == {"mailbox"}
        known_by_number = {"browser_sessions", "grants", "audit_entries", "disclosures"}
        assert holding(alice.account_id) >= known_by_number
        assert content(engine, "identities")
        cookie = person.client.get_cookie("onepass-session", domain="id.onepass.localhost")
        assert cookie is not None
        licence = NIA["drivingPermit"][0]["personalNumber"]
        for secret in (alice.password, alice.seed, cookie.value, address, licence, "Eleri"):
            assert holding(secret) == set(), secret


@pytest.fixture
def engine(app: Flask) -> Iterator[sa.Engine]:
    """The provider's database, past the provider."""
    with app.app_context():
        yield db.engine


def content(engine: sa.Engine, table: str) -> str:
    """Every row of a table, as text; nothing when it is empty."""
    with engine.connect() as connection:
        found = connection.execute(sa.select(Base.metadata.tables[table])).all()
    return "\n".join(str(row) for row in found)


def test_support_knows_the_limits(
    person: Person, spoken: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    person.open("/support")
    assert "A code works for 1 hour. You can get a new one 5 times" in person.page.text
    assert "After 6 wrong passwords or codes" in person.page.text
    assert "sign in to the account in that way for 2 hours" in person.page.text
    assert "You have 1 hour to finish" in person.page.text
    assert "prove your identity again or wait 7 days" in person.page.text
    changed = {kind: throttles.Limit(9, 60) for kind in Kind}
    monkeypatch.setattr(throttles, "LIMITS", changed)
    person.open("/support")
    assert "You can get a new one 8 times; then you must wait 1 minute" in person.page.text
    assert "After 9 wrong passwords or codes" in person.page.text


@pytest.mark.parametrize("page", ["/support", "/privacy"])
def test_what_people_can_do_by_themselves_leads_to_their_account(person: Person, page: str) -> None:
    links = {href for href, _ in person.open(page).page.links}
    assert "/account" in links


def test_the_accessibility_statement_knows_how_long_a_page_can_last(person: Person) -> None:
    text = person.open("/accessibility").page.text
    assert "You have 1 hour to finish a sign-in" in text
    assert "until 12 hours are over" in text


def test_passwords_and_codes_lock_alike() -> None:
    """The page tells one number for both."""
    assert throttles.LIMITS[Kind.PASSWORD] == throttles.LIMITS[Kind.APP_CODE]


def test_a_reference_is_what_an_error_page_shows(person: Person) -> None:
    shown = re.search(r"<code>([0-9A-F]{16})</code>", person.open("/support").html)
    assert shown is not None
    assert re.search(r"Reference:\s*<code>[0-9A-F]{16}</code>", person.open("/nowhere").html)


def test_other_terms_are_another_version() -> None:
    """People agree to a version: words that change under it would change what they agreed to."""
    template = ROOT / "idp/journeys/information/templates/information/terms.html"
    said = re.findall(r'_\("(.*?)"', template.read_text())
    assert len(said) > 20
    digest = sha256("\n".join(said).encode()).hexdigest()[:16]
    assert TERMS.get(terms.CURRENT.version) == digest, (
        "the terms have other words: raise the version and its day in idp/domain/terms.py, and "
        f"write down here that they come to {digest}"
    )
