"""Passwords: what is refused and why, and the bounded door to Argon2id."""

import threading
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from idp.domain.passwords import Hasher, Problem, TooBusy, normalise, problem_with

EMAIL = "Bob.Builder@example.com"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", Problem.EMPTY),
        ("short pw1", Problem.SHORT),
        ("x" * 257, Problem.LONG),
        ("y" * 5000, Problem.LONG),
        ("1qaz2wsx3edc", Problem.COMMON),
        ("Basketball!!", Problem.COMMON),
        ("basketball2026", Problem.COMMON),
        ("aaaaaaaaaaaa", Problem.OBVIOUS),
        ("1234567890", Problem.OBVIOUS),
        ("Onepass-2026", Problem.OBVIOUS),
        ("bob.builder99", Problem.OBVIOUS),
        ("bob.builder@example.com", Problem.OBVIOUS),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password: str, problem: Problem) -> None:
    assert problem_with(password, email=EMAIL) == problem


def test_digits_of_an_address_do_not_make_it_a_good_password() -> None:
    for password in ("nia.jones85", "nia.jones85@example.com", "Nia.Jones2026"):
        assert problem_with(password, email="nia.jones85@example.com") == Problem.OBVIOUS


@pytest.mark.parametrize(
    "password",
    [
        "marmalade ladder 27",
        "llwybr hir i'r mynydd",
        "пароль не для всех",
        "🦔🐝🌧️🫖🧦🪴🚲🎈🥕🛶",
        ("correct horse " * 19)[:256],
    ],
)
def test_any_script_and_any_length_up_to_256_is_accepted(password: str) -> None:
    assert problem_with(password, email=EMAIL) is None


def test_length_counts_after_normalisation() -> None:
    assert problem_with("ﬃ" * 3 + "q", email=EMAIL) in (Problem.OBVIOUS, None)
    assert normalise("ﬃ") == "ffi"


@pytest.fixture
def hasher(tmp_path: Path) -> Hasher:
    return Hasher(memory_kib=64, time_cost=1, gate_dir=tmp_path)


def test_the_right_password_verifies_and_others_do_not(hasher: Hasher) -> None:
    stored = hasher.hash("marmalade ladder 27")
    assert stored.startswith("$argon2id$")
    assert hasher.verify(stored, "marmalade ladder 27")
    assert not hasher.verify(stored, "marmalade ladder 28")


def test_long_passwords_that_differ_at_the_end_differ(hasher: Hasher) -> None:
    stored = hasher.hash("x" * 199 + "a")
    assert not hasher.verify(stored, "x" * 199 + "b")


def test_two_ways_of_writing_one_letter_are_one_password(hasher: Hasher) -> None:
    stored = hasher.hash("caf\u00e9 au lait please")
    assert hasher.verify(stored, "cafe\u0301 au lait please")


def test_nobody_has_a_password_but_the_work_is_done(
    hasher: Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    real = PasswordHasher.verify

    def counted(self: PasswordHasher, stored: str, password: str) -> bool:
        worked.append(stored)
        return real(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    assert not hasher.verify(None, "nobody has this password")
    assert len(worked) == 1


def test_a_stored_value_that_is_no_hash_is_no_password(hasher: Hasher) -> None:
    assert not hasher.verify("not a hash", "whatever it is")


def test_a_hash_made_at_other_costs_needs_a_new_one(hasher: Hasher, tmp_path: Path) -> None:
    dearer = Hasher(memory_kib=128, time_cost=2, gate_dir=tmp_path)
    stored = hasher.hash("marmalade ladder 27")
    assert dearer.needs_rehash(stored)
    assert not hasher.needs_rehash(stored)


def test_a_third_request_inside_is_sent_away_at_once(tmp_path: Path) -> None:
    hasher = Hasher(memory_kib=64, time_cost=1, gate_dir=tmp_path, inside=2, cores=2)
    entered = threading.Barrier(3)
    leave = threading.Event()

    def stay() -> None:
        with _inside(hasher):
            entered.wait()
            leave.wait()

    threads = [threading.Thread(target=stay) for _ in range(2)]
    for thread in threads:
        thread.start()
    entered.wait()
    try:
        with pytest.raises(TooBusy) as busy:
            hasher.hash("marmalade ladder 27")
        assert busy.value.retry_after > 0
    finally:
        leave.set()
        for thread in threads:
            thread.join()
    assert hasher.hash("marmalade ladder 27")


class _inside:  # noqa: N801 - reads as a place
    """Holds one of the places inside without the machine-wide slot."""

    def __init__(self, hasher: Hasher) -> None:
        self._places = hasher._inside

    def __enter__(self) -> None:
        assert self._places.acquire(blocking=False)

    def __exit__(self, *_: object) -> None:
        self._places.release()


def test_processes_take_turns_at_the_slot(tmp_path: Path) -> None:
    one = Hasher(memory_kib=64, time_cost=1, gate_dir=tmp_path, cores=2)
    other = Hasher(memory_kib=64, time_cost=1, gate_dir=tmp_path, cores=2)
    order: list[str] = []
    waiting = threading.Event()

    def wait_for_the_slot() -> None:
        waiting.set()
        with other._slot():
            order.append("second")

    with one._slot():
        thread = threading.Thread(target=wait_for_the_slot)
        thread.start()
        waiting.wait()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
