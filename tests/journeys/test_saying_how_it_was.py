"""Whoever wants to says how it was, and stays unknown; the operator sees figures."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain.feedback import Feedback
from idp.domain.journey_times import JourneyCount
from idp.domain.services import Services
from idp.kernel.database import db
from idp.worker import Worker
from tests.journeys import walks
from tests.support.building import ISSUER
from tests.support.citizens import Citizen
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

ORIGIN = {"Origin": ISSUER.rstrip("/")}


def test_somebody_without_a_cookie_answers_and_gets_none(person: Person, session: Session) -> None:
    person.open("/feedback?after=creating_an_account")
    person.send({"satisfaction": "5", "words": " Very\r\neasy. "})
    assert (person.status, person.heading) == (200, "Thank you")
    assert not person.client._cookies, "a cookie was set"
    kept = session.scalars(sa.select(Feedback)).one()
    assert (kept.after, kept.satisfaction, kept.words) == (
        "creating_an_account",
        5,
        "Very\neasy.",
    )


@pytest.mark.parametrize(
    "values", [{}, {"satisfaction": "6"}, {"satisfaction": "5", "words": "x" * 1201}]
)
def test_an_answer_that_is_none_is_asked_for_again(
    person: Person, session: Session, values: dict[str, str]
) -> None:
    person.open("/feedback")
    person.send(values)
    assert person.status == 400
    assert person.page.title.startswith("Error: ")
    assert "How satisfied are you with it?" in person.page.text
    assert session.scalars(sa.select(Feedback)).all() == []


def test_no_other_site_answers_for_anybody(person: Person, session: Session) -> None:
    data = {"satisfaction": "1"}
    answer = person.request("POST", f"{ISSUER}feedback", data, {"Origin": "https://evil.example"})
    assert answer.status == 403
    assert person.request("POST", f"{ISSUER}feedback", data, ORIGIN).status == 303
    assert len(session.scalars(sa.select(Feedback)).all()) == 1


def test_the_question_is_asked_after_signing_out(person: Person) -> None:
    person.open("/signed-out")
    assert ("/feedback?after=signing_out", "Tell us how it was: it takes a minute") in [
        (href, " ".join(words.split())) for href, words in person.page.links
    ]


def test_a_sign_in_is_counted_page_by_page(
    app: Flask,
    services: Services,
    person: Person,
    browser: Callable[[], Person],
    library: RelyingParty,
    alice: Citizen,
    clock: FixedClock,
    session: Session,
) -> None:
    walks.sign_in(person, library, alice, clock)
    walks.come_to_password(browser(), library, "nobody@example.com")
    clock.move(3600)
    with app.app_context():
        Worker(services, db.engine).sweep()
        db.session.remove()
    counted = {
        (each.kind, each.page, each.outcome): each.count
        for each in session.scalars(sa.select(JourneyCount))
    }
    assert counted == {
        ("sign_in", "sign_in.start", "passed"): 2,
        ("sign_in", "sign_in.email", "passed"): 2,
        ("sign_in", "sign_in.password", "passed"): 1,
        ("sign_in", "sign_in.password", "left"): 1,
        ("sign_in", "sign_in.code", "passed"): 1,
        ("sign_in", "whole", "finished"): 1,
        ("sign_in", "whole", "dropped"): 1,
    }
