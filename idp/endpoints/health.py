"""`/health`: whether this process can do its work, for a load balancer or a container engine."""

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from idp.domain.schema import is_current
from idp.web import current

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> tuple[Response, int]:
    """Answer 200 when the database answers, has today's schema and there is a key to sign with.

    503 names what is missing; nothing else about the installation is told.
    """
    try:
        current.session().execute(text("SELECT 1"))
        ready = is_current(current.session())
        signs = bool(current.services().keyring.public_jwks()["keys"])
    except SQLAlchemyError:
        return jsonify(status="the database does not answer"), 503
    if not ready:
        return jsonify(status="the database needs `onepass db upgrade`"), 503
    if not signs:
        return jsonify(status="there is no signing key"), 503
    return jsonify(status="ok"), 200
