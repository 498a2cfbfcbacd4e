"""What belongs to the request under way: its transaction, its browser, its Journey, its name.

One transaction per request. It opens with the first statement and is committed when the view has
answered, and also when the answer is a refusal (an abort, a protocol error, a page of the error
table): what a refusal found out, a burned try or an audit fact, must last. Any other exception
rolls back. Argon2 and outbound calls never run inside it: `checkpoint()` commits before them.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

from flask import Flask, Request, Response, current_app, request
from flask import session as browser_cookie
from flask.ctx import RequestContext
from flask.globals import request_ctx
from flask.sessions import SessionMixin
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect

from idp.domain import audit, journeys, sessions
from idp.domain.banners import Board
from idp.domain.client_keys import ClientKeys
from idp.domain.client_proofs import ProofUses
from idp.domain.client_rates import ClientRates
from idp.domain.clients import ClientRegistry, RegisteredClient
from idp.domain.hot_path import HotPath, SeenSession
from idp.domain.registration_keys import OpenRegistration
from idp.domain.services import Services
from idp.kernel.database import db
from idp.oauth_server.answers import ReadyAnswer
from idp.oauth_server.server import Server
from idp.protocol.errors import ProtocolError
from idp.web import cookies
from idp.web.arrivals import Admission, Arrival, under_way
from idp.web.turns import Turns

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_EXTENSION = "onepass"


@dataclass(frozen=True, slots=True)
class Wiring:
    """What `create_app` joined, for the views of this process."""

    services: Services
    registry: ClientRegistry
    client_keys: ClientKeys
    hot_path: HotPath
    server: Server
    rates: ClientRates
    open_registration: OpenRegistration
    uses: ProofUses
    board: Board


Shortcut = Callable[[Wiring, Arrival], ReadyAnswer | None]
"""Answers a success of the hot path, or returns None and leaves the request to Flask."""


class Refusal(Exception):
    """An answer that refuses and yet keeps what was written: base of `web.errors.PageRefused`."""


class Context(RequestContext):
    """A request that knows its arrival, and reads its cookie when asked."""

    def __init__(self, app: Flask, environ: "WSGIEnvironment", **more: Any) -> None:
        super().__init__(app, environ, **more)
        self.arrival = Arrival.of(environ, app.extensions[_EXTENSION].services)

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
    tell: Callable[[Arrival, str | None, int], None] = staticmethod(lambda *_: None)
    """Hears of every answer, with its route and status: the log."""
    measure: Callable[[Arrival, str | None, int], None] = staticmethod(lambda *_: None)
    """Hears of the same, to count how long it took."""
    admit: Admission = staticmethod(lambda _: None)
    """Asked once of every request, before anything else."""
    shortcuts: Mapping[tuple[str, str], Shortcut] = {}
    """By method and path: what may answer a request without Flask."""
    turns = Turns(threads=1)
    """Whose page is made when; `create_app` gives each application its own."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func`: nothing here is a coroutine, and asking costs a request fifty calls."""
        return func

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """Raise what no route was found for; an address in another spelling is no address.

        The redirect that Werkzeug would send is to whatever host the sender named.
        """
        if isinstance(request.routing_exception, RequestRedirect):
            raise NotFound from request.routing_exception
        super().raise_routing_exception(request)

    def request_context(self, environ: "WSGIEnvironment") -> RequestContext:
        """Return the context of one request."""
        return Context(self, environ)

    def wsgi_app(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer by a shortcut, or by Flask.

        Whatever goes wrong on the short way is raised again on Flask's, where errors are answered.
        """
        joined: Wiring = self.extensions[_EXTENSION]
        arrival = Arrival(environ, joined.services)
        under_way.set(arrival)
        try:
            self.admit(arrival)
            shortcut = self.shortcuts.get((arrival.method, arrival.path))
            answer = None if shortcut is None else shortcut(joined, arrival)
        except Exception as fault:  # noqa: BLE001 - see above
            arrival.fault = fault
            answer = None
        if answer is None:
            return super().wsgi_app(environ, start_response)
        answer.complete(self.ready_headers)
        # What was done is done: a log that cannot be written must not take the answer back.
        with suppress(OSError):
            self.tell(arrival, arrival.path, answer.status_code)
        self.measure(arrival, arrival.path, answer.status_code)
        return answer(environ, start_response)

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Go no further with a request that was refused at the door."""
        fault = context().arrival.fault
        if fault is not None:
            raise fault
        return super().preprocess_request()

    def make_response(self, rv: Any) -> Response:
        """Return the response for a view's answer; a `ReadyAnswer` is one already."""
        return rv if isinstance(rv, ReadyAnswer) else super().make_response(rv)  # type: ignore[return-value]

    def process_response(self, response: Response | ReadyAnswer) -> Any:
        """Let what was registered work on a response; a `ReadyAnswer` only needs its headers."""
        asked = context()
        if isinstance(response, ReadyAnswer):
            response.complete(self.ready_headers)
        else:
            response = super().process_response(response)
        rule = asked.request.url_rule
        self.tell(asked.arrival, rule.rule if rule else None, response.status_code)
        self.measure(asked.arrival, rule.rule if rule else None, response.status_code)
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
        wiring().uses.write_down()
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
    """Return the session of this request's transaction; its facts lead to the request's log."""
    opened: Session = db.session()
    opened.info[audit.REQUEST] = request_id
    return opened


def checkpoint() -> None:
    """Commit what was written so far: before hashing, before calling out, at the end."""
    if db.session.registry.has():
        db.session.commit()


def arrival() -> Arrival:
    """Return the arrival of the request under way."""
    return context().arrival


def now() -> int:
    """Return this request's time, the same whenever it asks."""
    return context().arrival.now


def request_id() -> str:
    """Return the reference that this request has in the log and on an error page."""
    return context().arrival.request_id


def source_address() -> str:
    """Return the address this request came from, believing configured proxies only."""
    return context().arrival.source


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


def seen() -> SeenSession | None:
    """Return what the decision table knows of this browser's live session, or None."""
    joined = wiring()
    return sessions.seen(joined.hot_path, joined.services, cookies.session_secret(), now())


def client(client_id: str) -> RegisteredClient | None:
    """Return the client as this process knows it (at most 30 seconds old), or None."""
    return wiring().registry.find(client_id)
