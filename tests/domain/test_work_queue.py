"""How long a request has waited, in days on which somebody works."""

from datetime import datetime

import pytest

from idp.domain import work_queue


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-09-21T12:00+01:00", "2026-09-21T23:59+01:00", 0),
        ("2026-09-21T12:00+01:00", "2026-09-22T00:01+01:00", 1),
        ("2026-09-25T12:00+01:00", "2026-09-27T12:00+01:00", 0),
        ("2026-09-25T12:00+01:00", "2026-09-28T12:00+01:00", 1),
        ("2026-09-26T12:00+01:00", "2026-09-28T12:00+01:00", 1),
        ("2026-09-21T12:00+01:00", "2026-10-05T12:00+01:00", 10),
        ("2026-09-21T12:00+01:00", "2026-10-06T12:00+01:00", 11),
        ("2026-10-23T23:30+01:00", "2026-10-26T00:30+00:00", 1),
        ("2026-09-22T12:00+01:00", "2026-09-21T12:00+01:00", 0),
    ],
)
def test_weekends_do_not_count(since: str, until: str, days: int) -> None:
    assert work_queue.working_days(at(since), at(until)) == days
