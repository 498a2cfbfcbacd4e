"""A team's services on its pages: made, listed, described; and what is refused on the way."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.app import create_app
from idp.domain.clients import Service
from idp.domain.services import Services
from idp.settings import Settings
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.consoles import sign_in_as
from tests.support.person import Person

NEW = f"{ISSUER}team/services/new"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What pages say does not depend on the database."""
    return sqlite_url


@pytest.fixture
def manager(app: Flask, session: Session, services: Services) -> Person:
    """Somebody of a team, signed in."""
    return sign_in_as(app, session, services, enrol(session, services))


def add(person: Person, **typed: str) -> None:
    person.open(NEW)
    person.send({"department": "Permits Agency", "name": "Apply for a permit"} | typed)


def named(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(Service.name).order_by(Service.name)))


def test_a_service_is_added_and_listed(manager: Person, session: Session) -> None:
    manager.open(f"{ISSUER}team")
    assert "not a member of any service yet" in manager.page.text
    add(manager, name_cy="Gwneud cais am drwydded")
    assert manager.heading == "Apply for a permit"
    assert "Permits Agency" in manager.page.text
    assert "Gwneud cais am drwydded" in manager.page.text
    page = manager.url
    manager.open(f"{ISSUER}team")
    assert (page.removeprefix(ISSUER.rstrip("/")), "Apply for a permit") in manager.page.links
    manager.open(f"{page}?lng=cy")
    assert manager.heading == "Gwneud cais am drwydded"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "Enter the service name"),
        ({"name": " \u202e\u200b "}, "Enter the service name"),
        ({"department": ""}, "Enter the name of your department"),
        ({"name": "x" * 256}, "must be 255 characters or fewer"),
        ({"name": "x" * 5000}, "not something we can read"),
        ({"name": "a\x00b"}, "not something we can read"),
        ({"name": "APPLY FOR  A PERMIT"}, "Another service has that name"),
        ({"name_cy": "a\nb"}, "not something we can read"),
    ],
)
def test_what_cannot_be_a_service_is_refused_and_nothing_is_written(
    manager: Person, session: Session, typed: dict[str, str], words: str
) -> None:
    add(manager)
    before = named(session)
    add(manager, **({"name": "Another"} | typed))
    assert manager.status == 400
    assert words in manager.page.text
    assert named(session) == before


def test_direction_marks_do_not_get_into_a_name(manager: Person, session: Session) -> None:
    add(manager, name="Apply\u202e for a permit\u2066")
    assert named(session) == ["Apply for a permit"]


def test_what_citizens_see_is_changed_and_shown_first(manager: Person, session: Session) -> None:
    add(manager)
    manager.open(f"{manager.url}/branding")
    assert "You need a Onepass account to use Apply for a permit." in manager.page.text
    assert "Apply for a permit" in manager.form().values["name"]
    manager.send({"name": "Get a permit", "name_cy": "Cael trwydded", "landing_page": "permits"})
    assert manager.status == 400
    assert "Enter the whole address" in manager.page.text
    assert "You need a Onepass account to use Get a permit." in manager.page.text
    assert named(session) == ["Apply for a permit"]
    manager.send({"landing_page": "https://permits.example/start"})
    assert (manager.status, manager.heading) == (200, "Get a permit")
    assert "https://permits.example/start" in manager.page.text


def test_another_teams_service_is_not_there(
    manager: Person, app: Flask, session: Session, services: Services
) -> None:
    add(manager)
    page = manager.url
    other = sign_in_as(app, session, services, enrol(session, services, Citizen("b@example.com")))
    for address in (page, f"{page}/branding", f"{ISSUER}team/services/{'x' * 3000}"):
        other.open(address)
        assert other.status in (404, 414), address


def test_in_production_operators_alone_add_services(
    app: Flask, session: Session, services: Services, settings: Settings
) -> None:
    citizen = enrol(session, services)
    session.commit()
    live = replace(settings, mode="production", support_contact="help@id.example")
    production = create_app(live, replace(services, settings=live))
    person = sign_in_as(production, session, services, citizen)
    person.open(f"{ISSUER}team")
    assert person.status == 200
    assert "Ask a manager of your service to invite you." in person.page.text
    person.open(NEW)
    assert (person.status, person.heading) == (403, "Operators add services here")
    assert "help@id.example" in person.page.text
    token = person.form().values["csrf_token"]
    form = {"csrf_token": token, "department": "Permits Agency", "name": "Apply for a permit"}
    headers = {"Origin": ISSUER.rstrip("/"), "Referer": NEW}
    assert person.request("POST", NEW, form, headers).status == 403
    assert named(session) == []
