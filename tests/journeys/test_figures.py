"""Operators see figures, in pictures, tables and files; what only few did is hidden."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import audit, clients, daily_counts, feedback, figures, journey_times, operators
from idp.domain.audit_log import seal_arrivals
from idp.domain.feedback import After
from idp.domain.figures import Passage
from idp.domain.journey_times import Bucket
from idp.domain.services import Services
from idp.journeys.operators.figure_tables import shown_times
from idp.web import spreadsheets
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

OPERATOR = Citizen("operator@example.com")
DAY = 86_400


@pytest.fixture
def party(session: Session, services: Services, signing_keys: None) -> RelyingParty:
    """A client that is registered."""
    party = RelyingParty(ISSUER)
    clients.apply(session, services, party.registration())
    return party


@pytest.fixture
def operator(
    app: Flask, session: Session, services: Services, clock: FixedClock, party: RelyingParty
) -> Person:
    """An operator, before the figures of two days and of one long ago."""
    enrol(session, services, OPERATOR)
    operators.add(session, services, OPERATOR.account_id)
    now = clock.now()
    for at, times in ((now, 7), (now - DAY, 3), (now - 8 * DAY, 20)):
        for _ in range(times):
            audit.record(session, audit.SignedInWithPassword(account_id="a", sid="s"), now=at)
            refused = audit.AuthorizationRefused(client_id=party.client_id, reason="a rule")
            audit.record(session, refused, now=at)
    audit.record(session, audit.Locked(kind="password"), now=now)
    today = now - now % DAY
    for bound, times in ((30, 6), (60, 3), (1800, 1)):
        whole = Bucket(today, "sign_in", journey_times.WHOLE, journey_times.FINISHED, bound)
        journey_times._add(session, whole, times)
    page = Bucket(today, "sign_in", "sign_in.password", journey_times.LEFT, 0)
    journey_times._add(session, page, 9)
    for _ in range(6):
        feedback.give(
            session,
            services,
            after=After.SIGNING_OUT,
            language="en",
            satisfaction=5,
            words="",
        )
    session.commit()
    while seal_arrivals(session, services):
        pass
    while daily_counts.count_sealed(session):
        session.commit()
    return sign_in_as(app, session, services, OPERATOR)


@pytest.fixture
def table(operator: Person) -> Callable[..., list[list[str]]]:
    """Downloads a table; its rows without the head."""

    def download(name: str, days: int = 7) -> list[list[str]]:
        operator.open(f"{ISSUER}ops/metrics/{name}/csv?days={days}")
        assert operator.answer is not None
        assert operator.answer.headers["Content-Type"].startswith("text/csv")
        assert f"onepass-{name}-{days}-days.csv" in operator.answer.headers["Content-Disposition"]
        return list(csv.reader(io.StringIO(operator.html.removeprefix("\ufeff"))))[1:]

    return download


def test_each_day_has_its_number_and_few_are_hidden(
    table: Callable[..., list[list[str]]],
) -> None:
    rows = table("sign-ins")
    assert len(rows) == 7
    assert [row[1] for row in rows[-2:]] == ["fewer than 5", "7"]
    assert [row[1] for row in rows[:-2]] == ["0"] * 5
    assert len(table("sign-ins", 28)) == 28
    assert "20" in {row[1] for row in table("sign-ins", 28)}


def test_the_tables_say_what_happened(
    table: Callable[..., list[list[str]]], party: RelyingParty
) -> None:
    assert table("failures") == [["authorization_refused", "a rule", party.client_id, "10"]]
    assert table("failures", 28)[0][3] == "30"
    assert table("locks") == [["Password", "fewer than 5"]]
    assert table("times") == [
        ["30 seconds", "6"],
        ["1 minute", "fewer than 5"],
        ["30 minutes", "fewer than 5"],
    ]
    assert table("pages") == [
        ["Signing in", "the whole of it", "10", "0", "30 seconds", "1 minute"],
        ["Signing in", "sign_in.password", "0", "9", "–", "–"],
    ]
    assert ["After signing out", "Very satisfied", "6"] in table("satisfaction")
    table("satisfaction", 90)
    assert table("latency")[0][0].startswith("/ops/metrics")


def test_how_long_a_few_took_is_not_told() -> None:
    def told(passed: int) -> tuple[int | None, ...]:
        return shown_times(Passage("sign_in", "whole", passed, 0, half=30, most=60))

    assert told(4) == (None, None)
    assert told(5) == (30, 60)


def test_the_page_has_a_picture_with_its_table(operator: Person) -> None:
    operator.open(f"{ISSUER}ops/metrics?days=7")
    assert operator.heading == "Figures of the last 7 days"
    assert "Half of them within 30 seconds, nine in ten within 1 minute." in operator.page.text
    picture = re.search(
        r'<svg[^>]*aria-labelledby="picture-sign-ins">.*?</svg>', operator.html, re.DOTALL
    )
    assert picture is not None
    assert 'role="img"' in picture[0]
    assert "Sign-ins: one bar for each row of the table, the highest is 7" in picture[0]
    assert re.findall(r'height="(\d+)"', picture[0]) == ["0"] * 6 + ["100"]
    assert "picture-locks" not in operator.html, "a bar would tell the hidden number"
    assert operator.open(f"{ISSUER}ops/metrics?days=1").heading == "Figures of the last 28 days"
    assert operator.open(f"{ISSUER}ops/metrics/nothing/csv").status == 404


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "＝1", "\n=1"]
)
def test_no_cell_is_a_formula(app: Flask, text: str) -> None:
    with app.test_request_context("/"):
        answer = spreadsheets.file("x", [[text, "a-b", 5]])
    row = next(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert row[0] == f"'{text}"
    assert row[1:] == ["a-b", "5"]


def test_a_share_of_nobody_takes_no_time() -> None:
    assert figures.within({}, 0.5) is None
    assert figures.within({5: 1, 30: 1}, 0.5) == 5
    assert figures.within({5: 1, 30: 9}, 0.9) == 30
