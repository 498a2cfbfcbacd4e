"""`POST /revoke`: a client gives an access token of its own back (RFC 7009)."""

from flask import Blueprint

from idp.oauth_server.server import Answer
from idp.web import current
from idp.web.token_queries import token_query

blueprint = Blueprint("revocation", __name__)


@blueprint.post("/revoke")
def revoke() -> Answer:
    """Kill the token's grant; 200 also when there was nothing to kill (section 2.2)."""
    return current.wiring().server.answer_token_query("revocation", token_query())
