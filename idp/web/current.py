"""What belongs to the request under way: its transaction, its browser, its Journey, its name.

One transaction per request. It opens with the first statement and is committed when the view has
answered, and also when the answer is a refusal (an abort, a protocol error, a page of the error
table): what a refusal found out, a burned try or an audit fact, must last. Any other exception
rolls back. Argon2 and outbound calls never run inside it: `checkpoint()` commits before them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response, current_app, request
from flask import session as browser_cookie
from flask.ctx import RequestContext
from flask.globals import request_ctx
from flask.sessions import SessionMixin
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from idp.domain import journeys, sessions
from idp.domain.client_keys import ClientKeys
from idp.domain.clients import ClientRegistry, RegisteredClient
from idp.domain.hot_path import HotPath
from idp.domain.services import Services
from idp.kernel.database import db
from idp.oauth_server.answers import ReadyAnswer
from idp.oauth_server.server import Server
from idp.protocol.errors import ProtocolError
from idp.web import cookies, source
from idp.web.turns import Turns

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_EXTENSION = "onepass"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What `create_app` joined, for the views of this process."""

    services: Services
    registry: ClientRegistry
    client_keys: ClientKeys
    hot_path: HotPath
    server: Server


class Refusal(Exception):
    """An answer that refuses and yet keeps what was written: base of `web.errors.PageRefused`."""


class Context(RequestContext):
    """A request that keeps its own time, name and source, and reads its cookie when asked."""

    at: int | None = None
    reference: str | None = None
    source: str | None = None

    @property
    def session(self) -> SessionMixin:
        """The browser's cookie."""
        if isinstance(self._session, cookies.Unread):
            interface = cast("cookies.BrowserCookie", self.app.session_interface)
            self._session = interface.read(self.app, self.request)
        return super().session


class Application(Flask):
    """Flask, with the rule above around every view, and a short way out for the hot path."""

    ready_headers: tuple[tuple[str, str], ...] = ()
    """What a `ReadyAnswer` carries beside its own headers."""
    tell: Callable[[Response], None] = staticmethod(lambda _: None)
    """Hears of every answer: the log."""
    turns = Turns(threads=1)
    """Whose page is made when; `create_app` gives each application its own."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`: nothing here is a coroutine, and asking costs a request fifty calls."""
        return func

    def request_context(self, environ: "WSGIEnvironment") -> RequestContext:
        """Return the context of one request."""
        return Context(self, environ)

    def process_response(self, response: Response) -> Response:
        """Let what was registered work on a response; a `ReadyAnswer` only needs its headers."""
        if isinstance(response, ReadyAnswer):
            response.complete(self.ready_headers)
        else:
            response = super().process_response(response)
        self.tell(response)
        return response

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view and close its transaction."""
        try:
            asked = context().request
            if asked.method == "POST" and self.turns.makes_page(asked.endpoint):
                # Before the turn: a body that arrives slowly would keep it from everybody else.
                asked.get_data()
            with self.turns.turn(asked.endpoint):
                answer = super().dispatch_request()
        except (HTTPException, ProtocolError, Refusal):
            checkpoint()
            raise
        except Exception:
            db.session.rollback()
            raise
        checkpoint()
        return answer


def init_current(app: Flask, wiring: Wiring) -> None:
    """Make `wiring` reachable from the requests of `app`."""
    app.extensions[_EXTENSION] = wiring


def context() -> Context:
    """Return the request under way itself, which is cheaper to ask twice than its stand-ins."""
    return cast("Context", request_ctx._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


def wiring() -> Wiring:
    """Return what this process was joined from."""
    joined: Wiring = current_app.extensions[_EXTENSION]
    return joined


def services() -> Services:
    """Return the services of this process."""
    return wiring().services


def session() -> Session:
    """Return the session of this request's transaction."""
    return db.session()


def checkpoint() -> None:
    """Commit what was written so far: before hashing, before calling out, at the end."""
    if db.session.registry.has():
        db.session.commit()


def now() -> int:
    """Return this request's time, the same whenever it asks."""
    under_way = context()
    if under_way.at is None:
        under_way.at = services().clock.now()
    return under_way.at


def request_id() -> str:
    """Return the reference that this request has in the log and on an error page."""
    under_way = context()
    if under_way.reference is None:
        under_way.reference = services().entropy.identifier()[-16:].upper()
    return under_way.reference


def source_address() -> str:
    """Return the address this request came from, believing configured proxies only."""
    under_way = context()
    if under_way.source is None:
        proxies = services().settings.trusted_proxies
        under_way.source = source.address_of(under_way.request, proxies)
    return under_way.source


def device() -> str:
    """Return the browser's description of itself, cut to 256 characters."""
    return request.headers.get("User-Agent", "")[:256]


def browser_id() -> str:
    """Return this browser's id, giving it one on its first visit."""
    known = browser_cookie.get("browser")
    if not isinstance(known, str):
        known = browser_cookie["browser"] = services().entropy.token()
    return known


def browser_hash() -> str:
    """Return the form in which this browser is stored."""
    return journeys.browser_hash(browser_id())


def signed_in() -> sessions.BrowserSession | None:
    """Return the live session of this browser, or None."""
    return sessions.find(session(), services(), cookies.session_secret())


def client(client_id: str) -> RegisteredClient | None:
    """Return the client as this process knows it (at most 30 seconds old), or None."""
    return wiring().registry.find(client_id)
