"""Answers without a name, and counts of Journeys that hold nothing of anybody."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import feedback, journey_times, journeys
from idp.domain.feedback import After, Feedback
from idp.domain.journey_times import Bucket, JourneyCount
from idp.domain.journeys import Journey
from idp.domain.services import Services
from tests.support.clock import FixedClock

DAY = 86_400


def _open(session: Session, services: Services, **more: object) -> Journey:
    journey = journeys.open_journey(
        session,
        services,
        browser_id="alice's browser",
        client_id="a client",
        parameters="{}",
        language="en",
        wanted=journeys.Wanted(),
    )
    for name, value in more.items():
        setattr(journey, name, value)
    session.flush()
    return journey


def _counts(session: Session) -> dict[tuple[str, str, str, int], int]:
    return {
        (each.kind, each.page, each.outcome, each.seconds): each.count
        for each in journey_times.counts(session)
    }


def test_an_answer_is_kept_without_its_moment_or_its_person(
    session: Session, services: Services, clock: FixedClock
) -> None:
    for satisfaction, words in ((5, "Easy."), (5, ""), (1, "")):
        feedback.give(
            session,
            services,
            after=After.SIGNING_OUT,
            language="cy",
            satisfaction=satisfaction,
            words=words,
        )
    assert feedback.tally(session) == {
        "signing_out": {1: 1, 2: 0, 3: 0, 4: 0, 5: 2},
        "creating_an_account": dict.fromkeys(range(1, 6), 0),
    }
    (only,) = feedback.newest_words(session, 5)
    assert (only.words, only.given_on % DAY) == ("Easy.", 0)
    columns = {column.name for column in Feedback.__table__.columns}
    assert columns == {"id", "given_on", "after", "language", "satisfaction", "words"}


def test_an_answer_is_deleted_after_a_year(
    session: Session, services: Services, clock: FixedClock
) -> None:
    feedback.give(
        session, services, after=After.SIGNING_OUT, language="en", satisfaction=3, words=""
    )
    assert feedback.sweep(session, clock.now() + 364 * DAY, 10) == 0
    assert feedback.sweep(session, clock.now() + 365 * DAY, 10) == 1


def test_a_journey_that_ends_is_counted_once_by_page_and_time(
    session: Session, services: Services, clock: FixedClock
) -> None:
    journey = _open(session, services, choice="sign_in")
    opened = clock.now()
    for page, after in (("email", 0), ("password", 4), ("password", 10), ("code", 24)):
        journey_times.show(journey, page, opened + after)
    assert journey.pages == "email:0 password:4 code:24"
    clock.move(100)
    assert journey_times.count_ended(session, clock.now(), 10) == 0
    journeys.end(session, journey, clock.now())
    session.flush()
    assert journey_times.count_ended(session, clock.now(), 10) == 1
    assert journey_times.count_ended(session, clock.now(), 10) == 0
    assert _counts(session) == {
        ("sign_in", "email", "passed", 5): 1,
        ("sign_in", "password", "passed", 30): 1,
        ("sign_in", "code", "passed", 120): 1,
        ("sign_in", "whole", "finished", 120): 1,
    }
    session.refresh(journey)
    assert journey.pages is None


def test_a_journey_that_nobody_finishes_is_counted_where_it_was_left(
    session: Session, services: Services, clock: FixedClock
) -> None:
    opened = clock.now()
    for choice in ("create", "create"):
        journey = _open(session, services, choice=choice)
        journey_times.show(journey, "email", opened)
        journey_times.show(journey, "password", opened + 4000)
    _open(session, services, returns_to="/account")
    _open(session, services, hint_subject="somebody")
    _open(session, services)
    clock.move(3600)
    session.flush()
    assert journey_times.count_ended(session, clock.now(), 10) == 5
    assert _counts(session) == {
        ("create", "email", "passed", 43_200): 2,
        ("create", "password", "left", 0): 2,
        ("create", "whole", "dropped", 0): 2,
        ("go_on", "whole", "dropped", 0): 1,
        ("own_pages", "whole", "dropped", 0): 1,
        ("sign_in_again", "whole", "dropped", 0): 1,
    }
    assert journey_times.sweep(session, clock.now() + 364 * DAY) == 0
    assert journey_times.sweep(session, clock.now() + 366 * DAY) == 6
    assert session.scalars(sa.select(JourneyCount)).all() == []


def test_a_second_day_adds_to_the_first(
    session: Session, services: Services, clock: FixedClock
) -> None:
    for _ in range(2):
        journey = _open(session, services)
        journeys.end(session, journey, clock.now())
        session.flush()
        journey_times.count_ended(session, clock.now(), 10)
    assert _counts(session) == {("go_on", "whole", "finished", 5): 2}


def test_counts_are_added_in_one_order_whoever_was_how_fast(
    session: Session, services: Services, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    added: list[Bucket] = []
    monkeypatch.setattr(journey_times, "_add", lambda _, bucket, count: added.append(bucket))
    for needed in (100, 4, 500, 40, 10, 3000, 20, 200):
        journeys.end(session, _open(session, services), clock.now() + needed)
    session.flush()
    assert journey_times.count_ended(session, clock.now(), 10) == 8
    assert [bucket.seconds for bucket in added] == [5, 15, 30, 60, 120, 300, 600, 3600]


def test_a_journey_notes_no_more_pages_than_it_has_room_for(
    session: Session, services: Services
) -> None:
    journey = _open(session, services)
    for number in range(100):
        journey_times.show(journey, f"page{number}", journey.opened_at)
    assert journey.pages is not None
    assert len(journey.pages.split()) == 60
