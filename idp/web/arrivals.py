"""A request as it arrives: its time, its name, its source. Made at the door, before Flask looks.

Both ways through the house know it: the pages' way, through Flask (`web.current`), and the
shortcuts of the hot path, which answer a success by themselves. A shortcut either answers, or
leaves here what it found out, for Flask's way to go on with.
"""

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from werkzeug.sansio.http import parse_cookie
from werkzeug.wsgi import get_input_stream

from idp.domain.services import Services
from idp.oauth_server.requests import TokenOAuth2Request
from idp.web import source

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_KEY = "onepass.arrival"


class Arrival:
    """One request, from the first look at it to its answer.

    `began` is when, on the clock for lengths. `fault` is what it was refused for at the door,
    or what a shortcut stumbled over: it is raised again where errors are answered.
    `token_request` is what a shortcut had begun at `/token`. `token_refused` says that it found
    the access token at `/userinfo` to be worth nothing, `token_claims` what that one says if it is
    signed by us, so that nobody checks it again.
    """

    __slots__ = (
        "_environ",
        "_now",
        "_request_id",
        "_services",
        "_source",
        "admitted",
        "began",
        "fault",
        "token_claims",
        "token_refused",
        "token_request",
    )

    def __init__(self, environ: "WSGIEnvironment", services: Services) -> None:
        environ[_KEY] = self
        self._environ = environ
        self.began = services.clock.monotonic()
        self._services = services
        self._now: int | None = None
        self._request_id: str | None = None
        self._source: str | None = None
        self.fault: Exception | None = None
        self.admitted: bool | None = None
        self.token_request: TokenOAuth2Request | None = None
        self.token_claims: Mapping[str, Any] | None = None
        self.token_refused = False

    @classmethod
    def of(cls, environ: "WSGIEnvironment", services: Services) -> "Arrival":
        """Return the arrival that this request already is, or make it one."""
        known: Arrival | None = environ.get(_KEY)
        return known or cls(environ, services)

    @property
    def services(self) -> Services:
        """The services of this process."""
        return self._services

    @property
    def now(self) -> int:
        """This request's time, the same whenever somebody asks."""
        if self._now is None:
            self._now = self._services.clock.now()
        return self._now

    @property
    def request_id(self) -> str:
        """The reference that this request has in the log and on an error page."""
        if self._request_id is None:
            self._request_id = self._services.entropy.identifier()[-16:].upper()
        return self._request_id

    @property
    def source(self) -> str:
        """The address this request came from, believing configured proxies only."""
        if self._source is None:
            proxies = self._services.settings.trusted_proxies
            self._source = source.address_of(self._environ, proxies)
        return self._source

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self._environ["REQUEST_METHOD"]).upper()

    @property
    def path(self) -> str:
        """The path, decoded."""
        return "/" + str(self._environ.get("PATH_INFO", "")).lstrip("/")

    @property
    def query(self) -> str:
        """The query as it was sent, still encoded."""
        return str(self._environ.get("QUERY_STRING", ""))

    def size_of_headers(self) -> int:
        """Return how many characters all header values have together."""
        environ = self._environ
        return sum(len(environ[name]) for name in environ if name[:5] == "HTTP_")

    def header(self, name: str) -> str:
        """Return a header, or nothing; `name` as in the environment, without `HTTP_`."""
        return str(self._environ.get(f"HTTP_{name}", ""))

    def cookie(self, name: str) -> str | None:
        """Return the first cookie of this name, read as Flask reads it."""
        return parse_cookie(str(self._environ.get("HTTP_COOKIE", ""))).get(name)

    def form(self, largest: int) -> list[tuple[str, str]] | None:
        """Return the fields of a plain form of at most `largest` bytes.

        None for any other body: it is untouched then, or given back to be read again.
        """
        environ = self._environ
        content_type, _, _ = str(environ.get("CONTENT_TYPE", "")).partition(";")
        length = str(environ.get("CONTENT_LENGTH", ""))
        if content_type.strip(" \t").lower() != FORM or "HTTP_TRANSFER_ENCODING" in environ:
            return None
        if _LENGTH.fullmatch(length) is None or int(length) > largest:
            return None
        body = get_input_stream(environ, max_content_length=largest).read()
        environ["wsgi.input"] = BytesIO(body)
        try:
            return fields_of(body.decode()) if len(body) == int(length) else None
        except UnicodeDecodeError:
            return None


_LENGTH = re.compile(r"[0-9]{1,9}", re.ASCII)
FORM = "application/x-www-form-urlencoded"


def fields_of(encoded: str) -> list[tuple[str, str]]:
    """Return the fields of a query or form, read as Flask reads them."""
    return parse_qsl(encoded, keep_blank_values=True, errors="werkzeug.url_quote")


under_way: ContextVar["Arrival | None"] = ContextVar("under_way", default=None)
"""The request that this thread is answering, for the log."""

Admission = Callable[[Arrival], None]
"""Raises an HTTPException unless the request keeps to the limits."""
