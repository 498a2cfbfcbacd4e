"""Passwords: which are acceptable, and the bounded door to Argon2id.

One hash runs at a time for every two processor cores of the machine, over all its processes (a
file lock serves); at most two requests of one process wait inside. Everybody else is told to
come back, at once, so that a flood of sign-ins leaves single sign-on its share of the machine.
"""

import fcntl
import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

SHORTEST = 10
LONGEST = 256
OWN_NAME = "onepass"


class Problem(StrEnum):
    """Why a password cannot be used."""

    EMPTY = "empty"
    SHORT = "short"
    LONG = "long"
    COMMON = "common"
    OBVIOUS = "obvious"


class TooBusy(Exception):
    """No hash can be computed now; try again after `retry_after` seconds."""

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__("too many passwords are being checked")
        self.retry_after = retry_after


def normalise(password: str) -> str:
    """Return the password as it is hashed and compared: NFKC, nothing cut, nothing trimmed."""
    return unicodedata.normalize("NFKC", password)


@cache
def _deny_list() -> frozenset[str]:
    # The lists name each word once, where it ranks best: "basketball" stands among the words.
    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words)


def problem_with(password: str, *, email: str) -> Problem | None:
    """Return why a new password is refused, or None when it may be used.

    Ten to 256 characters after NFKC; not a common password or single word, also with digits or
    punctuation hung on; not the owner's address nor our own name (NIST SP 800-63B-4 3.1.1.2).
    """
    if not password:
        return Problem.EMPTY
    if len(password) > 4 * LONGEST:
        return Problem.LONG
    normalised = normalise(password)
    if len(normalised) < SHORTEST:
        return Problem.SHORT
    if len(normalised) > LONGEST:
        return Problem.LONG
    plain = normalised.casefold()
    local_part, _, domain = unicodedata.normalize("NFKC", email).casefold().partition("@")
    core = _core(plain)
    own = {"", OWN_NAME, _core(local_part), _core(f"{local_part}@{domain}")}
    if len(set(plain)) < 4 or core in own:
        return Problem.OBVIOUS
    return Problem.COMMON if is_common(password) else None


def is_common(password: str) -> bool:
    """Return whether the password, or what digits and punctuation are hung on, is on the list."""
    plain = normalise(password[: 4 * LONGEST]).casefold()
    return plain in _deny_list() or _core(plain) in _deny_list()


def count_of_common() -> int:
    """Return how many passwords are on the list of those that nobody may have."""
    return len(_deny_list())


def _core(plain: str) -> str:
    return plain.strip("0123456789!?.,;:-_#*@$ ")


class Hasher:
    """Argon2id behind the bound described above. Never call it inside a transaction."""

    def __init__(
        self,
        *,
        memory_kib: int,
        time_cost: int,
        gate_dir: Path,
        inside: int = 2,
        cores: int | None = None,
    ) -> None:
        self._argon2 = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=1)
        self._dummy_hash: str | None = None
        self._gate_dir = gate_dir
        self._inside = threading.BoundedSemaphore(inside)
        self._secret_inside = threading.BoundedSemaphore(1)
        self._slots = max(1, (cores or os.cpu_count() or 1) // 2)

    def hash(self, password: str) -> str:
        """Return the Argon2id hash of `password`. Raises TooBusy."""
        with self._turn():
            return self._argon2.hash(normalise(password))

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether `password` is the one behind `password_hash`.

        With None (no such account) the same work is done and the answer is False. Raises TooBusy.
        """
        with self._turn():
            if self._dummy_hash is None:
                self._dummy_hash = self._argon2.hash("nobody has this password")
            try:
                self._argon2.verify(password_hash or self._dummy_hash, normalise(password))
            except (VerificationError, InvalidHashError):
                return False
            return password_hash is not None

    def verify_secret(self, encoded: str, secret: str) -> bool:
        """Return whether `secret`, a program's and so taken as it is, is the one behind `encoded`.

        One at a time in each process: programs that guess leave people a place. Raises TooBusy.
        """
        if not self._secret_inside.acquire(blocking=False):
            raise TooBusy
        try:
            with self._turn():
                return self._argon2.verify(encoded, secret.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._secret_inside.release()

    def needs_rehash(self, password_hash: str) -> bool:
        """Return whether the hash was made with other costs than today's."""
        return self._argon2.check_needs_rehash(password_hash)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._inside.acquire(blocking=False):
            raise TooBusy
        try:
            with self._slot():
                yield
        finally:
            self._inside.release()

    @contextmanager
    def _slot(self) -> Iterator[None]:
        self._gate_dir.mkdir(parents=True, exist_ok=True)
        number = threading.get_ident() % self._slots
        with (self._gate_dir / f"hashing-{number}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
