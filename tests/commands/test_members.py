"""`onepass members` and `onepass operators`: who has a part, by command."""

import pytest
import sqlalchemy as sa

from idp.commands.members import members
from idp.commands.operators import operators
from idp.commands.team_services import services
from idp.domain import clients
from idp.domain.audit_entries import AuditEntry
from tests.commands.conftest import Terminal
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty

SERVICE = "Permits"


@pytest.fixture
def team(terminal: Terminal) -> list[str]:
    """A service, and two people with accounts."""
    people = ["ann@example.com", "ben@example.com"]
    with terminal.workplace.session() as session:
        registration = RelyingParty(ISSUER).registration() | {"service": SERVICE}
        clients.apply(session, terminal.workplace.services, registration)
        for email in people:
            enrol(session, terminal.workplace.services, Citizen(email))
    return people


def roles(terminal: Terminal) -> dict[str, str]:
    listed = terminal.json(members, "list", SERVICE)["members"]
    return {one["email"]: one["role"] for one in listed}


def test_members_come_and_change_and_go(terminal: Terminal, team: list[str]) -> None:
    ann, ben = team
    assert roles(terminal) == {}
    assert terminal.json(members, "add", ann, SERVICE, "--role", "manager")["changed"]
    assert terminal.json(members, "add", ben, SERVICE)["role"] == "reader"
    assert terminal.json(members, "add", ben, SERVICE, "--role", "writer")["changed"]
    assert not terminal.json(members, "add", ben, SERVICE, "--role", "writer")["changed"]
    assert roles(terminal) == {ann: "manager", ben: "writer"}
    assert terminal.json(members, "remove", ben, SERVICE)["changed"]
    assert not terminal.json(members, "remove", ben, SERVICE)["changed"]
    assert roles(terminal) == {ann: "manager"}
    with terminal.session() as session:
        facts = set(session.scalars(sa.select(AuditEntry.fact)))
    assert {"member_added", "member_role_changed", "member_removed"} <= facts


def test_the_last_manager_stays(terminal: Terminal, team: list[str]) -> None:
    ann, ben = team
    terminal.json(members, "add", ann, SERVICE, "--role", "manager")
    terminal.json(members, "add", ben, SERVICE)
    assert "last manager" in terminal.refused(members, "remove", ann, SERVICE)
    assert "last manager" in terminal.refused(members, "add", ann, SERVICE, "--role", "reader")
    terminal.json(members, "add", ben, SERVICE, "--role", "manager")
    assert terminal.json(members, "remove", ann, SERVICE)["changed"]
    assert roles(terminal) == {ben: "manager"}


def test_who_or_what_is_unknown_is_named(terminal: Terminal, team: list[str]) -> None:
    assert "no account" in terminal.refused(members, "add", "nobody@example.com", SERVICE)
    assert "no service called Tolls" in terminal.refused(members, "add", team[0], "Tolls")
    assert terminal.run(members, "list", SERVICE).stdout == "It has no members.\n"


def test_operators_come_and_go(terminal: Terminal, team: list[str]) -> None:
    ann, _ = team
    assert terminal.json(operators, "list")["operators"] == []
    assert terminal.json(operators, "add", ann)["changed"]
    assert not terminal.json(operators, "add", ann)["changed"]
    assert [one["email"] for one in terminal.json(operators, "list")["operators"]] == [ann]
    assert terminal.json(operators, "remove", ann)["changed"]
    assert terminal.json(operators, "list")["operators"] == []
    assert "no account" in terminal.refused(operators, "add", "nobody@example.com")


def test_a_service_is_added_for_its_first_manager(terminal: Terminal, team: list[str]) -> None:
    ann, _ = team
    added = ["add", "Tolls", "--department", "Roads", "--manager", ann, "--name-cy", "Tollau"]
    told = terminal.json(services, *added)
    assert told["name"] == "Tolls"
    listed = terminal.json(members, "list", "Tolls")
    assert [(one["email"], one["role"]) for one in listed["members"]] == [(ann, "manager")]
    assert "reads so" in terminal.refused(services, "add", "TOLLS", *added[2:6])
    nobody = ["--department", "Roads", "--manager", "nobody@example.com"]
    assert "no account" in terminal.refused(services, "add", "Bridges", *nobody)
