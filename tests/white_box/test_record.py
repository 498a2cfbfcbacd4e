"""What the log and the record are like: whole lines, who and when, and no editing unseen."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.commands.audit import audit as audit_commands
from idp.domain.audit_entries import AuditEntry
from idp.kernel.database import db
from idp.worker import Worker
from tests.commands.conftest import terminal_on
from tests.endpoints.provider import Provider
from tests.journeys import walks
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

FORGED = '\r\n{"event": "forged"}\n\x1b[2J\u2028"}, {"event": "forged", "x": "'
"""What would be a line of its own, or colour a terminal, wherever it is written as it comes."""


def lines_of(log: str) -> list[dict[str, object]]:
    """The lines of a log as a program that reads it takes them, each a record."""
    return [json.loads(line) for line in log.split("\n") if line]


@pytest.mark.threat("AUDIT-03")
def test_audit_03_nothing_that_is_sent_breaks_a_line(
    capfd: pytest.CaptureFixture[str],
    provider: Provider,
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
) -> None:
    def logged(words: str) -> list[dict[str, object]]:
        capfd.readouterr()
        person = browser()
        headers = {"User-Agent": words.replace("\r", "").replace("\n", "")}
        person.open(f"{provider.issuer}nowhere?{urlencode({'x': words})}", **headers)
        person.open(library.url(library.ask(client_id=words)), **headers)
        person.open(library.url(library.ask(scope=words)), **headers)
        walks.come_to_password(person, library, words)
        person.client.post(f"/j/{words}/password", data={"password": words}, headers=headers)
        form = library.token_form(library.ask(), words, provider.now, client_id=words)
        person.client.post("/token", data=form, headers=headers)
        log = capfd.readouterr().err
        assert "\x1b" not in log
        assert "\r" not in log
        return lines_of(log)

    plain, poisoned = logged("harmless"), logged(FORGED)
    assert [line["event"] for line in poisoned] == [line["event"] for line in plain]
    assert len(plain) > 8, "the requests' log was not captured"
    with provider.records() as session:
        entries = session.scalars(sa.select(AuditEntry)).all()
    assert all(isinstance(json.loads(entry.detail), dict) for entry in entries)
    assert "forged" not in {entry.fact for entry in entries}


@pytest.mark.threat("AUDIT-04")
def test_audit_04_each_event_says_who_and_when_and_leads_to_where(
    capfd: pytest.CaptureFixture[str],
    provider: Provider,
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    clock: FixedClock,
) -> None:
    begun = clock.now()
    person = browser()
    asked = walks.come_to_password(person, library, alice.email)
    person.send({"password": "guess after guess"})
    clock.move(7)
    person.send({"password": alice.password})
    person.send({"code": alice.code(clock.now())})
    code = library.answer(asked, person.left_to)["code"]
    provider.redeem(library, asked, code)
    provider.redeem(library, asked, code)

    lines = lines_of(capfd.readouterr().err)
    answered = {line["request_id"]: line for line in lines if line["event"] == "request_answered"}
    with provider.records() as session:
        entries = session.scalars(
            sa.select(AuditEntry).where(AuditEntry.account_id == alice.account_id)
        ).all()
    assert {entry.fact for entry in entries} == {
        "password_refused",
        "signed_in_with_password",
        "second_factor_passed",
        "code_issued",
        "tokens_issued",
        "code_replayed",
    }
    for entry in entries:
        line = answered.get(entry.request_id)
        assert line is not None, f"{entry.fact} leads to no request"
        assert line["source"], entry.fact
        when = datetime.fromisoformat(str(line["timestamp"]))
        assert when == datetime.fromtimestamp(entry.at, UTC)
        assert when.tzinfo == UTC
        assert entry.at == (begun if entry.fact == "password_refused" else begun + 7)
        assert entry.client_id == library.client_id or entry.client_id is None
    assert all(entry.client_id for entry in entries if entry.grant_id)


@pytest.mark.threat("AUDIT-05")
@pytest.mark.parametrize(
    ("change", "breach"),
    [
        ("UPDATE audit_log SET account_id = 'x' WHERE fact = 'password_refused'", "changed"),
        ("DELETE FROM audit_log WHERE fact = 'password_refused'", "missing"),
        ("DELETE FROM audit_log WHERE log_index = (SELECT max(log_index) FROM audit_log)", "cut"),
    ],
    ids=["an entry is changed", "an entry is taken away", "the newest is cut off"],
)
def test_audit_05_a_record_that_was_touched_no_longer_holds(
    app: Flask,
    provider: Provider,
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    clock: FixedClock,
    change: str,
    breach: str,
) -> None:
    person = browser()
    walks.come_to_password(person, library, alice.email)
    person.send({"password": "guess after guess"})
    walks.sign_in(person, library, alice, clock)
    with app.app_context():
        Worker(provider.services, db.engine).run_once()
    settings = provider.settings
    terminal = terminal_on(settings.database_url, settings.var_dir, clock)
    told = terminal.json(audit_commands, "verify")
    assert told["holds"]
    assert told["unsealed"] == 0
    with provider.engine.begin() as connection:
        assert connection.execute(sa.text(change)).rowcount == 1
    told = terminal.json(audit_commands, "verify", code=1)
    assert not told["holds"]
    assert breach in told["broken"]["breach"]
    terminal.workplace.engine.dispose()
