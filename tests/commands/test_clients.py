"""`onepass clients`: registrations from a file, all of them or none, a secret shown once."""

import json
from pathlib import Path
from typing import Any

import pytest

from idp.commands.clients import clients
from tests.commands.conftest import Terminal
from tests.support.building import ISSUER
from tests.support.relying_party import RelyingParty


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


def test_a_client_that_does_not_exist(terminal: Terminal) -> None:
    assert "There is no client nobody." in terminal.refused(clients, "show", "nobody")
