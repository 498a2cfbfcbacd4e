"""`POST /token`: a code is redeemed for tokens (RFC 6749 section 3.2)."""

from flask import Blueprint, Response, request

from idp.oauth_server.requests import TokenOAuth2Request
from idp.protocol.parameters import parse_token_request, single_values
from idp.web import current

blueprint = Blueprint("token", __name__)

_FORM = "application/x-www-form-urlencoded"


@blueprint.post("/token")
def token() -> Response:
    """Answer a token request; parameters count in the form body only, each sent once.

    A body of another content type is no form, also one that Flask could read as a form.
    """
    sent = request.form.items(multi=True) if request.mimetype == _FORM else ()
    form, repeated = single_values(sent)
    return current.wiring().server.create_token_response(
        TokenOAuth2Request(
            parse_token_request(form, repeated),
            form,
            method=request.method,
            request_id=current.request_id(),
            now=current.now(),
            basic=request.headers.get("Authorization", "")[:6].lower() == "basic ",
        )
    )
