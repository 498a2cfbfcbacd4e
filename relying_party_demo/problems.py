"""The page for everything that does not go as it should.

Owns: turning a reason, or a fault of HTTP, into its page and status.
Owns not: the words (``relying_party_demo.words``), nor when something is refused.
"""

from flask import Flask, Response, make_response, render_template
from werkzeug.exceptions import HTTPException

from relying_party_demo import words
from relying_party_demo.browser import CrossSiteRequest
from relying_party_demo.exchange import Exchange


def refuse(reason: str, exchange: Exchange | None = None, failed: str = "") -> Response:
    """The page that says no, for one of the reasons in ``words.REFUSALS``."""
    refusal = words.REFUSALS[reason]
    page = render_template("problem.html", refusal=refusal, exchange=exchange, failed=failed)
    response = make_response(page, refusal.status)
    if refusal.status == 503:
        response.headers["Retry-After"] = "60"
    return response


def register_problems(app: Flask) -> None:
    """Give every fault its page."""
    by_status = {404: "not_found", 405: "not_found"}

    def refused(fault: HTTPException) -> Response:
        status = fault.code or 500
        response = refuse(by_status.get(status, "bad_request" if status < 500 else "broken"))
        response.status_code = status
        for name, value in fault.get_headers():
            if name == "Allow":
                response.headers[name] = value
        return response

    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(CrossSiteRequest, lambda _: refuse("form"))
