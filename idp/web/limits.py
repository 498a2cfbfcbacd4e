"""Limits on what one request may bring and on how many one source may send.

The rate is an outer brake, counted by each process for itself in a table of bounded size; what
must be exact (passwords, codes) is counted in the database (`domain.throttles`). Machines that
prove who they are share one address for all their citizens, so where they do only failures count.
"""

import threading

from flask import Response, request
from werkzeug.exceptions import (
    BadRequest,
    RequestHeaderFieldsTooLarge,
    RequestURITooLarge,
    TooManyRequests,
)

from idp.settings import Settings
from idp.web import current
from idp.web.arrivals import Arrival
from idp.web.source import MACHINES, PROVING, network_of

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 200
LARGEST_HEADERS = 16 * 1024
"""Characters of all header values together; a browser's have under two thousand."""
LONGEST_QUERY = 4096
LONGEST_OTHER_QUERY = 2048
_CARRIERS = frozenset({"/authorize", "/logout"})
"""What brings a whole request or an ID token in its address."""
REMEMBERED_SOURCES = 50_000
WINDOW = 60
FAILURES_AT_TOKEN = 60
"""Failed client authentications one source may make in a minute, wherever clients prove
themselves; and as many wrong registration keys."""
REGISTRATION = "/connect/register"
_FAILURES = frozenset({"invalid_client", "invalid_request"})
_UNCOUNTED = MACHINES | {"/health"}
"""Where requests are not counted by source."""


class SourceRates:
    """Counts by source in windows of a minute; forgets everybody when the window turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = -1
        self._counts: dict[str, int] = {}

    def count(self, source: str, now: int) -> int:
        """Count one more from `source` and return how many it made in this window."""
        source = network_of(source)
        with self._lock:
            if now // WINDOW != self._window:
                self._window, self._counts = now // WINDOW, {}
            if source not in self._counts and len(self._counts) >= REMEMBERED_SOURCES:
                self._counts.pop(next(iter(self._counts)))
            self._counts[source] = total = self._counts.get(source, 0) + 1
            return total

    def seen(self, source: str, now: int) -> int:
        """Return how many `source` made in this window, counting none."""
        source = network_of(source)
        with self._lock:
            return self._counts.get(source, 0) if now // WINDOW == self._window else 0


def init_limits(app: current.Application, settings: Settings) -> None:
    """Hold every request of `app` to the limits; this process has its part of the rate."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    app.config["MAX_FORM_PARTS"] = MOST_FIELDS
    requests_made, failures = SourceRates(), SourceRates()

    share = max(1, settings.source_rate // settings.workers)

    def admit(arrival: Arrival) -> None:
        _refuse_too_much(arrival)
        path, source, now = arrival.path, arrival.source, arrival.now
        if _asks_for_proof(path) and failures.seen(source, now) >= FAILURES_AT_TOKEN:
            raise _until_the_window_turns(now)
        if path not in _UNCOUNTED and requests_made.count(source, now) > share:
            raise _until_the_window_turns(now)

    def limit_the_body() -> None:
        if request.path in _CARRIERS:
            # The same request is as long as it is, whichever way it comes.
            request.max_content_length = LONGEST_QUERY

    def count_failures(response: Response) -> Response:
        if _asks_for_proof(request.path) and _refuses_a_client(response):
            failures.count(current.source_address(), current.now())
        return response

    app.admit = admit
    app.before_request(limit_the_body)
    app.after_request(count_failures)


def _until_the_window_turns(now: int) -> TooManyRequests:
    return TooManyRequests(retry_after=WINDOW - now % WINDOW)


def _refuse_too_much(arrival: Arrival) -> None:
    if arrival.size_of_headers() > LARGEST_HEADERS:
        raise RequestHeaderFieldsTooLarge
    query = arrival.query
    longest = LONGEST_QUERY if arrival.path in _CARRIERS else LONGEST_OTHER_QUERY
    if len(query) > longest:
        raise RequestURITooLarge
    if query.count("&") >= MOST_FIELDS:
        raise BadRequest


def _asks_for_proof(path: str) -> bool:
    return path in PROVING or path.startswith(REGISTRATION)


def _refuses_a_client(response: Response) -> bool:
    """Return whether somebody did not prove who they are.

    A bad code is another matter: citizens can make their service send any number of those.
    """
    if response.status_code != 400:
        return response.status_code == 401
    if request.path not in PROVING:
        return False
    return (response.get_json(silent=True) or {}).get("error") in _FAILURES
