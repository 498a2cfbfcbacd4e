"""Clocks that tests move by hand: one inside a process, one shared by several processes."""

import mmap
import struct
import time
from collections.abc import Mapping
from pathlib import Path

from idp.kernel.clock import Clock, SystemClock

NOON = 1_790_000_000
"""Where every test's clock starts: in September 2026, ten seconds before a 30-second step."""

_SECONDS = struct.Struct("<q")


class FixedClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: int = NOON) -> None:
        self._now = now
        self._furthest = now

    def now(self) -> int:
        """Seconds since the epoch."""
        return self._now

    def monotonic(self) -> float:
        """Real seconds since some moment, plus every move forward; it never steps back.

        Caches expire when the clock is moved, and a wait with a deadline still ends by itself.
        """
        self._furthest = max(self._furthest, self._now)
        return time.monotonic() + self._furthest

    def move(self, seconds: int) -> int:
        """Move by `seconds` (negative: back) and return the new time."""
        self._now += seconds
        return self._now

    def set(self, now: int) -> None:
        """Stand at `now`, seconds since the epoch."""
        self._now = now


class SharedClock:
    """A clock in an eight-byte file, so that every process that maps the file reads one time.

    A pipe would reach one worker of a server only; a mapped file reaches all of them at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SECONDS.size)
        self._furthest = self.now()

    @classmethod
    def create(cls, path: Path, now: int = NOON) -> "SharedClock":
        """Make the file and return a clock on it that stands at `now`."""
        path.write_bytes(_SECONDS.pack(now))
        return cls(path)

    def now(self) -> int:
        """Seconds since the epoch."""
        value: int = _SECONDS.unpack(self._memory[: _SECONDS.size])[0]
        return value

    def monotonic(self) -> float:
        """Real seconds since some moment, plus every move forward; it never steps back."""
        self._furthest = max(self._furthest, self.now())
        return time.monotonic() + self._furthest

    def move(self, seconds: int) -> int:
        """Move by `seconds` (negative: back) for every process and return the new time."""
        self.set(self.now() + seconds)
        return self.now()

    def set(self, now: int) -> None:
        """Stand at `now`, seconds since the epoch, for every process."""
        self._memory[: _SECONDS.size] = _SECONDS.pack(now)


def clock_of(environ: Mapping[str, str]) -> Clock:
    """The clock of a process under test: the shared one, or real time where none was given."""
    file = environ.get("TEST_CLOCK")
    return SharedClock(Path(file)) if file else SystemClock()
