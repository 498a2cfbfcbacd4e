"""Asking by command, and deciding by command in the name of another operator."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from idp.commands.clients import clients
from idp.commands.requests import requests
from idp.domain import clients as clients_of
from idp.domain import operators
from idp.domain.audit_entries import AuditEntry
from tests.commands.conftest import Terminal
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty

ASKS, DECIDES, NOBODY = "asks@example.com", "decides@example.com", "nobody@example.com"


@pytest.fixture
def client_id(terminal: Terminal, tmp_path: Path) -> str:
    """A client, two operators and somebody who is none."""
    services = terminal.workplace.services
    with terminal.workplace.session() as session:
        for email in (ASKS, DECIDES, NOBODY):
            account_id = enrol(session, services, Citizen(email)).account_id
            if email != NOBODY:
                operators.add(session, services, account_id)
        return clients_of.apply(session, services, RelyingParty(ISSUER).registration()).client_id


def ask(terminal: Terminal, client_id: str) -> str:
    why = ("--reason", "its tokens leak", "--ticket", "T-1")
    told = terminal.json(clients, "suspend", client_id, "--as", ASKS, *why)
    assert told["state"] == "active"
    return str(told["request"])


def state(terminal: Terminal, client_id: str) -> Any:
    return terminal.json(clients, "show", client_id)["state"]


def test_another_operator_approves_what_was_asked(terminal: Terminal, client_id: str) -> None:
    request = ask(terminal, client_id)
    [listed] = terminal.json(requests, "list")["requests"]
    assert (listed["id"], listed["kind"], listed["late"]) == (request, "suspend_client", False)
    assert request in terminal.run(requests, "list").stdout
    shown = terminal.json(requests, "show", request)
    assert (shown["requested_by_email"], shown["reason"]) == (ASKS, "its tokens leak")
    assert shown["asked"] == {"ticket": "T-1"}
    refused = terminal.refused(requests, "approve", request, "--as", ASKS)
    assert "Another operator can" in refused
    assert "There is no operator" in terminal.refused(requests, "approve", request, "--as", NOBODY)
    assert state(terminal, client_id) == "active"

    done = terminal.json(requests, "approve", request, "--as", DECIDES)

    assert done == {"id": request, "state": "approved"}
    assert state(terminal, client_id) == "suspended"
    assert terminal.json(requests, "show", request)["decided_by"] == DECIDES
    assert terminal.json(requests, "list") == {"requests": [], "dead_letters": 0}
    assert terminal.run(requests, "list").stdout == "Nothing is waiting.\n"
    with terminal.session() as session:
        facts = list(session.scalars(sa.select(AuditEntry.fact).order_by(AuditEntry.id)))
    assert facts[-4:] == [
        "request_submitted",
        "own_request_not_approved",
        "request_decided",
        "client_suspended",
    ]


@pytest.mark.parametrize(
    ("command", "option", "outcome"),
    [("refuse", "--reason", "refused"), ("ask", "--changes", "changes_asked")],
)
def test_another_operator_does_not_approve(
    terminal: Terminal, client_id: str, command: str, option: str, outcome: str
) -> None:
    request = ask(terminal, client_id)
    done = terminal.json(requests, command, request, "--as", DECIDES, option, "not like this")
    assert done == {"id": request, "state": outcome}
    assert terminal.json(requests, "show", request)["decision"] == "not like this"
    assert state(terminal, client_id) == "active"
    again = terminal.refused(requests, "approve", request, "--as", DECIDES)
    assert f"No request {request} waits" in again


def test_who_asked_takes_it_back(terminal: Terminal, client_id: str) -> None:
    request = ask(terminal, client_id)
    assert "waits for that" in terminal.refused(requests, "withdraw", request, "--as", DECIDES)
    assert terminal.json(requests, "withdraw", request, "--as", ASKS)["state"] == "withdrawn"


def test_what_cannot_be_done_any_more_still_waits(terminal: Terminal, client_id: str) -> None:
    request = ask(terminal, client_id)
    alone = ("--as", ASKS, "--reason", "it cannot wait", "--emergency")
    terminal.json(clients, "suspend", client_id, *alone)
    refused = terminal.refused(requests, "approve", request, "--as", DECIDES)
    assert "suspended already" in refused
    assert "still waits" in refused
    assert len(terminal.json(requests, "list")["requests"]) == 1


def test_late_is_said_after_ten_working_days(terminal: Terminal, client_id: str) -> None:
    ask(terminal, client_id)
    terminal.clock.move(15 * 86_400)
    [listed] = terminal.json(requests, "list")["requests"]
    assert (listed["working_days"], listed["late"]) == (11, True)
    assert "LATE" in terminal.run(requests, "list").stdout


def test_asking_needs_a_name_a_reason_and_a_ticket(terminal: Terminal, client_id: str) -> None:
    result = terminal.run(clients, "suspend", client_id, "--as", ASKS, "--reason", "why")
    assert result.exit_code == 2
    assert "--emergency" in result.stderr
    assert "There is no request" in terminal.refused(requests, "show", "x" * 32)


def test_clients_are_found_by_what_they_are_called(terminal: Terminal, client_id: str) -> None:
    found = terminal.json(clients, "list", "--like", client_id.upper())
    assert [each["client_id"] for each in found] == [client_id]
    assert terminal.json(clients, "list", "--like", "nothing like it") == []
