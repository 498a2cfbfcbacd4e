"""`/connect/register`: service teams register and change their own clients (RFC 7591, in part).

Open while operators have given out a key that lives, and never in production mode.
"""

import json
from typing import Any

import structlog
from flask import Blueprint, Response, abort, jsonify, request

from idp.domain import audit, registration_keys, team_clients, throttles
from idp.domain.clients import Applied
from idp.domain.registration_keys import RegistrationKey
from idp.domain.team_clients import NotTheirs, TooManyClients
from idp.protocol.errors import InvalidClientMetadata
from idp.protocol.json_members import without_doubles
from idp.web import current

blueprint = Blueprint("registration", __name__)
log = structlog.get_logger()

_LONGEST_KEY = 256


@blueprint.post("/connect/register")
def register() -> Response:
    """Register a new client of the key's team; its secret, if it has one, is told this once."""
    key = _key()
    if isinstance(key, Response):
        return key
    document = _document()
    if document is None:
        return _error(400, "invalid_request", "Invalid request")
    try:
        applied = team_clients.register(current.session(), current.services(), key, document)
    except InvalidClientMetadata as error:
        return _refused(key, error)
    except TooManyClients:
        words = "This team has as many clients as it may have"
        return _error(403, "access_denied", words)
    return _told(applied)


@blueprint.put("/connect/register/<client_id>")
def change(client_id: str) -> Response:
    """Replace what is sent in the registration of a client of the key's team."""
    key = _key()
    if isinstance(key, Response):
        return key
    document = _document()
    if document is None:
        return _error(400, "invalid_request", "Invalid request")
    session, services = current.session(), current.services()
    try:
        applied = team_clients.change(session, services, key, client_id, document)
    except NotTheirs:
        return _error(400, "invalid_client", "Client not found")
    except InvalidClientMetadata as error:
        return _refused(key, error, client_id)
    return _told(applied)


def _key() -> RegistrationKey | Response:
    """Return the key that was sent, one use of it taken; or the answer to who has none."""
    session, now = current.session(), current.now()
    if not registration_keys.any_live(session, now):
        abort(404)
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        return _unauthorized("Bearer")
    text = text.strip()
    key = registration_keys.use(session, text, now) if len(text) <= _LONGEST_KEY else None
    if key is None:
        audit.record(session, audit.TeamRegistrationRefused(reason="unknown key"), now=now)
        return _unauthorized('Bearer error="invalid_token"')
    try:
        throttles.reserve(session, throttles.Kind.REGISTRATION, key.id, now)
    except throttles.Locked as locked:
        answer = _error(429, "temporarily_unavailable", "Too many requests")
        answer.headers["Retry-After"] = str(max(1, locked.until - now))
        return answer
    return key


def _document() -> dict[str, Any] | None:
    """Return the body's JSON object, or None if it is none."""
    try:
        document = json.loads(
            request.get_data(),
            object_pairs_hook=without_doubles,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or request.mimetype != "application/json":
        return None
    return document


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _told(applied: Applied) -> Response:
    told = team_clients.told(current.session(), applied.client_id)
    if applied.client_secret is not None:
        # Zero: it does not expire (RFC 7591 section 3.2.1).
        told |= {"client_secret": applied.client_secret, "client_secret_expires_at": 0}
    return jsonify(told)


def _refused(
    key: RegistrationKey, error: InvalidClientMetadata, client_id: str | None = None
) -> Response:
    fact = audit.TeamRegistrationRefused(
        client_id=client_id, key_id=key.id, reason=error.description
    )
    audit.record(current.session(), fact, now=current.now())
    return _error(400, error.error, error.description)


def _unauthorized(challenge: str) -> Response:
    answer = _error(401, "invalid_token", "A registration key is needed")
    answer.headers["WWW-Authenticate"] = challenge
    return answer


def _error(status: int, error: str, description: str) -> Response:
    answer = jsonify(error=error, error_description=description)
    answer.status_code = status
    return answer
