"""`onepass audit` proves and shows the record; `onepass outbox` shows what is on its way."""

import json
from pathlib import Path

import sqlalchemy as sa

from idp.commands.account_levers import accounts
from idp.commands.audit import audit
from idp.commands.outbox import outbox
from idp.domain import audit as facts
from idp.domain import operators
from idp.domain import outbox as outbox_of
from idp.domain.audit_entries import AuditEntry
from idp.domain.outbox import OutboxMessage
from tests.commands.conftest import Terminal
from tests.support.citizens import Citizen, enrol


def tamper(terminal: Terminal, statement: str) -> None:
    with terminal.workplace.engine.begin() as connection:
        connection.execute(sa.text(statement))


def test_a_record_that_holds_is_said_to_hold(equipped: Terminal) -> None:
    told = equipped.json(audit, "verify")
    assert (told["holds"], told["entries"], told["unsealed"]) == (True, 8, 0)
    assert told["broken"] is None
    words = equipped.run(audit, "verify").output
    assert words.startswith("The record holds: 8 entries under 1 checkpoints, 1 of them")
    equipped.workplace.settings.checkpoint_file.unlink()
    assert equipped.run(audit, "verify").exit_code == 0, "the newest may be on its way outside"


def test_a_record_without_witnesses_outside_ends_with_1(equipped: Terminal) -> None:
    with equipped.workplace.session() as session:
        session.add(AuditEntry(at=1, fact="code_issued", detail="{}"))
    equipped.run(audit, "seal")
    assert equipped.run(audit, "verify").exit_code == 0
    equipped.workplace.settings.checkpoint_file.unlink()
    told = equipped.run(audit, "verify")
    assert told.exit_code == 1
    assert "The copy outside lacks 1" in told.output


def test_a_broken_record_ends_with_1_and_names_the_entry(equipped: Terminal) -> None:
    tamper(equipped, "UPDATE audit_log SET at = 1 WHERE log_index = 3")
    told = equipped.json(audit, "verify", code=1)
    assert told["broken"]["log_index"] == 3
    assert told["broken"]["breach"] == "changed"
    result = equipped.run(audit, "verify")
    assert result.exit_code == 1
    assert result.output.startswith("BROKEN at entry 3: changed")


def test_a_record_that_cannot_grow_is_told(equipped: Terminal) -> None:
    tamper(equipped, "UPDATE audit_checkpoints SET frontier = ''")
    with equipped.workplace.session() as session:
        session.add(AuditEntry(at=1, fact="code_issued", detail="{}"))
    assert "The record cannot grow" in equipped.refused(audit, "seal")


def test_entries_are_listed_newest_last(equipped: Terminal) -> None:
    entries = equipped.json(audit, "list", "--limit", "2")
    assert [entry["log_index"] for entry in entries] == [6, 7]
    assert entries[1]["fact"] == "key_activated"
    assert entries[1]["detail"]["emergency"] is False
    assert len(equipped.json(audit, "list", "--fact", "key_generated")) == 4
    assert equipped.json(audit, "list", "--client", "tax") == []
    assert "key_generated" in equipped.run(audit, "list").output
    assert equipped.run(audit, "list", "--client", "x").output == "There are no such entries.\n"


def test_who_reads_what_is_said_of_an_account_has_looked_it_up(
    equipped: Terminal, tmp_path: Path
) -> None:
    """As on the page: the record tells which services a citizen used."""
    services = equipped.workplace.services
    with equipped.workplace.session() as session:
        olwen, alice = (
            enrol(session, services, Citizen(email)).account_id
            for email in ("olwen@example.com", "alice@example.com")
        )
        operators.add(session, services, olwen)
        fact = facts.SignedInWithPassword(account_id=alice, sid="s")
        facts.record(session, fact, now=equipped.clock.now())
    equipped.run(audit, "seal")
    copy, who = str(tmp_path / "copy"), ("--as", "olwen@example.com")
    for command in (("list",), ("export", copy)):
        asked = (*command, "--account", alice)
        assert "Say with --as" in equipped.run(audit, *asked).stderr
        assert "Look the citizen up first" in equipped.refused(audit, *asked, *who)
    shown = equipped.json(accounts, "show", "alice@example.com", *who, "--reason", "ticket 7")
    assert shown["account_id"] == alice
    found = equipped.json(audit, "list", "--account", alice, *who, "--limit", "1")
    assert [entry["account_id"] for entry in found] == [alice]
    assert equipped.json(audit, "export", copy, "--account", alice, *who)["entries"]
    with equipped.session() as session:
        read = sa.select(AuditEntry.account_id, AuditEntry.detail).where(
            AuditEntry.fact == "audit_searched_by_account"
        )
        assert [tuple(row) for row in session.execute(read)] == [
            (olwen, f'{{"about":"{alice}"}}')
        ] * 2


def test_the_outbox_is_shown_and_a_dead_message_sent_again(terminal: Terminal) -> None:
    assert terminal.run(outbox, "show").output == "The outbox is empty.\n"
    assert terminal.run(outbox, "list").output == "There are no such messages.\n"
    services = terminal.workplace.services
    with terminal.workplace.session() as session:
        waiting = outbox_of.put(session, services, "email", {"to": "secret@example.com"})
        dead = outbox_of.put(session, services, "back_channel_logout", {"client_id": "x"})
    with terminal.workplace.session() as session:
        message = session.get_one(OutboxMessage, dead)
        message.state, message.tries, message.last_error = "dead", 6, "it answered 500"
    terminal.clock.move(7)
    assert terminal.json(outbox, "show") == {
        "counts": {"dead": 1, "waiting": 1},
        "oldest_waiting_age": 7,
    }
    assert "the oldest has waited 7 seconds" in terminal.run(outbox, "show").output
    words = terminal.run(outbox, "list").output
    assert f"{dead}  back_channel_logout  dead, 6 tries: it answered 500" in words
    assert "secret@example.com" not in words
    assert [told["id"] for told in terminal.json(outbox, "list", "--state", "dead")] == [dead]
    assert "There is no dead message" in terminal.refused(outbox, "retry", waiting)
    assert terminal.json(outbox, "retry", dead) == {"id": dead, "state": "waiting"}
    assert terminal.json(outbox, "list", "--state", "dead") == []
    with terminal.session() as session:
        found = session.scalars(sa.select(AuditEntry.fact)).all()
    assert found == ["dead_letter_retried"]


def test_every_dead_message_is_sent_again_at_once(terminal: Terminal) -> None:
    with terminal.workplace.session() as session:
        ids = [outbox_of.put(session, terminal.workplace.services, "email", {}) for _ in range(3)]
    assert terminal.json(outbox, "retry", "--all") == {"ids": [], "state": "waiting"}
    with terminal.workplace.session() as session:
        session.execute(sa.update(OutboxMessage).values(state="dead", tries=6))
    assert terminal.run(outbox, "retry", "--all").output == "3 are in line again.\n"
    waiting = terminal.json(outbox, "list", "--state", "waiting")
    assert [told["id"] for told in waiting] == sorted(ids)
    with terminal.session() as session:
        found = session.scalars(sa.select(AuditEntry.fact)).all()
    assert found == ["dead_letter_retried"] * 3


def test_one_message_or_all_of_them(terminal: Terminal) -> None:
    for arguments in ([], ["some-id", "--all"]):
        result = terminal.run(outbox, "retry", *arguments)
        assert result.exit_code == 2
        assert "Name one message, or give --all." in result.output


def test_entries_are_exported_as_lines(equipped: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "record.jsonl"
    told = equipped.json(audit, "export", str(file), "--fact", "key_generated")
    assert told == {"file": str(file), "entries": 4}
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["fact"] for line in lines] == ["key_generated"] * 4
    printed = equipped.run(audit, "export", "-", "--until", "1970-01-01").output
    assert printed == ""
    assert len(equipped.run(audit, "export", "-").output.splitlines()) == 8
    with equipped.session() as session:
        found = session.scalars(sa.select(AuditEntry.fact)).all()
    assert found == ["audit_exported"] * 3
