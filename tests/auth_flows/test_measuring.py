"""A difference in time is called one only if it is no noise of a busy machine."""

import random

from tests.auth_flows.attacks.enumeration import certainly_differ, differ

HASHED, NOT_HASHED = 0.045, 0.020
TRIES = 12


def times(usual: float, seed: int, *, busy: float = 0.0) -> list[float]:
    """Times around a usual one; on a busy machine some take far longer."""
    chance = random.Random(seed)  # noqa: S311 - the same noise every time
    return [
        usual * chance.uniform(1, 1.2) + (chance.uniform(0, 0.3) if chance.random() < busy else 0)
        for _ in range(TRIES)
    ]


def test_a_hash_that_is_left_out_shows() -> None:
    for seed in range(50):
        known, unknown = times(HASHED, seed), times(NOT_HASHED, -seed - 1)
        assert certainly_differ(lambda: (known, unknown))[0]  # noqa: B023
        assert differ((unknown, known))


def test_noise_does_not() -> None:
    for seed in range(2000):
        busy = (0.0, 0.3, 0.7)[seed % 3]
        made = iter(times(HASHED, 4 * seed + number, busy=busy) for number in range(4))
        assert not certainly_differ(lambda: (next(made), next(made)))[0]  # noqa: B023


def test_a_few_milliseconds_do_not() -> None:
    assert not differ((times(0.002, 1), times(0.006, 2)))
