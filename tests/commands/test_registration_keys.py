"""`onepass registration-keys`: a key shown once, listed without it, and taken back."""

import dataclasses

import pytest
import sqlalchemy as sa

from idp.commands.registration_keys import registration_keys
from idp.domain import registration_keys as keys_of
from idp.domain.audit_entries import AuditEntry
from idp.domain.registration_keys import RegistrationKey
from tests.commands.conftest import Terminal

DAY = 86_400


def test_a_key_is_shown_once_and_ends(terminal: Terminal) -> None:
    told = terminal.json(registration_keys, "issue", "Permits team", "--days", "7")
    assert told["key"].startswith(keys_of.PREFIX)
    assert (told["team"], told["state"]) == ("Permits team", "live")
    assert told["expires_at"] == terminal.clock.now() + 7 * DAY
    [listed] = terminal.json(registration_keys, "list")
    assert listed == {name: value for name, value in told.items() if name != "key"}
    terminal.clock.move(7 * DAY)
    assert terminal.json(registration_keys, "list")[0]["state"] == "expired"


def test_a_key_is_taken_back(terminal: Terminal) -> None:
    told = terminal.json(registration_keys, "issue", "Permits team")
    assert told["expires_at"] == terminal.clock.now() + 90 * DAY
    revoked = terminal.json(registration_keys, "revoke", told["id"])
    assert revoked == {"id": told["id"], "state": "revoked"}
    assert terminal.json(registration_keys, "list")[0]["state"] == "revoked"
    for key_id in (told["id"], "nothing"):
        assert "that could be revoked" in terminal.refused(registration_keys, "revoke", key_id)
    with terminal.session() as session:
        facts = session.scalars(sa.select(AuditEntry.fact).order_by(AuditEntry.id)).all()
        stored = session.execute(sa.text("SELECT * FROM registration_keys")).all()
    assert facts == ["registration_key_issued", "registration_key_revoked"]
    assert told["key"] not in repr(stored)


def test_words_for_people(terminal: Terminal) -> None:
    assert terminal.run(registration_keys, "list").stdout == "There are no registration keys.\n"
    lines = terminal.run(registration_keys, "issue", "Permits team").stdout.splitlines()
    assert lines[0].startswith(keys_of.PREFIX)
    assert lines[1].endswith("of Permits team, good for 90 days. Shown once.")
    assert terminal.run(registration_keys, "list").stdout.endswith("  live  Permits team\n")
    key_id = terminal.json(registration_keys, "list")[0]["id"]
    revoked = terminal.run(registration_keys, "revoke", key_id)
    assert revoked.stdout == f"{key_id} is revoked.\n"


@pytest.mark.parametrize("team", ["", " ", "x" * 65, "two\nlines"])
def test_a_team_has_a_name(terminal: Terminal, team: str) -> None:
    assert "A team has a name" in terminal.refused(registration_keys, "issue", team)
    assert terminal.json(registration_keys, "list") == []


@pytest.mark.parametrize("days", ["0", "367", "many"])
def test_a_key_does_not_last_for_ever(terminal: Terminal, days: str) -> None:
    assert terminal.run(registration_keys, "issue", "A team", "--days", days).exit_code == 2


def test_production_gives_out_none(terminal: Terminal) -> None:
    settings = dataclasses.replace(terminal.workplace.settings, mode="production")
    terminal.workplace = dataclasses.replace(terminal.workplace, settings=settings)
    told = terminal.refused(registration_keys, "issue", "A team")
    assert "In production mode only operators register clients." in told


def test_old_keys_are_swept(terminal: Terminal) -> None:
    told = terminal.json(registration_keys, "issue", "A team", "--days", "1")
    for days, left in ((366, 1), (2, 0)):
        terminal.clock.move(days * DAY)
        with terminal.workplace.session() as session:
            keys_of.sweep(session, terminal.clock.now())
        with terminal.session() as session:
            assert session.query(RegistrationKey).filter_by(id=told["id"]).count() == left
