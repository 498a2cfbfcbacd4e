"""Journeys: stored requests, bound to a browser, closed once."""

from sqlalchemy.orm import Session

from idp.domain import handoffs, journeys
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.protocol.session_facts import JourneyFacts
from tests.support.clock import FixedClock


def _open(session: Session, services: Services) -> Journey:
    return journeys.open_journey(
        session,
        services,
        browser_id="alice's browser",
        client_id="a client",
        parameters='{"state":"s"}',
        language="cy",
        wanted=journeys.Wanted(fresh=True),
    )


def test_a_journey_lives_an_hour_and_knows_its_browser_by_hash(
    session: Session, services: Services
) -> None:
    journey = _open(session, services)
    assert journey.expires_at == services.clock.now() + 3600
    assert journey.browser_hash == journeys.browser_hash("alice's browser")
    assert "alice" not in journey.browser_hash


def test_a_journey_tells_what_was_proved_in_it(session: Session, services: Services) -> None:
    journey = _open(session, services)
    opened = services.clock.now()
    assert journey.facts() == JourneyFacts(opened_at=opened, fresh=True)
    journey.choice, journey.password_at, journey.account_id = "create", opened + 5, "alice"
    assert journey.facts() == JourneyFacts(
        opened_at=opened,
        password_at=opened + 5,
        fresh=True,
        choice="create",
        account_id="alice",
    )


def test_a_journey_ends_once(session: Session, services: Services) -> None:
    journey = _open(session, services)
    assert journeys.end(session, journey, services.clock.now())
    assert not journeys.end(session, journey, services.clock.now())


def test_a_ticket_fetches_its_request_once(session: Session, services: Services) -> None:
    ticket = handoffs.leave(session, services, '{"state":"s"}')
    assert handoffs.take(session, services, ticket) == '{"state":"s"}'
    assert handoffs.take(session, services, ticket) is None


def test_a_ticket_lasts_a_minute(session: Session, services: Services, clock: FixedClock) -> None:
    ticket = handoffs.leave(session, services, "{}")
    clock.move(handoffs.LIFETIME)
    assert handoffs.take(session, services, ticket) is None


def test_a_journey_stays_its_lifetime_from_now_and_no_longer_than_a_session(
    session: Session, services: Services, clock: FixedClock
) -> None:
    journey = _open(session, services)
    clock.move(3599)
    assert journeys.may_stay(services, journey)
    assert journeys.stay(session, services, journey) == clock.now() + 3600
    journey.opened_at = clock.now() - 42_000
    session.flush()
    assert journeys.stay(session, services, journey) == clock.now() + 1200
    session.refresh(journey)
    assert not journeys.may_stay(services, journey)


def test_a_journey_that_is_over_gets_no_more_time(
    session: Session, services: Services, clock: FixedClock
) -> None:
    journey, ended = _open(session, services), _open(session, services)
    journeys.end(session, ended, clock.now())
    assert journeys.stay(session, services, ended) is None
    clock.move(3600)
    assert journeys.stay(session, services, journey) is None
