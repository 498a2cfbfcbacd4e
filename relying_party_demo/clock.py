"""What time it is, for a department: injected, so that a test can move it.

Owns: the promise of a clock and the real one.
Owns not: any decision about lifetimes.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time in whole seconds since the epoch."""

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """Seconds since 1970-01-01T00:00:00Z."""
        return int(time.time())
