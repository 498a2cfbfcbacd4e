"""`onepass clients`: registrations from a file, all of them or none, a secret shown once."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from idp.commands.clients import clients
from idp.domain import audit, operators
from idp.domain.audit_entries import AuditEntry
from idp.domain.change_requests import ChangeRequest
from idp.domain.clients import Client
from idp.domain.request_facts import RequestRefused
from tests.commands.conftest import Terminal
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty
from tests.support.secrets import one_logins_hash

ALONE = ("--as", "olwen@example.com", "--reason", "its tokens leak")


@pytest.fixture
def olwen(terminal: Terminal) -> None:
    """An operator."""
    with terminal.workplace.session() as session:
        citizen = enrol(session, terminal.workplace.services, Citizen(ALONE[1]))
        operators.add(session, terminal.workplace.services, citizen.account_id)


def registration(**about: Any) -> dict[str, Any]:
    return RelyingParty(ISSUER, **about).registration()


def written(folder: Path, document: object) -> str:
    file = folder / "clients.json"
    file.write_text(json.dumps(document))
    return str(file)


def test_one_client_is_created_and_then_updated(terminal: Terminal, tmp_path: Path) -> None:
    fields = registration(client_id="tax")
    file = written(tmp_path, fields)
    assert terminal.json(clients, "apply", file) == {"client_id": "tax", "created": True}
    file = written(tmp_path, {"client_id": "tax", "client_name": "Renamed"})
    assert terminal.json(clients, "apply", file) == {"client_id": "tax", "created": False}
    shown = terminal.json(clients, "show", "tax")
    assert shown["client_name"] == "Renamed"
    assert shown["redirect_uris"] == fields["redirect_uris"]
    assert shown["state"] == "active"


def test_a_client_without_an_id_gets_one(terminal: Terminal, tmp_path: Path) -> None:
    fields = registration()
    del fields["client_id"]
    made = terminal.json(clients, "apply", written(tmp_path, fields))
    assert terminal.json(clients, "show", made["client_id"])["client_name"]


def test_a_secret_is_shown_once(terminal: Terminal, tmp_path: Path) -> None:
    fields = registration(client_id="library", method="client_secret_post")
    file = written(tmp_path, fields)
    secret = terminal.json(clients, "apply", file)["client_secret"]
    assert len(secret) == 43
    assert "client_secret" not in terminal.json(clients, "apply", file)
    shown = terminal.run(clients, "show", "library").stdout
    assert secret not in shown
    assert "secret_hash" not in shown


def test_the_requests_that_failed_are_listed(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json(clients, "apply", written(tmp_path, registration(client_id="tax")))
    assert terminal.json(clients, "requests", "tax") == {"client_id": "tax", "requests": []}
    fact = RequestRefused(client_id="tax", where="token", error="invalid_grant", check="code used")
    with terminal.workplace.session() as session:
        audit.record(session, fact, now=0, request_id="0123456789ABCDEF")
    [found] = terminal.json(clients, "requests", "tax", "--reference", "0123456789abcdef")[
        "requests"
    ]
    assert (found["where"], found["check"], found["refused"]) == ("token", "code used", True)
    words = terminal.run(clients, "requests", "tax", "--failed").stdout
    assert words.strip() == "1970-01-01T00:00:00+00:00  0123456789ABCDEF  token  refused  code used"
    assert terminal.run(clients, "requests", "nobody").exit_code == 1


def test_words_for_people(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.run(clients, "list").stdout.strip() == "There are no clients."
    file = written(tmp_path, registration(client_id="library", method="client_secret_post"))
    assert terminal.run(clients, "apply", file).stdout.startswith("library: created, secret ")
    assert terminal.run(clients, "apply", file).stdout.strip() == "library: updated"
    assert terminal.run(clients, "list").stdout.startswith("library  active  Service library")
    assert "token_endpoint_auth_method: client_secret_post" in (
        terminal.run(clients, "show", "library").stdout
    )


def test_several_are_listed(terminal: Terminal, tmp_path: Path) -> None:
    both = [registration(client_id="a"), registration(client_id="b")]
    applied = terminal.json(clients, "apply", written(tmp_path, both))
    assert [entry["client_id"] for entry in applied] == ["a", "b"]
    listed = terminal.json(clients, "list")
    assert [(entry["client_id"], entry["state"]) for entry in listed] == [
        ("a", "active"), ("b", "active")]  # fmt: skip


def test_all_of_a_file_or_none(terminal: Terminal, tmp_path: Path) -> None:
    bad = registration(client_id="b") | {"redirect_uris": ["javascript:alert(1)"]}
    told = terminal.refused(clients, "apply", written(tmp_path, [registration(client_id="a"), bad]))
    assert "Client 2: invalid_redirect_uri" in told
    assert terminal.json(clients, "list") == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '"a"', "[[]]", "null"])
def test_what_is_no_registration(terminal: Terminal, tmp_path: Path, text: str) -> None:
    file = tmp_path / "clients.json"
    file.write_text(text)
    terminal.refused(clients, "apply", str(file))
    assert terminal.json(clients, "list") == []


@pytest.mark.usefixtures("olwen")
@pytest.mark.parametrize(
    "command", [("show",), ("suspend", *ALONE, "--emergency"), ("restore", *ALONE)]
)
def test_a_client_that_does_not_exist(terminal: Terminal, command: tuple[str, ...]) -> None:
    assert "There is no client nobody." in terminal.refused(clients, *command, "nobody")


def facts(terminal: Terminal) -> list[str]:
    with terminal.session() as session:
        return list(session.scalars(sa.select(AuditEntry.fact).order_by(AuditEntry.id)))


@pytest.mark.usefixtures("olwen")
def test_a_client_is_suspended_and_restored(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run(clients, "apply", written(tmp_path, registration(client_id="tax")))
    for command, state in (("suspend", "suspended"), ("restore", "active")):
        at_once = (*ALONE, "--emergency") if command == "suspend" else ALONE
        first = terminal.json(clients, command, "tax", *at_once)
        assert first == {"client_id": "tax", "state": state, "changed": True}
        assert terminal.json(clients, "show", "tax")["state"] == state
        assert terminal.json(clients, "list")[0]["state"] == state
        again = terminal.json(clients, command, "tax", *at_once)
        assert again == {"client_id": "tax", "state": state, "changed": False}
        assert (
            terminal.run(clients, command, "tax", *at_once).stdout == f"tax is {state} already.\n"
        )
    assert [fact for fact in facts(terminal) if fact.startswith("client_")] == [
        "client_applied",
        "client_suspended",
        "client_restored",
    ]
    with terminal.session() as session:
        kept = list(session.scalars(sa.select(ChangeRequest).order_by(ChangeRequest.kind)))
    assert [(each.kind, each.state, each.reason) for each in kept] == [
        ("restore_client", "done_alone", ALONE[3]),
        ("suspend_client", "done_alone", ALONE[3]),
    ]


@pytest.mark.usefixtures("olwen")
def test_changing_a_registration_lifts_no_suspension(terminal: Terminal, tmp_path: Path) -> None:
    file = written(tmp_path, registration(client_id="tax"))
    terminal.run(clients, "apply", file)
    assert (
        "tax is suspended." in terminal.run(clients, "suspend", "tax", *ALONE, "--emergency").stdout
    )
    terminal.run(clients, "apply", file)
    assert terminal.json(clients, "show", "tax")["state"] == "suspended"


def test_one_logins_names_are_understood_and_a_hash_is_kept_out_of_sight(
    terminal: Terminal, tmp_path: Path
) -> None:
    """A row of One Login's own registry, as it stands there."""
    encoded = one_logins_hash("a secret")
    row = {
        "ClientID": "library",
        "ClientName": "Reserve a book",
        "RedirectUrls": ["https://library.example/callback"],
        "PostLogoutRedirectUrls": ["https://library.example/bye"],
        "Contacts": ["team@library.example"],
        "Scopes": ["openid"],
        "SectorIdentifierUri": "https://library.example",
        "SubjectType": "pairwise",
        "TokenAuthMethod": "client_secret_post",
        "ClientSecret": encoded,
        "RateLimit": 5,
        "PKCEEnforced": False,
        "TestClient": False,
        "LastUpdated": "whatever else stands there",
    }
    told = terminal.json(clients, "apply", written(tmp_path, row))
    assert told == {"client_id": "library", "created": True}
    shown = terminal.json(clients, "show", "library")
    assert (shown["client_name"], shown["rate_limit"]) == ("Reserve a book", 5)
    assert shown["pkce_enforced"] is False
    assert encoded not in json.dumps(shown)
    assert "LastUpdated" not in shown
    changed = written(tmp_path, {"client_id": "library", "rate_limit": 6})
    terminal.run(clients, "apply", changed)
    assert terminal.json(clients, "show", "library")["rate_limit"] == 6
    with terminal.session() as session:
        assert session.get_one(Client, "library").imported_secret_hash == encoded


def test_a_secret_goes_when_the_client_gets_a_key(terminal: Terminal, tmp_path: Path) -> None:
    by_secret = registration(client_id="a", method="client_secret_post")
    terminal.run(clients, "apply", written(tmp_path, by_secret))
    terminal.run(clients, "apply", written(tmp_path, registration(client_id="a")))
    with terminal.session() as session:
        client = session.get_one(Client, "a")
        assert (client.secret_hash, client.imported_secret_hash) == (None, None)


def test_faults_are_given_and_taken_back(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json(clients, "apply", written(tmp_path, registration(client_id="tax")))
    wanted = ["id_token.INVALID_ISS", "authorize.ACCESS_DENIED"]
    given = terminal.json(clients, "faults", "tax", *wanted)
    assert given == {"client_id": "tax", "faults": sorted(wanted)}
    assert terminal.run(clients, "faults", "tax").stdout.strip() == "tax: no faults"
    refused = terminal.refused(clients, "faults", "tax", "id_token.NONSENSE")
    assert "There is no fault id_token.NONSENSE." in refused
