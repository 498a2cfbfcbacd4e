"""Limits on what one request may bring and on how many one source may send.

The rate is an outer brake, counted by each process for itself in a table of bounded size; what
must be exact (passwords, codes) is counted in the database (`domain.throttles`). Machines that
prove who they are at `/token` share one address for all their citizens, so there only failures
count.
"""

import threading

from flask import Flask, Response, request
from werkzeug.exceptions import RequestURITooLarge, TooManyRequests

from idp.settings import Settings
from idp.web import current

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 200
LONGEST_QUERY = 4096
LONGEST_OTHER_QUERY = 2048
REMEMBERED_SOURCES = 50_000
WINDOW = 60
FAILURES_AT_TOKEN = 60
"""Failed client authentications one source may make in a minute."""
_MACHINES = frozenset({"/token", "/userinfo", "/health"})


class SourceRates:
    """Counts by source in windows of a minute; forgets everybody when the window turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = -1
        self._counts: dict[str, int] = {}

    def count(self, source: str, now: int) -> int:
        """Count one more from `source` and return how many it made in this window."""
        with self._lock:
            if now // WINDOW != self._window:
                self._window, self._counts = now // WINDOW, {}
            if source not in self._counts and len(self._counts) >= REMEMBERED_SOURCES:
                self._counts.pop(next(iter(self._counts)))
            self._counts[source] = total = self._counts.get(source, 0) + 1
            return total

    def seen(self, source: str, now: int) -> int:
        """Return how many `source` made in this window, counting none."""
        with self._lock:
            return self._counts.get(source, 0) if now // WINDOW == self._window else 0


def init_limits(app: Flask) -> None:
    """Hold every request of `app` to the limits."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    app.config["MAX_FORM_PARTS"] = MOST_FIELDS
    requests_made, failures = SourceRates(), SourceRates()

    def refuse_what_is_too_much() -> None:
        longest = LONGEST_QUERY if request.path == "/authorize" else LONGEST_OTHER_QUERY
        if len(request.query_string) > longest:
            raise RequestURITooLarge
        source, now = current.source_address(), current.now()
        if request.path in _MACHINES:
            if request.path == "/token" and failures.seen(source, now) >= FAILURES_AT_TOKEN:
                raise TooManyRequests
        elif requests_made.count(source, now) > _share(current.services().settings):
            raise TooManyRequests

    def count_failures(response: Response) -> Response:
        if request.path == "/token" and response.status_code == 400:
            failures.count(current.source_address(), current.now())
        return response

    app.before_request(refuse_what_is_too_much)
    app.after_request(count_failures)


def _share(settings: Settings) -> int:
    """Return this process's part of the rate of the machine."""
    return max(1, settings.source_rate // settings.workers)
