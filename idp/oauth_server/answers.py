"""The hot path's successes: answers whose headers are complete when they are made.

Flask and Werkzeug look at every header of an answer several times before it leaves; three answers
of every single sign-on have nothing to look for.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Header = tuple[str, str]

_STATUS: Final = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class ReadyAnswer:
    """A success that sets no cookie and shows no page; it leaves as it is.

    `complete` gives it the headers that every answer carries. They must name nothing that the
    answer has itself.
    """

    __slots__ = ("body", "headers", "status_code")

    def __init__(self, body: bytes, status_code: int, headers: list[Header]) -> None:
        self.body = body
        self.status_code = status_code
        self.headers = headers

    def complete(self, rest: tuple[Header, ...]) -> None:
        """Add the headers that are the same for every such answer."""
        self.headers = [*self.headers, ("Content-Length", str(len(self.body))), *rest]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Send status, headers and body (RFC 9110: no body to HEAD)."""
        start_response(_STATUS[self.status_code], self.headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]
