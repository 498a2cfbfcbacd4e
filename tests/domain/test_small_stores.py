"""Keyed hashes, the schema's version, and the sweeping of what has expired."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import handoffs, journeys, notices, outbox, schema, secrets, sweeping, throttles
from idp.domain.grants import AssertionUse
from idp.domain.handoffs import Handoff
from idp.domain.journeys import Journey
from idp.domain.notices import Mail, MailboxMessage
from idp.domain.secrets import SealedSecret
from idp.domain.services import Services
from idp.domain.throttles import Kind, Throttle
from tests.support.citizens import enrol, signed_in_cookie
from tests.support.clock import FixedClock


@pytest.fixture
def engine(services: Services) -> Iterator[sa.Engine]:
    engine = sa.create_engine(services.settings.database_url)
    yield engine
    engine.dispose()


def test_a_keyed_hash_needs_its_key(session: Session, services: Services) -> None:
    hashed = secrets.keyed_hash(session, services, "one", "123456")
    assert secrets.matches(session, services, "one", "123456", hashed)
    assert not secrets.matches(session, services, "one", "123457", hashed)
    assert not secrets.matches(session, services, "two", "123456", hashed)
    assert len(session.scalars(sa.select(SealedSecret)).all()) == 2


def test_a_key_is_made_once_and_read_afterwards(session: Session, services: Services) -> None:
    first = secrets.key(session, services, "one")
    session.commit()
    session.expunge_all()
    assert secrets.key(session, services, "one") == first


def test_a_migrated_database_is_current_and_an_empty_one_is_not(session: Session) -> None:
    assert schema.is_current(session)
    nowhere = sa.create_engine("sqlite://")
    with Session(nowhere) as empty:
        assert schema.current(empty) is None
        assert not schema.is_current(empty)
    nowhere.dispose()


def test_what_has_expired_is_swept_and_the_rest_stays(
    session: Session, services: Services, engine: sa.Engine, clock: FixedClock
) -> None:
    alice = enrol(session, services)
    signed_in_cookie(session, services, alice)
    for language in ("en", "cy"):
        journeys.open_journey(
            session,
            services,
            browser_id="b",
            client_id="c",
            parameters="{}",
            language=language,
            wanted=journeys.Wanted(fresh=False),
        )
    handoffs.leave(session, services, "{}")
    throttles.reserve(session, Kind.PASSWORD, "alice", clock.now())
    session.add(AssertionUse(client_id="c", jti_hash="1" * 64, expires_at=clock.now() + 5))
    outbox.put(session, services, "email", {})
    [message] = outbox.lease(session, services)
    outbox.delivered(session, message, clock.now())
    mail = Mail("1" * 32, "alice@example.com", "email_code", "en", "", "", clock.now(), None)
    notices.put_in_mailbox(session, mail, clock.now())
    outbox.put(session, services, "email", {})
    [hopeless] = outbox.lease(session, services)
    outbox.failed(session, hopeless, clock.now(), "no such user", for_good=True)
    session.commit()
    assert sweeping.sweep(engine, services) == 0
    clock.move(7201)
    # Two journeys, a handoff, a throttle and an assertion; the session lives, the mail is young.
    assert sweeping.sweep(engine, services) == 7
    session.expire_all()
    for table in (Journey, Handoff, Throttle, AssertionUse):
        assert session.scalars(sa.select(table)).all() == []
    clock.move(86_400)
    # The mail that was delivered; where people signed in is known for longer.
    assert sweeping.sweep(engine, services) == 1
    assert outbox.counts(session) == {"dead": 1}
    assert len(session.scalars(sa.select(MailboxMessage)).all()) == 1
    session.rollback()
    clock.move(30 * 86_400)
    assert sweeping.sweep(engine, services) == 3
    assert outbox.counts(session) == {}
    assert session.scalars(sa.select(MailboxMessage)).all() == []


def test_sweeping_stops_after_a_number_of_batches(
    session: Session,
    services: Services,
    engine: sa.Engine,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    monkeypatch.setattr(sweeping, "MOST_BATCHES", 2)
    for _ in range(7):
        handoffs.leave(session, services, "{}")
    session.commit()
    clock.move(handoffs.LIFETIME)
    assert sweeping.sweep(engine, services) == 4
    assert sweeping.sweep(engine, services) == 3
