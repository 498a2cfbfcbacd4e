"""A request about a token, read the way every request of the back channel is."""

from flask import request

from idp.oauth_server.requests import TokenQueryRequest
from idp.protocol.parameters import single_values
from idp.protocol.token_queries import parse_token_query
from idp.web import current
from idp.web.arrivals import FORM


def token_query() -> TokenQueryRequest:
    """Return the request under way; parameters count in a form body only, each sent once."""
    arrival = current.arrival()
    form, repeated = single_values(
        request.form.items(multi=True) if request.mimetype == FORM else ()
    )
    return TokenQueryRequest(
        parse_token_query(form, repeated, arrival.header("AUTHORIZATION")),
        form,
        endpoint=arrival.path,
        method=arrival.method,
        request_id=arrival.request_id,
        now=arrival.now,
    )
