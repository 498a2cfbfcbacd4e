"""Codes sent by email: the newest one, for one Journey, with six tries and an hour."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import email_codes, journeys, secrets
from idp.domain.email_codes import EmailCode, Purpose
from idp.domain.journeys import Journey
from idp.domain.services import Services
from tests.support.clock import FixedClock

CREATE = Purpose.CREATE_ACCOUNT


def _journey(session: Session, services: Services) -> Journey:
    return journeys.open_journey(
        session,
        services,
        browser_id="a browser",
        client_id="a client",
        parameters="{}",
        language="en",
        wanted=journeys.Wanted(fresh=False),
    )


@pytest.fixture
def journey(session: Session, services: Services) -> Journey:
    return _journey(session, services)


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_right_code_is_right_once(
    session: Session, services: Services, journey: Journey
) -> None:
    code = email_codes.make(session, services, journey, CREATE)
    assert len(code) == 6
    assert email_codes.use(session, services, journey, CREATE, f" {code[:3]} {code[3:]} ")
    assert not email_codes.use(session, services, journey, CREATE, code)


def test_a_code_is_for_the_address_it_was_made_for(
    session: Session, services: Services, journey: Journey
) -> None:
    journey.email = "mallory@example.com"
    code = email_codes.make(session, services, journey, CREATE)
    journey.email = "alice@example.com"
    assert not email_codes.use(session, services, journey, CREATE, code)
    journey.email = " Mallory@example.COM"
    assert email_codes.use(session, services, journey, CREATE, code)


def test_only_the_newest_code_counts(
    session: Session, services: Services, journey: Journey
) -> None:
    first = email_codes.make(session, services, journey, CREATE)
    second = email_codes.make(session, services, journey, CREATE)
    assert first != second
    assert not email_codes.use(session, services, journey, CREATE, first)
    assert email_codes.use(session, services, journey, CREATE, second)


def test_after_six_wrong_codes_only_a_new_one_helps(
    session: Session, services: Services, journey: Journey
) -> None:
    code = email_codes.make(session, services, journey, CREATE)
    for _ in range(6):
        assert not email_codes.use(session, services, journey, CREATE, _wrong(code))
    assert not email_codes.use(session, services, journey, CREATE, code)
    assert email_codes.use(
        session, services, journey, CREATE, email_codes.make(session, services, journey, CREATE)
    )


def test_five_wrong_codes_leave_the_sixth_try(
    session: Session, services: Services, journey: Journey
) -> None:
    code = email_codes.make(session, services, journey, CREATE)
    for _ in range(5):
        assert not email_codes.use(session, services, journey, CREATE, "no code")
    assert email_codes.use(session, services, journey, CREATE, code)


@pytest.mark.row("7.code.email_life")
def test_a_code_lasts_an_hour(
    session: Session, services: Services, journey: Journey, clock: FixedClock
) -> None:
    code = email_codes.make(session, services, journey, CREATE)
    clock.move(email_codes.LIFETIMES[CREATE] - 1)
    other = _journey(session, services)
    late = email_codes.make(session, services, other, CREATE)
    assert email_codes.use(session, services, journey, CREATE, code)
    clock.move(email_codes.LIFETIMES[CREATE])
    assert not email_codes.use(session, services, other, CREATE, late)


def test_a_code_belongs_to_its_journey(
    session: Session, services: Services, journey: Journey
) -> None:
    other = _journey(session, services)
    code = email_codes.make(session, services, journey, CREATE)
    email_codes.make(session, services, other, CREATE)
    assert not email_codes.use(session, services, other, CREATE, code)


def test_a_journey_without_a_code_accepts_none(
    session: Session, services: Services, journey: Journey
) -> None:
    assert not email_codes.use(session, services, journey, CREATE, "123456")


def test_the_code_is_not_stored(session: Session, services: Services, journey: Journey) -> None:
    code = email_codes.make(session, services, journey, CREATE)
    stored = session.scalars(select(EmailCode)).one()
    assert code not in stored.code_hash


def test_a_code_that_two_requests_give_at_once_is_used_by_one(
    session: Session,
    services: Services,
    journey: Journey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = email_codes.make(session, services, journey, CREATE)
    real = secrets.matches

    def somebody_was_faster(*arguments: object) -> bool:
        monkeypatch.setattr("idp.domain.email_codes.matches", real)
        assert email_codes.use(session, services, journey, CREATE, code)
        return True

    monkeypatch.setattr("idp.domain.email_codes.matches", somebody_was_faster)
    assert not email_codes.use(session, services, journey, CREATE, code)


@pytest.mark.row("7.code.email_life_otherwise")
@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not CREATE])
def test_any_other_code_lasts_a_quarter_of_an_hour(
    session: Session, services: Services, journey: Journey, clock: FixedClock, purpose: Purpose
) -> None:
    code = email_codes.make(session, services, journey, purpose)
    clock.move(899)
    assert email_codes.use(session, services, journey, purpose, code)
    code = email_codes.make(session, services, journey, purpose)
    clock.move(900)
    assert not email_codes.use(session, services, journey, purpose, code)


def test_a_code_for_one_purpose_serves_no_other(
    session: Session, services: Services, journey: Journey
) -> None:
    code = email_codes.make(session, services, journey, CREATE)
    assert not email_codes.use(session, services, journey, Purpose.RESET_PASSWORD, code)
    assert email_codes.use(session, services, journey, CREATE, code)
