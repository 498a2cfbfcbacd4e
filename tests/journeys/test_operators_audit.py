"""Operators search the record, have it proved and take copies, each of which is recorded."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import audit, audit_checks, audit_search, operator_acts, operators
from idp.domain.audit_entries import AuditEntry
from idp.domain.audit_log import seal_arrivals
from idp.domain.audit_search import Wanted
from idp.domain.services import Services
from idp.journeys.operators import audit_steps
from idp.kernel.database import db
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person

OPERATOR = Citizen("operator@example.com")


@pytest.fixture
def operator(app: Flask, session: Session, services: Services, signing_keys: None) -> Person:
    """An operator, signed in, before a record of sixty entries and a few."""
    enrol(session, services, OPERATOR)
    operators.add(session, services, OPERATOR.account_id)
    for number in range(60):
        fact = audit.AuthorizationRefused(client_id=f"client-{number % 3}", reason="a rule")
        audit.record(session, fact, now=1_700_000_000 + number // 2, request_id=f"REF{number}")
    session.commit()
    while seal_arrivals(session, services):
        pass
    return sign_in_as(app, session, services, OPERATOR)


@pytest.fixture
def ask(operator: Person) -> Callable[[str], str]:
    """Opens the page with these parameters; its words."""
    return lambda asked: operator.open(f"{operator.issuer}ops/audit?{asked}").page.text


def test_pages_follow_each_other_without_a_gap(operator: Person, session: Session) -> None:
    wanted, seen = Wanted(fact="authorization_refused"), []
    while True:
        page = audit_search.page(session, wanted, 7)
        seen += [entry.request_id for entry in page.entries]
        if page.more is None:
            break
        wanted = Wanted(fact="authorization_refused", before=page.more)
    assert seen == [f"REF{number}" for number in reversed(range(60))]
    first = operator.open(f"{operator.issuer}ops/audit?fact=authorization_refused").html
    assert first.count("<h3") == audit_search.PAGE
    assert "REF10<" in first
    assert "REF9<" not in first
    older = operator.open(operator.url + "&before=1700000005-999999").html
    assert "REF11<" in older
    assert "REF12<" not in older


def test_each_field_narrows_the_search(ask: Callable[[str], str]) -> None:
    assert "REF7 " in ask("request_id=ref7")
    assert "There are no such entries" in ask("request_id=REF7&client_id=client-0")
    assert "REF7 " in ask("request_id=REF7&client_id=client-1&since=2023-11-14&until=2023-11-14")
    assert "There are no such entries" in ask("request_id=REF7&since=2023-11-15")
    assert "There are no such entries" in ask("request_id=REF7&until=2023-11-13")
    assert "Error: Enter a day like 2026-11-28" in ask("since=yesterday")
    assert "There are no such entries" not in ask("fact=no-such-fact&before=x-y")


def look_up(session: Session, services: Services) -> None:
    """Open the operator's own record to them, as the page of citizens does."""
    me = OPERATOR.account_id
    operator_acts.write_down(
        session, services, by=me, act=operator_acts.LOOK, account_id=me, reason="a ticket"
    )
    session.commit()


def test_an_account_is_looked_up_for_a_reason_and_that_is_recorded(
    ask: Callable[[str], str], session: Session, services: Services
) -> None:
    ask("account_id=nobody")
    closed = ask(f"account_id={OPERATOR.account_id}")
    assert "Look the citizen up first" in closed
    assert "What the record says" not in closed
    look_up(session, services)
    assert "What the record says" in ask(f"account_id={OPERATOR.account_id}")
    found = session.scalars(
        sa.select(AuditEntry.detail).where(AuditEntry.fact == "audit_searched_by_account")
    ).all()
    assert [json.loads(detail)["about"] for detail in found] == [OPERATOR.account_id]


def test_a_short_record_is_proved_at_once(operator: Person, session: Session) -> None:
    operator.open(f"{operator.issuer}ops/audit")
    assert "Nobody has checked yet" in operator.page.text
    assert "Yes. Checked on" in operator.send().page.text
    session.execute(sa.text("UPDATE audit_log SET client_id = 'forged' WHERE log_index = 17"))
    session.commit()
    words = operator.send().page.text
    assert "Entry 17 is the first that is broken: it was changed." in words
    assert "The 17 entries before it hold" in words


def test_a_long_record_is_the_workers(
    operator: Person,
    session: Session,
    services: Services,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_steps, "SHORT", 10)
    operator.open(f"{operator.issuer}ops/audit")
    assert "It is being checked again" in operator.send().page.text
    verdict = audit_checks.verify_if_due(session, services)
    assert verdict is not None
    assert verdict.holds
    assert "Yes. Checked on" in operator.open(operator.url).page.text
    assert audit_checks.verify_if_due(session, services) is None
    clock.move(audit_checks.EVERY)
    assert audit_checks.verify_if_due(session, services) is not None
    clock.move(-10 * audit_checks.EVERY)
    assert audit_checks.verify_if_due(session, services) is not None


def test_a_copy_is_lines_of_json(operator: Person, session: Session) -> None:
    operator.open(
        f"{operator.issuer}ops/audit/export?client_id=client-2&fact=authorization_refused"
    )
    assert operator.answer is not None
    assert "attachment" in operator.answer.headers["Content-Disposition"]
    entries = [json.loads(line) for line in operator.html.splitlines()]
    assert [entry["request_id"] for entry in entries] == [f"REF{n}" for n in range(59, -1, -3)]
    assert all(len(entry["leaf_hash"]) == 64 for entry in entries)
    assert session.scalar(sa.select(AuditEntry.id).where(AuditEntry.fact == "audit_exported"))
    with operator.client.application.app_context():
        some = b"".join(audit_search.lines(db.engine, Wanted(), 3))
    assert some.count(b"\n") == 3
    assert operator.open(f"{operator.issuer}ops/audit/export?since=x").url.endswith("/ops/audit")


def test_a_copy_of_what_is_said_of_an_account_is_a_look_up_of_it(
    operator: Person, session: Session, services: Services
) -> None:
    copy = f"{operator.issuer}ops/audit/export?account_id={OPERATOR.account_id}"
    assert "Look the citizen up first" in operator.open(copy).page.text
    look_up(session, services)
    operator.open(copy)
    found = session.scalars(
        sa.select(AuditEntry.detail).where(AuditEntry.fact == "audit_searched_by_account")
    ).all()
    assert [json.loads(detail)["about"] for detail in found] == [OPERATOR.account_id]
