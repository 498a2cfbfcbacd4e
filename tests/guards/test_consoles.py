"""Every page of both consoles, driven as everybody who may not have it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import click
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.cli import onepass
from idp.domain import clients, members, operators
from idp.domain.audit_entries import AuditEntry
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.services import Services
from idp.journeys.operators.views import blueprint as operators_console
from idp.journeys.service_teams.views import blueprint as team_console
from tests.guards.console_pages import (
    ANYBODY,
    MANAGER,
    OPERATOR_PAGES,
    PAGES,
    READER,
    TEAM_PAGES,
    WRITER,
)
from tests.support.addresses import own_address
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

ORDER = (READER, WRITER, MANAGER)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Who may see a page does not depend on the database."""
    return sqlite_url


@dataclass
class House:
    """One service with a client and a member of each role, and people who are none."""

    service_id: str
    client_id: str
    people: dict[str, Citizen] = field(default_factory=dict)

    def address(self, rule: str) -> str:
        """The address of a page about this service; what else it names is made up."""
        path = rule.replace("<service_id>", self.service_id).replace("<client_id>", self.client_id)
        parts = ["x" * 32 if part.startswith("<") else part for part in path.split("/")]
        return ISSUER.rstrip("/") + "/".join(parts)


@pytest.fixture
def house(app: Flask, session: Session, services: Services) -> House:
    """Everybody is there, and signed out."""
    applied = clients.apply(session, services, RelyingParty(ISSUER).registration())
    other = clients.apply(
        session, services, RelyingParty(ISSUER, client_id="other").registration() | {"service": "B"}
    )
    service = session.get_one(Client, applied.client_id).service_id
    theirs = session.get_one(Client, other.client_id).service_id
    built = House(service, applied.client_id)
    for name in ("reader", "writer", "manager", "stranger", "neighbour", "operator"):
        built.people[name] = enrol(session, services, Citizen(f"{name}@example.com"))
    for role in Role:
        name = role.name.lower()
        members.add(session, services, service, built.people[name].account_id, role)
    members.add(session, services, theirs, built.people["neighbour"].account_id, Role.MANAGER)
    operators.add(session, services, built.people["operator"].account_id)
    session.commit()
    return built


@pytest.fixture
def come(app: Flask, session: Session, services: Services, house: House) -> Callable[[str], Person]:
    """Brings one of them, signed in."""
    return lambda name: sign_in_as(app, session, services, house.people[name])


def wrong_ones(rule: str) -> list[str]:
    """Who of them may not have this page."""
    role, _ = PAGES[rule]
    if rule in OPERATOR_PAGES:
        return ["stranger", "reader", "manager", "neighbour"]
    if role == ANYBODY:
        return []
    return ["stranger", "neighbour", "operator", *ORDER[: ORDER.index(role)]]


def test_the_table_is_the_consoles() -> None:
    found = {
        page.rule: (page.role, page.methods)
        for page in (*team_console.pages, *operators_console.pages)
    }
    assert found == PAGES


def test_no_page_of_a_console_is_outside_its_table(app: Flask) -> None:
    rules = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith((f"{team_console.name}.", f"{operators_console.name}."))
    }
    assert rules == set(PAGES)
    assert all(rule.startswith("/team") for rule in TEAM_PAGES)
    assert all("<service_id>" in rule for rule, (role, _) in TEAM_PAGES.items() if role != ANYBODY)


@pytest.mark.parametrize(
    "name", ["stranger", "neighbour", "operator", "reader", "writer", "manager"]
)
def test_who_lacks_the_role_is_refused_and_it_is_recorded(
    name: str, house: House, come: Callable[[str], Person], session: Session
) -> None:
    person = come(name)
    account_id = house.people[name].account_id
    refused = select(AuditEntry).where(
        AuditEntry.fact == "console_refused", AuditEntry.account_id == account_id
    )
    seen = 0
    for rule, (role, methods) in PAGES.items():
        if name not in wrong_ones(rule):
            continue
        for method in methods:
            if method == "GET":
                person.open(house.address(rule))
                status = person.status
            else:
                person.open(f"{ISSUER}account/data")
                token = person.form().values["csrf_token"]
                status = person.request(
                    "POST",
                    house.address(rule),
                    {"csrf_token": token},
                    {"Origin": ISSUER.rstrip("/"), "Accept": "text/html", "Referer": ISSUER},
                ).status
            assert status in (403, 404), f"{name} {method} {rule}"
            seen += 1
            session.expire_all()
            entries = session.scalars(refused).all()
            assert len(entries) == seen, f"{name} {method} {rule} is not recorded"
            assert f'"needed":"{role}"' in entries[-1].detail


def test_a_member_is_not_told_of_another_service(
    house: House, come: Callable[[str], Person]
) -> None:
    person = come("neighbour")
    for rule, (role, methods) in TEAM_PAGES.items():
        if role != ANYBODY and "GET" in methods:
            person.open(house.address(rule))
            assert person.status == 404, rule


def test_who_is_not_signed_in_signs_in_first(house: House, app: Flask) -> None:
    for rule in [rule for rule, (_, methods) in PAGES.items() if "GET" in methods]:
        person = Person(app, ISSUER, own_address())
        person.open(house.address(rule))
        assert "/j/" in person.url, rule
        assert person.url.endswith("/start"), rule


@pytest.mark.parametrize(
    ("name", "rule"),
    [("manager", "/team"), ("stranger", "/team"), ("operator", "/ops")],
)
def test_who_has_the_role_is_let_in(
    house: House, come: Callable[[str], Person], name: str, rule: str
) -> None:
    person = come(name)
    person.open(house.address(rule))
    assert person.status == 200


def test_every_page_of_the_operators_names_a_command_that_does_the_same() -> None:
    for page in operators_console.pages:
        assert page.command, f"{page.rule} has no command"
        words = page.command.split()
        assert words[0] == "onepass", page.command
        command: click.Command = onepass
        for word in words[1:]:
            assert isinstance(command, click.Group), page.command
            assert word in command.commands, f"{page.rule}: there is no `{page.command}`"
            command = command.commands[word]
        assert not isinstance(command, click.Group), f"{page.command} is a group"
        assert any(option.name == "as_json" for option in command.params), page.command
