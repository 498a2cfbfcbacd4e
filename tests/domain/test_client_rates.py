"""A client's rate: a sliding minute kept by several processes that lease from one row."""

import dataclasses
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from idp.domain import client_rates, sweeping
from idp.domain.client_rates import ClientRate, ClientRates
from idp.domain.services import Services
from idp.kernel.database import hot_engine_options
from idp.protocol.client_policy import ClientPolicy
from idp.settings import Settings
from tests.protocol.examples import a_client
from tests.support.clock import FixedClock


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    """An engine as the application makes it."""
    options = hot_engine_options(settings.database_url, threads=8)
    engine = sa.create_engine(options.pop("url"), **options)
    yield engine
    engine.dispose()


def limited(limit: int | None, client_id: str = "tax") -> ClientPolicy:
    return dataclasses.replace(a_client(), client_id=client_id, rate_limit=limit)


def counting(engine: sa.Engine) -> list[str]:
    seen: list[str] = []

    def saw(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    sa.event.listen(engine, "before_cursor_execute", saw)
    return seen


def test_as_many_as_the_limit_in_any_minute(engine: sa.Engine, clock: FixedClock) -> None:
    rates, policy = ClientRates(engine, clock), limited(3)
    assert [rates.admits(policy) for _ in range(4)] == [True, True, True, False]
    clock.move(59)
    assert not rates.admits(policy)
    clock.move(1)
    assert [rates.admits(policy) for _ in range(4)] == [True, True, True, False]


def test_the_minute_slides(engine: sa.Engine, clock: FixedClock) -> None:
    rates, policy = ClientRates(engine, clock), limited(2)
    assert rates.admits(policy)
    clock.move(40)
    assert rates.admits(policy)
    clock.move(19)
    assert not rates.admits(policy)
    clock.move(1)
    assert rates.admits(policy), "the first is a minute old"
    assert not rates.admits(policy), "the second is not"
    clock.move(40)
    assert rates.admits(policy)


def test_none_is_no_limit_and_zero_is_always_refused(engine: sa.Engine, clock: FixedClock) -> None:
    rates, statements = ClientRates(engine, clock), counting(engine)
    assert all(rates.admits(limited(None)) for _ in range(5000))
    assert not rates.admits(limited(0))
    assert statements == []


def test_clients_do_not_share(engine: sa.Engine, clock: FixedClock) -> None:
    rates = ClientRates(engine, clock)
    assert rates.admits(limited(1))
    assert not rates.admits(limited(1))
    assert rates.admits(limited(1, "housing"))


def test_a_block_costs_two_statements_and_a_refusal_one_a_second(
    engine: sa.Engine, clock: FixedClock
) -> None:
    rates, policy = ClientRates(engine, clock), limited(2000)
    statements = counting(engine)
    assert all(rates.admits(policy) for _ in range(20))
    assert len(statements) == 2
    assert rates.admits(policy)
    assert len(statements) == 4

    rates, policy = ClientRates(engine, clock), limited(1, "housing")
    assert rates.admits(policy)
    statements.clear()
    assert not any(rates.admits(policy) for _ in range(10))
    assert len(statements) == 1
    clock.move(1)
    assert not rates.admits(policy)
    assert len(statements) == 2


def test_processes_share_and_waste_less_than_a_block_each(
    engine: sa.Engine, clock: FixedClock
) -> None:
    policy = limited(1000)
    processes = [ClientRates(engine, clock) for _ in range(4)]
    admitted = sum(processes[number % 4].admits(policy) for number in range(1200))
    assert admitted == 1000
    clock.move(client_rates.WINDOW + client_rates.LEASE_LIFETIME)
    # All but one have leased, used one request and gone quiet.
    assert all(process.admits(policy) for process in processes)
    admitted = sum(processes[0].admits(policy) for _ in range(1200))
    assert 1000 - 4 * 10 < admitted < 1000


def test_what_is_left_of_a_block_is_given_back(engine: sa.Engine, clock: FixedClock) -> None:
    """Or many processes with few requests each would use up the rate with what they leased."""
    processes, policy = [ClientRates(engine, clock) for _ in range(20)], limited(200)
    for _ in range(14):
        assert all(process.admits(policy) for process in processes)
        clock.move(client_rates.LEASE_LIFETIME + 1)


def test_a_block_that_is_used_late_counts_from_then(engine: sa.Engine, clock: FixedClock) -> None:
    policy, first = limited(1000), [0] * 10
    processes = [ClientRates(engine, clock) for _ in first]
    assert all(process.admits(policy) for process in processes)
    clock.move(client_rates.LEASE_LIFETIME)
    late = sum(process.admits(policy) for process in processes for _ in range(9))
    assert late == 90
    clock.move(client_rates.WINDOW - client_rates.LEASE_LIFETIME)
    another = ClientRates(engine, clock)
    now = sum(another.admits(policy) for _ in range(1100))
    assert 900 <= now <= 1000 - late


def test_a_block_is_not_used_after_its_time(engine: sa.Engine, clock: FixedClock) -> None:
    rates, policy = ClientRates(engine, clock), limited(200)
    assert rates.admits(policy)
    statements = counting(engine)
    clock.move(client_rates.LEASE_LIFETIME)
    assert rates.admits(policy)
    assert statements == []
    assert rates.admits(policy)
    assert len(statements) == 2


def test_a_clock_that_stepped_back_locks_nobody_out(engine: sa.Engine, clock: FixedClock) -> None:
    rates, policy = ClientRates(engine, clock), limited(2)
    assert [rates.admits(policy) for _ in range(3)] == [True, True, False]
    clock.move(-3600)
    assert [rates.admits(policy) for _ in range(3)] == [True, True, False]
    clock.move(60)
    assert rates.admits(policy)


def test_another_process_may_be_some_seconds_ahead(engine: sa.Engine, clock: FixedClock) -> None:
    ahead = FixedClock(clock.now() + 5)
    policy = limited(2)
    assert all(ClientRates(engine, ahead).admits(policy) for _ in range(2))
    assert not ClientRates(engine, clock).admits(policy)


def test_processes_that_lease_at_the_same_moment(engine: sa.Engine, clock: FixedClock) -> None:
    policy, barrier = limited(10), Barrier(6)

    def act(_: int) -> int:
        rates = ClientRates(engine, clock)
        barrier.wait(20)
        return sum(rates.admits(policy) for _ in range(5))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(act, range(6))) == 10


def test_threads_of_one_process_share_its_blocks(engine: sa.Engine, clock: FixedClock) -> None:
    rates, policy, barrier = ClientRates(engine, clock), limited(2000), Barrier(6)
    statements = counting(engine)

    def act(_: int) -> int:
        barrier.wait(20)
        return sum(rates.admits(policy) for _ in range(10))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(act, range(6))) == 60
    assert len(statements) == 6, "three blocks of twenty"


def test_few_clients_are_remembered(
    engine: sa.Engine, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_rates, "CACHED_CLIENTS", 2)
    rates = ClientRates(engine, clock)
    for number in range(5):
        assert rates.admits(limited(1, f"client-{number}"))
    assert len(rates._leases) == 2
    assert not rates.admits(limited(1, "client-0")), "the database remembers"


def test_rows_are_swept_and_a_swept_row_is_made_anew(
    engine: sa.Engine, clock: FixedClock, session: Session, services: Services
) -> None:
    rates, policy = ClientRates(engine, clock), limited(200)
    assert rates.admits(policy)
    sweeping.sweep(engine, services)
    assert session.get(ClientRate, "tax") is not None
    session.rollback()
    clock.move(121)
    sweeping.sweep(engine, services)
    assert session.get(ClientRate, "tax", populate_existing=True) is None
    session.rollback()
    assert rates.admits(policy)


class Model:
    """What a sliding minute allows, with every single request remembered."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.at: deque[int] = deque()

    def within(self, now: int, seconds: int) -> int:
        return sum(at > now - seconds for at in self.at)


STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([0, 0, 0, 0, 1, 2, 5, 9, 11, 30, 59, 60])),
    max_size=60,
)


@pytest.mark.parametrize("limit", [1, 4, 250])
@given(steps=STEPS)
@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_against_a_memory_of_every_request(
    engine: sa.Engine, clock: FixedClock, limit: int, steps: list[tuple[int, int]]
) -> None:
    with engine.connect() as connection:
        connection.execute(sa.delete(ClientRate))
    clock.move(1000)
    processes = [ClientRates(engine, clock) for _ in range(2)]
    policy, model = limited(limit), Model(limit)
    for number, seconds in steps:
        clock.move(seconds)
        for _ in range(3):
            admitted = processes[number].admits(policy)
            room = limit - model.within(clock.now(), client_rates.WINDOW)
            if limit < client_rates.BLOCKS_IN_A_LIMIT:
                assert admitted is (room > 0)
            if admitted:
                model.at.append(clock.now())
                assert room > 0, "more than the limit in a minute"
            else:
                longest = client_rates.WINDOW + client_rates.LEASE_LIFETIME
                block = max(1, limit // client_rates.BLOCKS_IN_A_LIMIT)
                assert model.within(clock.now(), longest) > limit - 2 * block
