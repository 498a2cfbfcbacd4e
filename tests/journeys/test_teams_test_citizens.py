"""Test citizens: made by a team in any state, who open its own clients and nothing else."""

import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import clients, members
from idp.domain import test_citizens as kept
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.services import Services
from idp.journeys.service_teams.views import test_citizens as view
from tests.journeys.conftest import Post
from tests.support.addresses import own_address
from tests.support.citizens import Citizen, enrol
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages say does not depend on the database."""
    return sqlite_url


@pytest.fixture
def party(session: Session, services: Services) -> RelyingParty:
    """The client of a service."""
    party = RelyingParty(services.settings.issuer)
    clients.apply(session, services, party.registration())
    session.commit()
    return party


@pytest.fixture
def service_id(session: Session, party: RelyingParty) -> str:
    return session.get_one(Client, party.client_id).service_id


@pytest.fixture
def writer(app: Flask, session: Session, services: Services, service_id: str) -> Person:
    """A member who may make some, signed in."""
    citizen = enrol(session, services, Citizen("writer@example.com"))
    members.add(session, services, service_id, citizen.account_id, Role.WRITER)
    return sign_in_as(app, session, services, citizen)


@pytest.fixture
def make(writer: Person, service_id: str) -> Callable[[str, str], Citizen]:
    """Makes one on the page; all that its page says of it."""

    def made(name: str, state: str) -> Citizen:
        writer.open(f"{writer.issuer}team/services/{service_id}/test-citizens/new")
        writer.send({"name": name, "state": state})
        assert writer.status == 200, writer.page.text
        found = dict(re.findall(r"<dt[^>]*>([^<]+)</dt>\s*<dd[^>]*>([^<]*)", writer.html))
        seed = found["Key for an authenticator app"].replace(" ", "")
        return Citizen(found["Email address"], found["Password"], seed)

    return made


def sign_in(app: Flask, party: RelyingParty, citizen: Citizen, now: int) -> Person:
    """A browser of their own in which they sign in to the client."""
    person = Person(app, party.issuer, own_address())
    person.open(party.url(party.ask()))
    person.send(button=1)
    person.send({"email": citizen.email})
    person.send({"password": citizen.password})
    if person.url.endswith("/code"):
        person.send({"code": citizen.code(now)})
    return person


def test_one_signs_in_with_what_the_page_shows_and_is_nobody_anywhere_else(
    app: Flask,
    party: RelyingParty,
    make: Callable[[str, str], Citizen],
    writer: Person,
    session: Session,
    services: Services,
) -> None:
    citizen, now = make("nia", "ready"), services.clock.now()
    assert f"{citizen.code(now)}" in writer.page.text
    person = sign_in(app, party, citizen, now)
    assert person.left_to is not None, person.page.text
    assert "code=" in person.left_to
    other = RelyingParty(party.issuer)
    clients.apply(session, services, other.registration())
    session.commit()
    person.open(other.url(other.ask()))
    assert person.left_to is not None
    assert "error=access_denied" in person.left_to
    for page in ("team", "ops", "team/invitations"):
        person.open(f"{party.issuer}{page}")
        assert person.status == 403, page


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("new", "has an address and no account yet"),
        ("part_created", "has a password and no second factor"),
        ("proved", "identity of Nia Roberts is proved"),
        ("suspended", "is told so after signing in"),
    ],
)
def test_each_state_is_made_and_shown_and_deleted(
    make: Callable[[str, str], Citizen], writer: Person, session: Session, state: str, words: str
) -> None:
    citizen = make("nia", state)
    assert words in writer.page.text
    stored = "".join(str(vars(each)) for each in session.scalars(sa.select(kept.TestCitizen)))
    assert citizen.email in stored
    assert citizen.password not in stored
    assert citizen.seed not in stored
    [delete] = [href for href, _ in writer.page.links if href.endswith("/delete")]
    writer.open(delete)
    writer.send()
    assert "There are none yet" in writer.page.text
    session.expire_all()
    of_address = sa.select(Account).where(Account.email == citizen.email)
    assert session.scalars(of_address).all() == []
    facts = session.scalars(sa.select(AuditEntry.fact)).all()
    assert {"test_citizen_made", "test_citizen_deleted"} <= set(facts)


def test_a_suspended_one_is_told_so(
    app: Flask, party: RelyingParty, make: Callable[[str, str], Citizen], services: Services
) -> None:
    person = sign_in(app, party, make("sam", "suspended"), services.clock.now())
    assert "suspended" in person.page.text


def test_a_name_is_taken_once_and_there_is_an_end(
    make: Callable[[str, str], Citizen],
    writer: Person,
    service_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make("nia", "new")
    page = f"{writer.issuer}team/services/{service_id}/test-citizens/new"
    for name, words in (
        ("nia", "There is a test citizen of that name already"),
        ("", "Enter a name"),
        ("Nia Roberts", "Use small letters, numbers and hyphens only"),
    ):
        writer.open(page)
        writer.send({"name": name, "state": "ready"})
        assert writer.status == 400
        assert words in writer.page.text
    monkeypatch.setattr(kept, "MOST", 1)
    writer.send({"name": "other", "state": "ready"})
    assert "delete one first" in writer.page.text


def test_another_teams_are_not_there(
    app: Flask,
    make: Callable[[str, str], Citizen],
    writer: Person,
    session: Session,
    services: Services,
) -> None:
    make("nia", "new")
    mine = writer.url
    other = RelyingParty(services.settings.issuer)
    clients.apply(session, services, other.registration())
    theirs = session.get_one(Client, other.client_id).service_id
    eve = enrol(session, services, Citizen("eve@example.com"))
    members.add(session, services, theirs, eve.account_id, Role.MANAGER)
    person = sign_in_as(app, session, services, eve)
    citizen_id = mine.rpartition("/")[2]
    person.open(f"{person.issuer}team/services/{theirs}/test-citizens/{citizen_id}")
    assert person.status == 404


def creating(app: Flask, party: RelyingParty, email: str) -> Person:
    """Somebody who asks for an account with this address."""
    person = Person(app, party.issuer, own_address())
    person.open(party.url(party.ask()))
    person.send(button=0)
    person.send({"email": email})
    return person


def test_ones_address_is_nobody_elses_and_is_not_changed(
    app: Flask,
    party: RelyingParty,
    make: Callable[[str, str], Citizen],
    session: Session,
    services: Services,
) -> None:
    citizen = make("nia", "ready")
    person = sign_in(app, party, citizen, services.clock.now())
    person.open("/account/email")
    assert (person.status, person.heading) == (403, "You cannot change this email address")
    domain = citizen.email.partition("@")[2]
    alice = enrol(session, services)
    other = sign_in_as(app, session, services, alice)
    other.open("/account/email")
    other.send({"password": alice.password})
    other.send({"email": f"NEW@{domain.upper()}"})
    assert other.status == 400
    assert "for the test citizens of a service team" in other.page.text
    wide = domain.replace("t", "\N{FULLWIDTH LATIN SMALL LETTER T}")
    for email in (f"alan@{domain}", f"alan@{wide}", "alan@Test-Citizens.example"):
        stranger = creating(app, party, email)
        assert stranger.status == 400, email
        assert "for the test citizens of a service team" in stranger.page.text


def test_what_began_before_its_address_was_reserved_does_not_end_in_one(
    app: Flask,
    party: RelyingParty,
    make: Callable[[str, str], Citizen],
    session: Session,
    services: Services,
    writer: Person,
) -> None:
    citizen = make("nia", "new")
    person = creating(app, party, citizen.email.upper())
    assert person.heading == "Check your email"
    person.send({"code": Post(app, services).code(citizen.email.upper())})
    assert person.heading == "Create your password"
    writer.open(f"{writer.url}/delete")
    writer.send()
    person.send({"password": citizen.password})
    assert person.url.endswith("/create/email"), person.url
    session.expire_all()
    assert session.scalar(sa.select(sa.func.count()).select_from(Account)) == 1, "the writer's"


def test_production_has_none(
    writer: Person, service_id: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"{writer.issuer}team/services/{service_id}/test-citizens"
    writer.open(page)
    assert writer.status == 200
    live = replace(services, settings=replace(services.settings, mode="production"))
    monkeypatch.setattr(view, "current", SimpleNamespace(services=lambda: live))
    for more in ("", "/new", "/x", "/x/delete"):
        writer.open(page + more)
        assert writer.status == 404, more
