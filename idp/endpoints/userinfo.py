"""`/userinfo`: the claims of a live access token (OIDC Core section 5.3)."""

import orjson
from flask import Blueprint, Response

from idp.domain import refusals
from idp.domain.request_facts import RequestRefused
from idp.oauth_server.answers import ReadyAnswer
from idp.protocol.client_checks import Check
from idp.web import current
from idp.web.arrivals import Arrival
from idp.web.released_claims import released

blueprint = Blueprint("userinfo", __name__)

_HEADERS = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]


@blueprint.route("/userinfo", methods=["GET", "POST"])
def userinfo() -> Response | ReadyAnswer:
    """Answer with the claims of the token's grant; the token stands in the header only.

    401 with an empty body otherwise: without an error code when no token was sent (RFC 6750
    section 3.1).
    """
    if not current.arrival().token_refused:
        told = shortcut(current.wiring(), current.arrival())
        if told is not None:
            return told
    if not current.arrival().header("AUTHORIZATION").partition(" ")[2]:
        return _refused("Bearer")
    _record_refusal(current.arrival())
    return _refused('Bearer error="invalid_token", error_description="Invalid access token"')


def shortcut(wiring: current.Wiring, arrival: Arrival) -> ReadyAnswer | None:
    """Answer with the claims, or None for a request that is to be refused."""
    scheme, _, token = arrival.header("AUTHORIZATION").partition(" ")
    if scheme.lower() != "bearer":
        return None
    claims = released(wiring, arrival, token.strip())
    arrival.token_refused = claims is None
    return None if claims is None else ReadyAnswer(orjson.dumps(claims), 200, _HEADERS)


def _record_refusal(arrival: Arrival) -> None:
    """Let the team of the client that the token was given to see why it is refused."""
    claims, registry = arrival.token_claims, current.wiring().registry
    client = registry.find(str(claims["client_id"])) if claims is not None else None
    if claims is None or client is None:
        return
    check = Check.TOKEN_EXPIRED if claims["exp"] <= arrival.now else Check.TOKEN_ENDED
    fact = RequestRefused(
        client_id=client.policy.client_id,
        where="userinfo",
        error="invalid_token",
        check=check if client.policy.active else Check.CLIENT_ACTIVE,
    )
    refusals.record(
        current.session(), fact, fact.client_id, now=arrival.now, request_id=arrival.request_id
    )


def _refused(challenge: str) -> Response:
    return Response(
        status=401, headers={"WWW-Authenticate": challenge, "Cache-Control": "no-store"}
    )
