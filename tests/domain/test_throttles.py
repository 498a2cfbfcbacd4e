"""Throttles: counted in the database, exact, and starting anew when their window has passed."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import throttles
from idp.domain.services import Services
from idp.domain.throttles import LIMITS, Kind, Locked, Throttle
from tests.support.clock import FixedClock

ALICE = "alice@example.com"


def _use_up(session: Session, now: int) -> list[int]:
    return [throttles.reserve(session, Kind.PASSWORD, ALICE, now) for _ in range(6)]


def test_six_tries_are_there_and_a_seventh_is_not(session: Session, clock: FixedClock) -> None:
    assert _use_up(session, clock.now()) == [5, 4, 3, 2, 1, 0]
    with pytest.raises(Locked) as locked:
        throttles.reserve(session, Kind.PASSWORD, ALICE, clock.now())
    assert locked.value.until == clock.now() + 7200


def test_the_lock_counts_from_the_last_try_and_then_everything_is_new(
    session: Session, clock: FixedClock
) -> None:
    for _ in range(6):
        throttles.reserve(session, Kind.PASSWORD, ALICE, clock.now())
        clock.move(60)
    until = throttles.locked_until(session, Kind.PASSWORD, ALICE, clock.now())
    assert until == clock.now() - 60 + 7200
    clock.set(until)
    assert throttles.locked_until(session, Kind.PASSWORD, ALICE, clock.now()) is None
    assert throttles.reserve(session, Kind.PASSWORD, ALICE, clock.now()) == 5


def test_tries_before_the_window_do_not_count(session: Session, clock: FixedClock) -> None:
    for _ in range(5):
        throttles.reserve(session, Kind.PASSWORD, ALICE, clock.now())
    clock.move(LIMITS[Kind.PASSWORD].window)
    assert throttles.reserve(session, Kind.PASSWORD, ALICE, clock.now()) == 5


def test_a_clock_that_steps_back_opens_no_lock(session: Session, clock: FixedClock) -> None:
    _use_up(session, clock.now())
    clock.move(-3600)
    with pytest.raises(Locked):
        throttles.reserve(session, Kind.PASSWORD, ALICE, clock.now())


def test_subjects_and_kinds_are_counted_apart(session: Session, clock: FixedClock) -> None:
    _use_up(session, clock.now())
    assert throttles.reserve(session, Kind.PASSWORD, "bob@example.com", clock.now()) == 5
    assert throttles.reserve(session, Kind.APP_CODE, ALICE, clock.now()) == 5


def test_forgiving_gives_every_try_back(session: Session, clock: FixedClock) -> None:
    _use_up(session, clock.now())
    throttles.forgive(session, Kind.PASSWORD, ALICE)
    assert throttles.reserve(session, Kind.PASSWORD, ALICE, clock.now()) == 5


def test_the_typed_address_is_not_stored(session: Session, services: Services) -> None:
    throttles.reserve(session, Kind.PASSWORD, ALICE, services.clock.now())
    row = session.scalars(select(Throttle)).one()
    assert ALICE not in (row.kind, row.subject_hash)
