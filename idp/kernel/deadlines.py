"""Deadlines: an outbound call that takes too long is hung up, whatever the other side does."""

import socket
import threading
import time
from contextlib import suppress
from typing import Self


class Deadline:
    """Hangs up when the time of one call is over: a byte now and then keeps nobody waiting."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._handles: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._hang_up)
        self._timer.daemon = True
        self.passed = False

    def left(self) -> float:
        """Return the seconds that are left, never quite none: sockets take 0 for "do not wait"."""
        return max(self._ends - time.monotonic(), 0.001)

    def watch(self, connected: socket.socket) -> None:
        """Take charge of a connection that was just opened, also once TLS has been put over it."""
        # A handle of its own: the one given is detached when TLS takes the connection over.
        self._handles.append(
            socket.fromfd(connected.fileno(), connected.family, connected.type, connected.proto)
        )
        if self.passed:
            self._hang_up()

    def _hang_up(self) -> None:
        self.passed = True
        for handle in self._handles:
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        for handle in self._handles:
            handle.close()
