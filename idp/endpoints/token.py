"""`POST /token`: a code is redeemed for tokens (RFC 6749 section 3.2)."""

from collections.abc import Iterable

from flask import Blueprint, request

from idp.oauth_server.answers import ReadyAnswer
from idp.oauth_server.requests import TokenOAuth2Request
from idp.oauth_server.server import Answer
from idp.protocol.parameters import parse_token_request, single_values
from idp.web import current
from idp.web.arrivals import FORM, Arrival
from idp.web.limits import LARGEST_BODY

blueprint = Blueprint("token", __name__)


@blueprint.post("/token")
def token() -> Answer:
    """Answer a token request; parameters count in the form body only, each sent once.

    A body of another content type is no form, also one that Flask could read as a form.
    """
    arrival = current.arrival()
    sent = request.form.items(multi=True) if request.mimetype == FORM else ()
    begun = arrival.token_request or _read(arrival, sent)
    return current.wiring().server.create_token_response(begun)


def shortcut(wiring: current.Wiring, arrival: Arrival) -> ReadyAnswer | None:
    """Answer a token request that succeeds; what it found out about another is kept."""
    sent = arrival.form(LARGEST_BODY)
    if sent is None:
        return None
    arrival.token_request = _read(arrival, sent)
    return wiring.server.redeem_at_once(arrival.token_request)


def _read(arrival: Arrival, sent: Iterable[tuple[str, str]]) -> TokenOAuth2Request:
    form, repeated = single_values(sent)
    return TokenOAuth2Request(
        parse_token_request(form, repeated, arrival.header("AUTHORIZATION")),
        form,
        method=arrival.method,
        request_id=arrival.request_id,
        now=arrival.now,
    )
