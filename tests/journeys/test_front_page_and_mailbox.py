"""What somebody finds who comes without a service."""

from pathlib import Path

import pytest
from flask import Flask

from idp.app import create_app
from idp.kernel.database import db
from idp.settings import Settings
from tests.support.building import PRODUCTION, make_settings
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


def test_pages_of_govuk_frontend_are_served_where_its_stylesheet_looks(person: Person) -> None:
    for path in ("static/onepass.css", "static/onepass.js", "static/onepass.svg"):
        with person.client.get(f"/{path}", base_url=person.issuer) as answer:
            assert answer.status_code == 200
            assert "max-age" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("static/../forms.py", "assets/../../forms.py", "static/%2e%2e/forms.py"):
        with person.client.get(f"/{path}", base_url=person.issuer) as answer:
            assert answer.status_code == 404
