"""Whatever goes wrong becomes one row of the error table, and the row a response.

A browser gets a page in its language with a reference that is also in the log; a program that
does not ask for HTML gets one plain sentence; a machine's endpoint gets JSON. Making the answer
never touches the database, which may be what is broken.
"""

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
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from idp.domain.passwords import TooBusy
from idp.kernel.database import refers_to_nothing
from idp.protocol.errors import ProtocolError
from idp.web import cookies, current
from idp.web.error_table import Kind, Row

__all__ = ["Kind", "PageRefused", "answer", "init_errors", "wants_html"]

log = structlog.get_logger()


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
    may start again; `retry_after` (seconds) and `status` override the row's.
    """

    def __init__(
        self,
        kind: Kind,
        *,
        sentence: str = "",
        service_url: str | None = None,
        retry_after: int | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(sentence or kind.value.plain)
        self.kind = kind
        self.sentence = sentence
        self.service_url = service_url
        self.retry_after = retry_after
        self.status = status


def init_errors(app: Flask) -> None:
    """Answer every error of `app` from the table."""
    app.register_error_handler(PageRefused, answer)
    app.register_error_handler(ProtocolError, _protocol)
    app.register_error_handler(TooBusy, _too_busy)
    app.register_error_handler(CSRFError, _foreign_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StaleDataError, _deleted_meanwhile)
    app.register_error_handler(ObjectDeletedError, _deleted_meanwhile)
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
    response.status_code = refused.status or row.status
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
            steps=row.steps,
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
    try:
        endpoint, _arguments = adapter.match(method=right_method)
    except RequestRedirect:
        # The right method would have found the address in another spelling only.
        return None
    return str(endpoint)


def _protocol(error: ProtocolError) -> Response:
    log.info("request_refused", error=error.error, check=error.check, detail=error.detail)
    return answer(PageRefused(Kind.PROTOCOL, sentence=error.description, status=error.status))


def _too_busy(error: TooBusy) -> Response:
    return answer(PageRefused(Kind.BUSY, retry_after=error.retry_after))


def _foreign_form(error: CSRFError) -> Response:
    log.warning("cross_site_request_refused", path=request.path, reason=error.description)
    return answer(PageRefused(Kind.FOREIGN_FORM if cookies.came_back() else Kind.NO_COOKIES))


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
    if isinstance(error, IntegrityError) and refers_to_nothing(error):
        return _deleted_meanwhile(error)
    if isinstance(error, IntegrityError | ProgrammingError):
        return _broken(error)
    log.error("database_unavailable", path=request.path, reason=type(error).__name__)
    return answer(PageRefused(Kind.UNAVAILABLE))


def _deleted_meanwhile(error: Exception) -> Response:
    """Answer a request that lost what it was about, such as an account, to another request."""
    log.warning("deleted_meanwhile", path=request.path, reason=type(error).__name__)
    return answer(PageRefused(Kind.GONE))


def _broken(error: Exception) -> Response:
    if isinstance(error, OSError):
        log.error("storage_failed", path=request.path, reason=error.strerror, exc_info=error)
        return answer(PageRefused(Kind.UNAVAILABLE))
    log.error("request_failed", path=request.path, exc_info=error)
    return answer(PageRefused(Kind.BROKEN))
