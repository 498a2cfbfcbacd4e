"""What somebody finds who comes without a service."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from idp.app import create_app
from idp.kernel.database import db
from idp.settings import Settings
from tests.journeys import walks
from tests.journeys.conftest import Post
from tests.support.building import MAIL, PRODUCTION, make_settings
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """One kind of database is enough here."""
    return sqlite_url


def test_the_front_page_lists_services_and_the_mailbox(
    person: Person, library: RelyingParty
) -> None:
    person.open("/")
    links = dict(person.page.links)
    assert f"{library.origin}/" in links
    assert "/mailbox" in links


@pytest.fixture
def production(sqlite_url: str, tmp_path: Path, app: Flask) -> Settings:
    return make_settings(
        sqlite_url,
        tmp_path,
        issuer="https://id.example/",
        more=PRODUCTION,
    )


def test_production_has_no_mailbox_and_a_plain_front_page(
    production: Settings, address: str
) -> None:
    app = create_app(production)
    person = Person(app, production.issuer, address)
    assert person.open("/").heading == "Onepass signs you in to services"
    assert person.open("/mailbox").status == 404
    assert person.answer is not None
    assert "Strict-Transport-Security" in person.answer.headers
    person.open("/about?lng=cy")
    cookie = person.answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-lng=cy;")
    assert "Secure" in cookie
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_a_demo_whose_mails_are_really_sent_has_no_mailbox(
    sqlite_url: str, tmp_path: Path, app: Flask, address: str
) -> None:
    settings = make_settings(sqlite_url, tmp_path, more=MAIL)
    sending = create_app(settings)
    person = Person(sending, settings.issuer, address)
    assert person.open("/").heading == "One account for every service"
    assert "mailbox" not in person.page.text.lower()
    assert not any("mailbox" in href for href, _ in person.page.links)
    assert person.open("/faults").status == 200
    for path in ("/mailbox", "/mailbox.json", "/mailbox/x"):
        assert person.client.get(path, base_url=settings.issuer).status_code == 404
    with sending.app_context():
        for engine in db.engines.values():
            engine.dispose()


def test_only_where_people_try_things_out_may_anybody_spoil_a_services_answers(
    visitor_of: Callable[..., Person], library: RelyingParty
) -> None:
    person = visitor_of(mode="integration")
    for page in ("/faults", f"/faults/{library.client_id}"):
        assert person.open(page).status == 404


def mailed(person: Person, query: str = "") -> list[dict[str, Any]]:
    """What programs read in the mailbox."""
    answer = person.client.get(f"/mailbox.json{query}", base_url=person.issuer)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    found: list[dict[str, Any]] = answer.get_json()["messages"]
    return found


def test_programs_read_the_mailbox_too(
    person: Person, library: RelyingParty, bob: Citizen, post: Post, clock: FixedClock
) -> None:
    assert mailed(person) == []
    walks.arrive(person, library, ui_locales="cy")
    person.send(button=walks.CREATE)
    person.send({"email": bob.email})
    walks.arrive(person, library)
    person.send(button=walks.CREATE)
    person.send({"email": walks.NEW_EMAIL})
    post.all()
    new, known = mailed(person)
    assert new == {
        "id": new["id"],
        "to": walks.NEW_EMAIL,
        "kind": "email_code",
        "language": "en",
        "subject": f"{new['code']} is your Onepass security code",
        "body": new["body"],
        "sent_at": clock.now(),
        "code": post.code(walks.NEW_EMAIL),
    }
    assert f"\n{new['code']}\n" in new["body"]
    assert (known["to"], known["kind"], known["language"], known["code"]) == (
        bob.email, "already_have_account", "cy", None)  # fmt: skip
    assert mailed(person, f"?to={walks.NEW_EMAIL.upper()}") == [new]
    person.send({"code": new["code"]})
    assert person.heading == "Create your password"


@pytest.mark.parametrize("to", ["nobody@example.com", "%00", "%ff%fe", "a" * 300, "%25"])
def test_an_address_without_mails_has_none(
    person: Person, library: RelyingParty, post: Post, to: str
) -> None:
    walks.arrive(person, library)
    person.send(button=walks.CREATE)
    person.send({"email": walks.NEW_EMAIL})
    post.all()
    assert len(mailed(person)) == 1
    assert mailed(person, f"?to={to}") == []
    person.open(f"/mailbox?to={to}")
    assert person.status == 200
    assert "There are no messages yet." in person.page.text


def test_the_mailbox_shows_the_messages_to_one_address(
    person: Person, library: RelyingParty, post: Post
) -> None:
    for email in ("one@example.com", "two+more@example.com"):
        walks.arrive(person, library)
        person.send(button=walks.CREATE)
        person.send({"email": email})
    post.all()
    person.open("/mailbox")
    addresses = {words: href for href, words in person.page.links if words.startswith("To ")}
    assert list(addresses) == ["To two+more@example.com", "To one@example.com"]
    person.open(addresses["To two+more@example.com"])
    assert "Messages to two+more@example.com." in person.page.text
    assert "one@example.com" not in person.page.text
    assert ("/mailbox", "Show every message") in person.page.links


def test_a_mail_says_from_which_device(person: Person, library: RelyingParty, post: Post) -> None:
    walks.arrive(person, library)
    person.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux) Firefox/133.0"
    person.send(button=walks.CREATE)
    person.send({"email": walks.NEW_EMAIL})
    body = post.newest(walks.NEW_EMAIL).body
    assert "When: 21 September 2026, 15:13 (UK time)\nDevice: Firefox on Linux\n\n" in body


def test_pages_of_govuk_frontend_are_served_where_its_stylesheet_looks(person: Person) -> None:
    for path in ("static/onepass.css", "static/onepass.js", "static/onepass.svg"):
        with person.client.get(f"/{path}", base_url=person.issuer) as answer:
            assert answer.status_code == 200
            assert "max-age" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("static/../forms.py", "assets/../../forms.py", "static/%2e%2e/forms.py"):
        with person.client.get(f"/{path}", base_url=person.issuer) as answer:
            assert answer.status_code == 404
