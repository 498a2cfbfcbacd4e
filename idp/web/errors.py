"""The one error table: whatever goes wrong becomes one row of it, and the row a response.

A browser gets a page in its language with a reference that is also in the log; a program that
does not ask for HTML gets one plain sentence; a machine's endpoint gets JSON. Making the answer
never touches the database, which may be what is broken.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    jsonify,
    make_response,
    render_template,
    request,
)
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from idp.domain.passwords import TooBusy
from idp.protocol.errors import ProtocolError
from idp.web import current

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Row:
    """How one kind of error is told: status, words, and after how many seconds to come back."""

    status: int
    heading: LazyString
    words: tuple[LazyString, ...]
    plain: str
    retry_after: int | None = None


class Kind(Enum):
    """The table. `plain` is for programs and stays English, as protocol errors do."""

    BAD_REQUEST = Row(
        400,
        _("We could not understand that request"),
        (
            _("Something in the address or the form you sent was missing or malformed."),
            _("Go back and try again. If you followed a link, start again from the service."),
        ),
        "The request could not be understood",
    )
    PROTOCOL = Row(
        400,
        _("There is a problem with the service you came from"),
        (
            _("The service sent you here with a request that we cannot accept."),
            _("You did nothing wrong. We have not sent you back, to keep you safe."),
            _("You can tell the service what happened. This is what we would tell them:"),
        ),
        "Invalid request",
    )
    FORBIDDEN = Row(
        403,
        _("You cannot open this page"),
        (_("This page is not available to you."),),
        "Forbidden",
    )
    SUSPENDED = Row(
        403,
        _("Your account is suspended"),
        (
            _("We are checking something about this account."),
            _("You cannot sign in until we have finished, which usually takes 3 working days."),
        ),
        "This account is suspended",
    )
    BLOCKED = Row(
        403,
        _("You cannot use this account"),
        (_("This account was closed to protect people. It cannot be opened again."),),
        "This account is closed",
    )
    FOREIGN_FORM = Row(
        403,
        _("We could not accept that form"),
        (
            _("It was open for too long, or it did not come from one of our pages."),
            _("Go back, reload the page and send the form again."),
        ),
        "The form did not come from one of our pages",
    )
    NO_COOKIES = Row(
        403,
        _("Your browser is not keeping our cookies"),
        (
            _("We need cookies to keep you signed in and to protect the forms you send."),
            _("Turn on cookies in the settings of your browser, then start again."),
        ),
        "Cookies are needed",
    )
    OTHER_BROWSER = Row(
        403,
        _("You started this in another browser"),
        (
            _("A sign-in can only be finished in the browser it was started in."),
            _("Go back to that browser, or start again from the service."),
            _("If you used no other, this browser is not keeping our cookies: turn them on first."),
        ),
        "This sign-in belongs to another browser",
    )
    NOT_FOUND = Row(
        404,
        _("Page not found"),
        (
            _("If you typed the address, check that it is right."),
            _("If you pasted it, check that you copied all of it."),
        ),
        "Not found",
    )
    METHOD = Row(
        405,
        _("You cannot open this page directly"),
        (_("This address only takes forms from our own pages. Start again from the service."),),
        "Method not allowed",
    )
    EXPIRED = Row(
        410,
        _("This sign-in has expired"),
        (
            _("You did not finish within an hour, so we stopped to keep you safe."),
            _("Start again from the service you want to use."),
        ),
        "This sign-in has expired",
    )
    FINISHED = Row(
        410,
        _("You have already finished here"),
        (_("You cannot go back to this page. Carry on in the service, or start again from it."),),
        "This sign-in is finished",
    )
    TOO_LARGE = Row(
        413,
        _("That was too much to send"),
        (_("The form you sent is larger than we accept. Go back and shorten it."),),
        "The request is too large",
    )
    ADDRESS_TOO_LONG = Row(
        414,
        _("That address is too long"),
        (_("Start again from the service you want to use."),),
        "The address is too long",
    )
    TOO_MANY = Row(
        429,
        _("Too many requests"),
        (_("Your network has sent us very many requests. Wait a minute, then try again."),),
        "Too many requests",
        retry_after=60,
    )
    BROKEN = Row(
        500,
        _("Sorry, something went wrong"),
        (
            _("Try again later. What you had already finished is kept."),
            _("If it happens again, tell us the reference below."),
        ),
        "Something went wrong",
        retry_after=None,
    )
    BUSY = Row(
        503,
        _("Very many people are signing in"),
        (_("We could not check your password just now. Wait a few seconds, then try again."),),
        "Too busy, try again",
        retry_after=2,
    )
    UNAVAILABLE = Row(
        503,
        _("Sorry, the service is unavailable"),
        (
            _("You can try again in a few minutes. What you had already finished is kept."),
            _("If it lasts, tell us the reference below."),
        ),
        "Unavailable, try again later",
        retry_after=10,
    )


_BY_STATUS: Final = {
    400: Kind.BAD_REQUEST,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    405: Kind.METHOD,
    413: Kind.TOO_LARGE,
    414: Kind.ADDRESS_TOO_LONG,
    429: Kind.TOO_MANY,
    503: Kind.UNAVAILABLE,
}
_OAUTH_CODES: Final = {
    429: "temporarily_unavailable",
    500: "server_error",
    503: "temporarily_unavailable",
}


class PageRefused(current.Refusal):
    """Raise this to answer with a row of the table.

    `sentence` is the protocol's own wording, shown as it is; `service_url` is where the person
    may start again; `retry_after` (seconds) overrides the row's.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        sentence: str = "",
        service_url: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(sentence or kind.value.plain)
        self.kind = kind
        self.sentence = sentence
        self.service_url = service_url
        self.retry_after = retry_after


def init_errors(app: Flask) -> None:
    """Answer every error of `app` from the table."""
    app.register_error_handler(PageRefused, answer)
    app.register_error_handler(ProtocolError, _protocol)
    app.register_error_handler(TooBusy, _too_busy)
    app.register_error_handler(CSRFError, _foreign_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(PoolTimeout, _database)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _broken)


def answer(refused: PageRefused) -> Response:
    """Return the response for `refused`, in the form that the caller can read."""
    row = refused.kind.value
    if _is_machine_endpoint():
        response = _json(row, refused)
    elif wants_html():
        response = _page(row, refused)
    else:
        text = refused.sentence or row.plain
        response = make_response(text, {"Content-Type": "text/plain; charset=utf-8"})
    response.status_code = row.status
    retry_after = refused.retry_after or row.retry_after
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def wants_html() -> bool:
    """Return whether the caller asks for HTML by name; `*/*` alone is a program's habit."""
    accepted = request.headers.get("Accept", "")
    return "text/html" in accepted or "application/xhtml+xml" in accepted


def _page(row: Row, refused: PageRefused) -> Response:
    return make_response(
        render_template(
            "error.html",
            heading=row.heading,
            words=row.words,
            sentence=refused.sentence,
            service_url=refused.service_url,
            reference=current.request_id(),
        )
    )


def _json(row: Row, refused: PageRefused) -> Response:
    code = _OAUTH_CODES.get(row.status, "invalid_request")
    return jsonify(error=code, error_description=refused.sentence or row.plain)


def _is_machine_endpoint() -> bool:
    view = current_app.view_functions.get(_endpoint_of_address() or "")
    return getattr(view, "__module__", "").startswith("idp.endpoints.")


def _endpoint_of_address() -> str | None:
    """Return the endpoint at this address, also when it was asked with the wrong method."""
    refused = request.routing_exception
    if not isinstance(refused, MethodNotAllowed):
        return request.endpoint
    adapter = current_app.create_url_adapter(request)
    right_method = next(iter(refused.valid_methods or ()), None)
    if adapter is None or right_method is None:
        return None
    endpoint, _arguments = adapter.match(method=right_method)
    return str(endpoint)


def _protocol(error: ProtocolError) -> Response:
    log.info("request_refused", error=error.error, check=error.check, detail=error.detail)
    return answer(PageRefused(Kind.PROTOCOL, sentence=error.description))


def _too_busy(error: TooBusy) -> Response:
    return answer(PageRefused(Kind.BUSY, retry_after=error.retry_after))


def _foreign_form(error: CSRFError) -> Response:
    log.warning("cross_site_request_refused", path=request.path, reason=error.description)
    return answer(PageRefused(Kind.FOREIGN_FORM if request.cookies else Kind.NO_COOKIES))


def _http(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return make_response(error.get_response())
    status = error.code or 500
    kind = _BY_STATUS.get(status, Kind.BROKEN if status >= 500 else Kind.BAD_REQUEST)
    response = answer(PageRefused(kind))
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    response.status_code = status
    return response


def _database(error: DBAPIError | PoolTimeout) -> Response:
    if isinstance(error, DataError):
        log.warning("value_refused_by_database", path=request.path)
        return answer(PageRefused(Kind.BAD_REQUEST))
    if isinstance(error, IntegrityError | ProgrammingError):
        return _broken(error)
    log.error("database_unavailable", path=request.path, reason=type(error).__name__)
    return answer(PageRefused(Kind.UNAVAILABLE))


def _broken(error: Exception) -> Response:
    if isinstance(error, OSError):
        log.error("storage_failed", path=request.path, reason=error.strerror, exc_info=error)
        return answer(PageRefused(Kind.UNAVAILABLE))
    log.error("request_failed", path=request.path, exc_info=error)
    return answer(PageRefused(Kind.BROKEN))
