"""The outbox: nothing lost, nothing delivered twice without need, dead letters laid aside."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import outbox
from idp.domain.outbox import LEASE_SECONDS, PAUSES, Leased, OutboxMessage
from idp.domain.services import Services
from tests.support.clock import FixedClock


@pytest.fixture
def message(session: Session, services: Services) -> Leased:
    outbox.put(session, services, "email", {"to": "alice@example.com", "body": "Code 123456"})
    [leased] = outbox.lease(session, services)
    return leased


def test_a_message_is_leased_to_one_worker(
    session: Session, services: Services, message: Leased
) -> None:
    assert message.payload == {"to": "alice@example.com", "body": "Code 123456"}
    assert (message.kind, message.tries) == ("email", 1)
    assert outbox.lease(session, services) == []


def test_what_a_dead_worker_held_is_leased_again(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    clock.move(LEASE_SECONDS)
    [again] = outbox.lease(session, services)
    assert (again.id, again.tries) == (message.id, 2)
    assert not outbox.delivered(session, message, clock.now()), "its lease had gone to another"
    assert outbox.delivered(session, again, clock.now())


def test_a_delivered_message_is_never_leased_again(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    assert outbox.delivered(session, message, clock.now())
    clock.move(10_000)
    assert outbox.lease(session, services) == []
    assert outbox.counts(session) == {"delivered": 1}


def test_failures_wait_longer_each_time_and_end_as_a_dead_letter(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    for pause in PAUSES:
        assert outbox.failed(session, message, clock.now(), "the service answered 500") == "waiting"
        clock.move(pause - 1)
        assert outbox.lease(session, services) == []
        clock.move(1)
        [message] = outbox.lease(session, services)
    assert outbox.failed(session, message, clock.now(), "it answered 500 again") == "dead"
    clock.move(100_000)
    assert outbox.lease(session, services) == []
    [row] = outbox.messages(session, "dead")
    assert row.last_error == "it answered 500 again"


def test_a_dead_letter_can_be_tried_again_by_hand(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    assert outbox.retry(session, message.id, clock.now()) == []
    for _ in range(len(PAUSES)):
        outbox.failed(session, message, clock.now(), "no")
        clock.move(10_000)
        [message] = outbox.lease(session, services)
    outbox.failed(session, message, clock.now(), "no")
    assert outbox.retry(session, message.id, clock.now()) == [message.id]
    [again] = outbox.lease(session, services)
    assert again.tries == 1


def test_all_dead_letters_can_be_tried_again_at_once(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    ids = [message.id, *(outbox.put(session, services, "email", {}) for _ in range(2))]
    for leased in (message, *outbox.lease(session, services)):
        outbox.failed(session, leased, clock.now(), "no", for_good=True)
    delivered = outbox.put(session, services, "email", {})
    [good] = outbox.lease(session, services)
    outbox.delivered(session, good, clock.now())
    assert outbox.retry(session, None, clock.now()) == sorted(ids)
    assert delivered not in [leased.id for leased in outbox.lease(session, services)]


def test_the_payload_is_sealed(session: Session, services: Services, message: Leased) -> None:
    stored = session.scalars(select(OutboxMessage)).one()
    assert "123456" not in stored.payload_sealed


def test_at_most_the_asked_number_is_leased(session: Session, services: Services) -> None:
    ids = [outbox.put(session, services, "email", {"n": str(n)}) for n in range(5)]
    assert len(outbox.lease(session, services, limit=2)) == 2
    assert len(outbox.lease(session, services, limit=10)) == 3
    assert len(outbox.messages(session)) == len(ids)


def test_the_age_of_the_outbox_is_that_of_its_oldest_waiting_message(
    session: Session, services: Services, clock: FixedClock
) -> None:
    assert outbox.oldest_waiting_at(session) is None
    written = clock.now()
    outbox.put(session, services, "email", {})
    clock.move(50)
    outbox.put(session, services, "email", {})
    assert outbox.oldest_waiting_at(session) == written


def test_delivered_messages_are_swept_and_others_stay(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    outbox.put(session, services, "email", {})
    outbox.delivered(session, message, clock.now())
    assert outbox.sweep(session, clock.now(), clock.now() + 1) == 0
    assert outbox.sweep(session, clock.now() + 1, clock.now()) == 1
    assert outbox.counts(session) == {"waiting": 1}


def test_dead_letters_are_swept_when_nobody_will_look_at_them_any_more(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    outbox.failed(session, message, clock.now(), "no", for_good=True)
    assert outbox.sweep(session, clock.now() + 1, clock.now()) == 0
    assert outbox.sweep(session, clock.now(), clock.now() + 1) == 1
    assert outbox.counts(session) == {}


def test_what_is_refused_for_good_is_dead_at_once(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    assert outbox.failed(session, message, clock.now(), "no such user", for_good=True) == "dead"
    [row] = outbox.messages(session, "dead")
    assert (row.tries, row.last_error, row.ended_at) == (1, "no such user", clock.now())
    clock.move(100_000)
    assert outbox.lease(session, services) == []
    assert outbox.given_up(session) == 0


def test_given_up_are_those_that_used_every_try(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    for _ in PAUSES:
        outbox.failed(session, message, clock.now(), "no")
        clock.move(10_000)
        [message] = outbox.lease(session, services)
    assert outbox.given_up(session) == 0
    outbox.failed(session, message, clock.now(), "no")
    assert outbox.given_up(session) == 1


def test_a_message_put_back_is_due_at_once_with_its_try(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    outbox.put_back(session, message, clock.now())
    [again] = outbox.lease(session, services)
    assert (again.id, again.tries) == (message.id, 1)
    outbox.put_back(session, message, clock.now())
    assert outbox.lease(session, services) == [], "its lease had gone to another"


def test_stuck_are_those_that_wait_after_many_tries(
    session: Session, services: Services, clock: FixedClock, message: Leased
) -> None:
    assert outbox.stuck(session, "email", 1) == (1, "")
    outbox.failed(session, message, clock.now(), "the first reason")
    assert outbox.stuck(session, "email", 1) == (1, "the first reason")
    assert outbox.stuck(session, "email", 2) == (0, "")
    assert outbox.stuck(session, "another kind", 1) == (0, "")


def test_a_message_that_cannot_be_opened_does_not_stop_the_others(
    session: Session, services: Services
) -> None:
    broken = outbox.put(session, services, "email", {})
    good = outbox.put(session, services, "email", {})
    row = session.get_one(OutboxMessage, broken)
    row.payload_sealed = session.get_one(OutboxMessage, good).payload_sealed
    session.flush()
    assert [message.id for message in outbox.lease(session, services)] == [good]
    session.refresh(row)
    assert (row.state, row.last_error) == ("waiting", "SealBroken")
