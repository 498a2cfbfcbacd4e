"""What the provider says of itself: discovery, JWKS, trustmark. Public, cacheable, any origin."""

from typing import Any

from flask import Blueprint, Response, jsonify

from idp.protocol import metadata
from idp.web import current

blueprint = Blueprint("discovery", __name__)


@blueprint.get("/.well-known/openid-configuration")
def openid_configuration() -> Response:
    """Answer the discovery document (OIDC Discovery section 4)."""
    return _public(metadata.openid_configuration(current.services().settings.issuer))


@blueprint.get("/.well-known/jwks.json")
def jwks() -> Response:
    """Answer the public halves of the signing keys, computed from the ring."""
    return _public(current.services().keyring.public_jwks())


@blueprint.get("/trustmark")
def trustmark() -> Response:
    """Answer what the vectors of trust in our tokens may mean."""
    return _public(metadata.trustmark(current.services().settings.issuer))


def _public(document: Any) -> Response:
    response = jsonify(document)
    response.headers["Cache-Control"] = f"max-age={metadata.METADATA_LIFETIME}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
