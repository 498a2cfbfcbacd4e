"""The hot path's successes: answers whose headers are complete when they are made.

Flask and Werkzeug look at every header of an answer several times before it leaves; three answers
of every single sign-on have nothing to look for.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Header = tuple[str, str]


class ReadyAnswer(Response):
    """A success that sets no cookie and shows no page; it leaves as it is.

    `complete` gives it the headers that every answer carries. They must name nothing that the
    answer has itself.
    """

    def __init__(self, body: bytes, status: int, headers: list[Header]) -> None:
        super().__init__(body, status, headers)
        self._rest: tuple[Header, ...] = ()

    def complete(self, rest: tuple[Header, ...]) -> None:
        """Take the headers that are the same for every such answer."""
        self._rest = rest

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Send status, headers and body (RFC 9110: no body to HEAD)."""
        start_response(self.status, [*self.headers, *self._rest])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.get_data()]
