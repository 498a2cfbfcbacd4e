"""The page of a client's requests, for its team and for operators."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import clients, members, operators
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.services import Services
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What pages say does not depend on the database."""
    return sqlite_url


@pytest.fixture
def party(session: Session, services: Services) -> RelyingParty:
    """A registered client."""
    made = RelyingParty(ISSUER, client_id="reading")
    clients.apply(session, services, made.registration())
    session.commit()
    return made


@pytest.fixture
def reader(app: Flask, session: Session, services: Services, party: RelyingParty) -> Person:
    """A reader of the service, at the page."""
    citizen = enrol(session, services)
    service_id = session.get_one(Client, party.client_id).service_id
    members.add(session, services, service_id, citizen.account_id, Role.READER)
    person = sign_in_as(app, session, services, citizen)
    person.open(f"{ISSUER}team/services/{service_id}/clients/{party.client_id}/requests")
    return person


def refused(app: Flask, party: RelyingParty, **changes: str | None) -> str:
    """Somebody meets a refusal; the reference that their page shows."""
    citizen = Person(app, ISSUER, "127.7.7.7")
    citizen.open(party.url(party.ask(**changes)))
    assert citizen.status == 400
    reference: str = citizen.page.text.partition("Reference:")[2].split()[0]
    return reference


def test_a_team_finds_the_reference_of_a_citizens_page(
    app: Flask, reader: Person, party: RelyingParty
) -> None:
    assert "There is nothing yet" in reader.page.text
    page = reader.url
    reference = refused(app, party, redirect_uri=f"{party.redirect_uri}/")
    refused(app, party, redirect_uri="https://evil.example/there?token=abc")
    reader.open(f"{page}?reference={reference.lower()}")
    words = reader.page.text
    assert "What differs: trailing slash" in words
    assert f"Registered: {party.redirect_uri}" in words
    assert "evil.example" not in reader.open(page).html
    assert reader.page.text.count("Failed") == 2
    reader.open(f"{page}?reference=0123456789ABCDEF")
    assert "No request of this client has that reference" in reader.page.text
    reader.open(f"{page}?failed=1&lng=cy")
    assert "slaes ar y diwedd" in reader.page.text


def test_an_operator_reads_the_same_of_any_client(
    app: Flask, session: Session, services: Services, party: RelyingParty
) -> None:
    citizen = enrol(session, services, Citizen("operator@example.com"))
    operators.add(session, services, citizen.account_id)
    person = sign_in_as(app, session, services, citizen)
    refused(app, party, redirect_uri="https://evil.example/")
    person.open(f"{ISSUER}ops/clients/{party.client_id}/requests")
    assert "it is like none that is registered" in person.page.text
    person.open(f"{ISSUER}ops/clients/nobody/requests")
    assert person.status == 404
