"""What programs ask a department for: no page, no cookie, no form of ours.

Owns: the back-channel logout endpoint, the department's public key, health, its style rule.
Owns not: judging a logout token (``relying_party_demo.logout``).
"""

import logging

from flask import Blueprint, Response, jsonify, make_response

from relying_party_demo.browser import one_form_value
from relying_party_demo.discovery import DiscoveryRefused
from relying_party_demo.logout import NoticeRefused
from relying_party_demo.outbound import ProviderUnreachable
from relying_party_demo.parts import parts

logger = logging.getLogger("department")
machines = Blueprint("machines", __name__)


@machines.post("/back-channel-logout")
def back_channel_logout() -> Response:
    """Onepass tells us that a citizen signed out (OpenID Connect Back-Channel Logout 1.0 §2.5).

    200 when the sessions of that subject are ended, 400 for a token we do not believe.
    """
    token = one_form_value("logout_token")
    try:
        ended = parts().logout.told(token)
    except NoticeRefused as refusal:
        logger.warning("logout notice refused: %s", refusal.check)
        body = {"error": "invalid_request", "error_description": f"{refusal.check} is wrong"}
        return make_response(jsonify(body), 400)
    except (ProviderUnreachable, DiscoveryRefused) as fault:
        # Not 400: the token may be good, so the provider should try again.
        logger.warning("logout notice not checked: %s", fault)
        return make_response(jsonify({"error": "temporarily_unavailable"}), 503)
    logger.info("logout notice ended %d sessions", ended)
    return make_response("", 200)


@machines.get("/.well-known/jwks.json")
def jwks() -> Response:
    """This department's public key; an empty set where it has none."""
    key = parts().key
    response = jsonify({"keys": [key.public_jwk()] if key else []})
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@machines.get("/health")
def health() -> Response:
    """That this process answers and can read its store."""
    parts().store.alive()
    return jsonify({"status": "ok", "service": parts().department.slug})


@machines.get("/colours.css")
def colours() -> Response:
    """The department's colour, as the one rule that differs between the four style sheets."""
    response = make_response(f":root {{ --accent: {parts().department.accent}; }}\n")
    response.mimetype = "text/css"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
