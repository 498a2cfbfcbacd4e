"""What the provider says of itself: discovery, JWKS, DID document, trustmark.

Public, cacheable, readable from any origin.
"""

from typing import Any

from flask import Blueprint, Response, jsonify

from idp.protocol import did_document, metadata
from idp.web import current

blueprint = Blueprint("discovery", __name__)


@blueprint.get("/.well-known/openid-configuration")
def openid_configuration() -> Response:
    """Answer the discovery document (OIDC Discovery section 4)."""
    wiring = current.wiring()
    return _public(
        metadata.openid_configuration(
            wiring.services.settings.issuer, registration=bool(wiring.open_registration)
        )
    )


@blueprint.get("/.well-known/jwks.json")
def jwks() -> Response:
    """Answer the public halves of the signing keys, computed from the ring."""
    return _public(current.services().keyring.public_jwks())


@blueprint.get("/.well-known/did.json")
def did_json() -> Response:
    """Answer the DID document: the keys of core identity credentials, which stand nowhere else."""
    services = current.services()
    issuer, keys = services.settings.issuer, services.keyring.identity_keys()
    return _public(
        did_document.did_document(issuer, keys), f"max-age={did_document.LIFETIME}, private"
    )


@blueprint.get("/trustmark")
def trustmark() -> Response:
    """Answer what the vectors of trust in our tokens may mean."""
    return _public(metadata.trustmark(current.services().settings.issuer))


def _public(
    document: Any, cache_control: str = f"max-age={metadata.METADATA_LIFETIME}"
) -> Response:
    response = jsonify(document)
    response.headers["Cache-Control"] = cache_control
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
