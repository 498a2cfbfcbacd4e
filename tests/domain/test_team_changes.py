"""What a team changes of a client: at once, or when an operator approves of it."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from idp.domain import (
    approved_acts,
    clients,
    members,
    operators,
    team_changes,
    team_keys,
    team_services,
)
from idp.domain.approved_acts import CannotBeDone
from idp.domain.client_drafts import Clashing
from idp.domain.clients import Client, Service
from idp.domain.members import Role
from idp.domain.team_changes import AnothersChangeWaits, Outcome, SectorFixed
from idp.domain.team_services import Seen
from tests.domain.conftest import Installation
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty, ec_key, public_key_text

NAMES = {"service": "Get a permit", "service_cy": "Cael trwydded"}


@dataclass
class Team:
    """A client and two people who change it; a third decides."""

    at: Installation
    client_id: str
    one: str
    other: str
    operator: str

    def change(self, by: str = "", **given: Any) -> Outcome:
        with self.at.session() as session, session.begin():
            who = by or self.one
            return team_changes.change(session, self.at.services, self.client_id, who, given)

    def withdraw(self, by: str, *, own: bool = True) -> bool:
        with self.at.session() as session, session.begin():
            return team_changes.withdraw(session, self.at.services, self.client_id, by, own=own)

    def approve(self) -> None:
        with self.at.session() as session, session.begin():
            asked = team_changes.waiting(session, self.client_id)
            assert asked is not None
            approved_acts.approve(session, self.at.services, asked.id, by=self.operator)

    def is_now(self) -> dict[str, Any]:
        with self.at.session() as session:
            return session.get_one(Client, self.client_id).members

    def waits(self) -> dict[str, Any] | None:
        with self.at.session() as session:
            asked = team_changes.waiting(session, self.client_id)
            return asked.asked if asked else None


def team_with(at: Installation, **more: Any) -> Team:
    party = RelyingParty(ISSUER, more={"profile": "openid", **more})
    with at.session() as session, session.begin():
        clients.apply(session, at.services, party.registration())
        emails = ("one@example.com", "two@example.com", "op@example.com")
        people = [enrol(session, at.services, Citizen(email)).account_id for email in emails]
        operators.add(session, at.services, people[2])
        service_id = session.get_one(Client, party.client_id).service_id
        for each in people[:2]:
            members.add(session, at.services, service_id, each, Role.WRITER)
    return Team(at, party.client_id, *people)


@pytest.fixture
def live(bare: Installation) -> Team:
    """Of a client that citizens use."""
    return team_with(bare, environment="production")


def test_an_integration_client_changes_at_once(bare: Installation) -> None:
    team = team_with(bare)
    assert team.change(client_name="Another") == Outcome(changed=True)
    assert team.change(client_name="Another") == Outcome(changed=False)
    assert (team.is_now()["client_name"], team.waits()) == ("Another", None)
    made = team.change(
        token_endpoint_auth_method="client_secret_post", public_key=None, public_key_source=None
    )
    assert made.client_secret
    with bare.session() as session:
        assert team_keys.source(session.get_one(Client, team.client_id)) is None
    with pytest.raises(Clashing):
        team.change(jar_validation_required=True)


def test_a_live_one_changes_when_it_is_approved(live: Team) -> None:
    before = live.is_now()
    assert live.change(client_name="Another") == Outcome(changed=True, waits=True)
    assert live.change(client_name="Another") == Outcome(changed=False, waits=True)
    assert live.change(contacts=["new@example.com"]) == Outcome(changed=True, waits=True)
    assert live.is_now() == before
    assert live.waits() == {"client_name": "Another", "contacts": ["new@example.com"]}
    live.approve()
    assert live.is_now() == before | {"client_name": "Another", "contacts": ["new@example.com"]}
    assert live.waits() is None
    live.change(public_key=public_key_text(ec_key("next")))
    live.approve()
    with live.at.session() as session:
        proof = team_keys.pasted(session, session.get_one(Client, live.client_id))
        assert proof is not None
        assert proof.added_by == live.one, "who asked, whoever approved"
    with pytest.raises(SectorFixed):
        live.change(sector_identifier_uri="https://elsewhere.example")


def test_a_change_back_to_what_is_there_asks_for_nothing(live: Team) -> None:
    name = live.is_now()["client_name"]
    assert live.change(client_name=name) == Outcome(changed=False)
    live.change(client_name="Another")
    assert live.change(client_name=name) == Outcome(changed=True)
    assert live.waits() is None


def test_who_asked_takes_it_back_and_nobody_else_asks_meanwhile(live: Team) -> None:
    assert not live.withdraw(live.one)
    live.change(client_name="Another")
    with pytest.raises(AnothersChangeWaits):
        live.change(by=live.other, client_name="A third")
    assert not live.withdraw(live.other)
    assert live.waits() == {"client_name": "Another"}
    assert live.withdraw(live.one)
    assert live.waits() is None
    live.change(client_name="Another")
    assert live.withdraw(live.other, own=False)
    assert live.waits() is None


def test_what_citizens_see_changes_for_the_whole_service(live: Team) -> None:
    live.change(**NAMES)
    live.approve()
    assert live.is_now().items() >= NAMES.items()
    with live.at.session() as session:
        client = session.get_one(Client, live.client_id)
        service = session.get_one(Service, client.service_id)
        assert (service.name, service.name_cy) == ("Get a permit", "Cael trwydded")
        assert service.landing_page_url == client.members["landing_page_url"]


def test_what_citizens_see_of_a_live_service_waits(live: Team) -> None:
    with live.at.session() as session, session.begin():
        service = session.scalars(select(Service)).one()
        seen = Seen(service.name, "Cael trwydded", service.landing_page_url)
        team_changes.describe(session, live.at.services, live.one, service, seen)
    assert live.waits() == {"service_cy": "Cael trwydded"}


def test_no_other_client_changes_what_citizens_see_of_a_live_service(live: Team) -> None:
    other = live.is_now() | {"client_id": "other", "environment": "integration"}
    seen = {"service_cy": "Arall", "landing_page_url": "https://evil.example/"}
    with live.at.session() as session, session.begin():
        clients.apply(session, live.at.services, other | seen)
        team_changes.change(session, live.at.services, "other", live.one, {"client_name": "Any"})
    with live.at.session() as session:
        service = session.get_one(Service, session.get_one(Client, "other").service_id)
        assert (service.name_cy, service.landing_page_url) == (
            live.is_now().get("service_cy"),
            live.is_now()["landing_page_url"],
        )


def test_what_cannot_be_so_any_more_waits_on(live: Team) -> None:
    before = live.is_now()
    live.change(**NAMES)
    with live.at.session() as session, session.begin():
        seen = Seen("GET A PERMIT", None)
        team_services.create(session, live.at.services, live.other, "Permits", seen)
    with pytest.raises(CannotBeDone, match="has that name"):
        live.approve()
    live.withdraw(live.one)
    live.change(jar_validation_required=True)
    apply(live, {"token_endpoint_auth_method": "client_secret_post"})
    with pytest.raises(CannotBeDone, match="cannot become so"):
        live.approve()
    assert live.is_now()["service"] == before["service"]
    live.at.execute("DELETE FROM client_proofs")
    live.at.execute("DELETE FROM clients")
    with pytest.raises(CannotBeDone, match="no such client"):
        live.approve()
    assert live.waits() == {"jar_validation_required": True}


def apply(team: Team, fields: dict[str, Any]) -> None:
    """Let an operator change the client past its team."""
    with team.at.session() as session, session.begin():
        clients.apply(session, team.at.services, {"client_id": team.client_id} | fields)
