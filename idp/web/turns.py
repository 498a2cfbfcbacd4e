"""Turns: pages are made one at a time in each process, so that single sign-on keeps its share.

Processes that share one SQLite file share the turn too: they are on one machine, and where their
single sign-ons queue to write, pages would take what the wait leaves of every core.

A page costs six times what a silent sign-on costs, and the threads of one process share one
interpreter. Without turns, a flood of people who sign in (or of one who only seems to) would take
nearly all of it. Pages wait for each other without computing; two threads are never waited in,
and whoever finds all others taken is told to come back, at once.
"""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flask import Flask

from idp.domain.passwords import TooBusy

NEVER_WAITED_IN = 2
"""Threads of a process that are kept for what is not a page.

More threads would let more people wait, but each one more that computes costs single sign-on
processor time: they share one interpreter (`docs/performance.md`).
"""
_ROOMS = "idp.journeys."
_NO_PAGES = frozenset({"authorize.start"})
"""What answers without a page as a rule: the front door of single sign-on."""


class Turns:
    """The turns of one process with `threads` threads, and of all that lock the file `shared`."""

    def __init__(self, threads: int, shared: Path | None = None) -> None:
        self._inside = threading.BoundedSemaphore(max(1, threads - NEVER_WAITED_IN))
        self._turn = threading.Lock()
        self._shared = shared
        self._pages: frozenset[str] = frozenset()
        self._mine = threading.local()

    def learn_pages(self, app: Flask) -> None:
        """Take note of which endpoints of `app` make pages: all those of the rooms."""
        self._pages = frozenset(
            endpoint
            for endpoint, view in app.view_functions.items()
            if view.__module__.startswith(_ROOMS) and endpoint not in _NO_PAGES
        )

    def makes_page(self, endpoint: str | None) -> bool:
        """Return whether `endpoint` waits for a turn."""
        return endpoint in self._pages

    @contextmanager
    def turn(self, endpoint: str | None) -> Iterator[None]:
        """Wait for the turn to answer `endpoint`, if it makes a page. Raises TooBusy."""
        if not self.makes_page(endpoint):
            yield
            return
        if not self._inside.acquire(blocking=False):
            raise TooBusy
        try:
            with ExitStack() as held:
                self._take(held)
                self._mine.held = held
                yield
        finally:
            self._mine.held = None
            self._inside.release()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Give this thread's turn to others meanwhile: to wait for somebody else's server."""
        held: ExitStack | None = getattr(self._mine, "held", None)
        if held is None:
            yield
            return
        held.close()
        try:
            yield
        finally:
            self._take(held)

    def _take(self, held: ExitStack) -> None:
        held.enter_context(self._turn)
        held.enter_context(self._shared_turn())

    @contextmanager
    def _shared_turn(self) -> Iterator[None]:
        if self._shared is None:
            yield
            return
        with self._shared.open("wb", buffering=0) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
