"""The time of a target: the world's, or a clock that its tester may move."""

import struct
import time
from pathlib import Path
from typing import Protocol

SECONDS = struct.Struct("<q")


class Clock(Protocol):
    """A source of time that can be waited for. `can_jump`: waiting takes no real time."""

    @property
    def can_jump(self) -> bool:
        """Whether waiting takes no real time."""
        ...

    def now(self) -> float:
        """Seconds since the epoch, as the target counts them."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when `seconds` have passed for the target."""
        ...


class RealClock:
    """The world's time."""

    can_jump = False

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def wait(self, seconds: float) -> None:
        """Sleep."""
        time.sleep(max(0.0, seconds))


class FileClock:
    """Whole seconds in a file of eight bytes (little endian) that the target takes for the time."""

    can_jump = True

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> float:
        """Seconds since the epoch, as the file says."""
        said: int = SECONDS.unpack(self._file.read_bytes())[0]
        return said

    def wait(self, seconds: float) -> None:
        """Move the clock on by `seconds`, rounded up."""
        whole = -int(-seconds // 1)
        if whole > 0:
            with self._file.open("r+b") as file:  # in place: the target has it mapped
                file.write(SECONDS.pack(int(self.now()) + whole))
