"""Time, as everything above this floor sees it."""

import time
from typing import Protocol


class Clock(Protocol):
    """A source of time."""

    def now(self) -> int:
        """Return whole seconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never step back, for measuring lengths."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return whole seconds since the epoch, UTC."""
        return int(time.time())

    def monotonic(self) -> float:
        """Return seconds that never step back, for measuring lengths."""
        return time.monotonic()
