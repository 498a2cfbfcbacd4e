"""A team reads what was done to its service: who, when, the value before and after; and no more."""

import csv
import io

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import audit, client_changes, clients, members, service_history
from idp.domain.audit_log import seal_arrivals
from idp.domain.clients import Client
from idp.domain.fact_catalogue import FACTS
from idp.domain.members import Role
from idp.domain.service_history import Asked
from idp.domain.services import Services
from idp.journeys.service_teams.views.audit import HAPPENED
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

READER = Citizen("reader@example.com")
GONE = Citizen("gone@example.com")
CITIZEN = Citizen("citizen@example.com")


@pytest.fixture
def party() -> RelyingParty:
    """The client of the service that is read about."""
    return RelyingParty(ISSUER)


@pytest.fixture
def service_id(
    session: Session, services: Services, signing_keys: None, party: RelyingParty, clock: FixedClock
) -> str:
    """A service with a history, beside another with one of its own."""
    other = RelyingParty(ISSUER)
    for each in (party, other):
        clients.apply(session, services, each.registration())
    service = session.get_one(Client, party.client_id).service_id
    theirs = session.get_one(Client, other.client_id).service_id
    for citizen in (READER, GONE, CITIZEN):
        enrol(session, services, citizen)
    members.add(session, services, service, READER.account_id, Role.MANAGER)
    members.add(session, services, service, GONE.account_id, Role.READER)
    members.add(session, services, theirs, CITIZEN.account_id, Role.MANAGER)
    clock.move(5)
    change = {"client_id": party.client_id, "contacts": ["=new@example.com"]}
    clients.apply(session, services, party.registration() | change)
    clock.move(5)
    members.remove(session, services, service, GONE.account_id)
    issued = audit.CodeIssued(
        account_id=CITIZEN.account_id, client_id=party.client_id, sid="s", grant_id="g"
    )
    audit.record(session, issued, now=clock.now())
    session.commit()
    while seal_arrivals(session, services):
        pass
    return service


@pytest.fixture
def person(app: Flask, session: Session, services: Services, service_id: str) -> Person:
    """The reader, signed in."""
    return sign_in_as(app, session, services, READER)


def test_who_did_what_to_whom_and_what_changed(
    person: Person, service_id: str, party: RelyingParty
) -> None:
    person.open(f"{ISSUER}team/services/{service_id}/audit")
    words = person.page.text
    assert person.heading.endswith("What was changed, and by whom")
    assert person.html.count(">A client was registered or changed</h2>") == 2
    assert "=new@example.com" in words
    assert "reader@example.com" in words
    assert "somebody who is not a member now" in words
    for hidden in (GONE.email, GONE.account_id, CITIZEN.email, CITIZEN.account_id, "code_issued"):
        assert hidden not in person.html, hidden


def test_the_file_has_a_row_for_each_field_and_no_formula(
    person: Person, service_id: str, party: RelyingParty
) -> None:
    person.open(f"{ISSUER}team/services/{service_id}/audit/csv?client={party.client_id}")
    rows = list(csv.reader(io.StringIO(person.html.removeprefix("\ufeff"))))
    assert rows[0][-3:] == ["Field", "Before", "After"]
    changed = [row[-3:] for row in rows[1:] if row[-3] == "contacts"]
    before = ", ".join(party.registration()["contacts"])
    assert changed == [["contacts", before, "'=new@example.com"], ["contacts", "", before]]
    assert not any("secret" in row[-3] for row in rows)
    assert {row[2] for row in rows[1:]} == {party.client_id}


def test_it_can_be_narrowed_and_goes_page_by_page(
    session: Session, service_id: str, party: RelyingParty
) -> None:
    whole = service_history.page(session, service_id, Asked())
    seen, asked = [], Asked()
    while True:
        page = service_history.page(session, service_id, asked, 2)
        seen += [event.log_index for event in page.events]
        if page.more is None:
            break
        asked = Asked(before=page.more)
    assert seen == [event.log_index for event in whole.events]
    assert [event.fact for event in whole.events] == [
        "member_removed",
        "client_applied",
        "member_added",
        "member_added",
        "client_applied",
    ]
    removed = service_history.page(session, service_id, Asked(fact="member_removed")).events
    assert [event.whom for event in removed] == ["no_member"]
    foreign = service_history.page(session, service_id, Asked(client_id="another"))
    assert foreign.events == ()


def test_a_change_to_nothing_is_not_kept(
    session: Session, services: Services, service_id: str, party: RelyingParty
) -> None:
    before = client_changes.of_clients(session, [party.client_id], 0, 2**40)
    kept = session.get_one(Client, party.client_id).members
    clients.apply(session, services, kept)
    assert client_changes.of_clients(session, [party.client_id], 0, 2**40) == before
    clients.apply(session, services, kept | {"client_secret_hash": None, "client_name": "Other"})
    newest = client_changes.of_clients(session, [party.client_id], 0, 2**40)[-1]
    assert newest.fields == {"client_name": (kept["client_name"], "Other")}


def test_what_is_told_is_of_the_catalogue() -> None:
    assert set(service_history.OF_CLIENTS) <= FACTS.keys()
    assert {"service_created", "member_removed"} <= set(service_history.OF_SERVICES)
    assert set(HAPPENED) == {*service_history.OF_CLIENTS, *service_history.OF_SERVICES}
    for name in (*service_history.OF_CLIENTS, *service_history.OF_SERVICES):
        assert name not in {"code_issued", "tokens_issued", "claims_released"}
