"""`POST /introspect`: whether an access token of the asker's own is live (RFC 7662)."""

from flask import Blueprint

from idp.oauth_server.server import Answer
from idp.web import current
from idp.web.token_queries import token_query

blueprint = Blueprint("introspection", __name__)


@blueprint.post("/introspect")
def introspect() -> Answer:
    """Describe a live token to the client it was issued to; `{"active":false}` otherwise."""
    return current.wiring().server.answer_token_query("introspection", token_query())
