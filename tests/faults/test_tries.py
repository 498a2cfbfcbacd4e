"""Tries are counted for what was tried, and the clock may step as it likes."""

import pytest
from sqlalchemy.orm import Session

from idp.domain import throttles
from idp.domain.throttles import Kind, Locked


def test_a_try_that_was_given_back_can_be_used_again(session: Session) -> None:
    for _ in range(20):
        throttles.reserve(session, Kind.PASSWORD, "somebody", 1000)
        throttles.give_back(session, Kind.PASSWORD, "somebody")
    for left in range(5, -1, -1):
        assert throttles.reserve(session, Kind.PASSWORD, "somebody", 1000) == left
    with pytest.raises(Locked):
        throttles.reserve(session, Kind.PASSWORD, "somebody", 1000)


def test_a_clock_that_steps_back_opens_no_lock(session: Session) -> None:
    for _ in range(6):
        throttles.reserve(session, Kind.APP_CODE, "somebody", 10_000)
    for now in (9_999, 5_000, 0, 10_001, 17_199):
        with pytest.raises(Locked) as locked:
            throttles.reserve(session, Kind.APP_CODE, "somebody", now)
        assert locked.value.until == 17_200
    assert throttles.reserve(session, Kind.APP_CODE, "somebody", 17_200) == 5
