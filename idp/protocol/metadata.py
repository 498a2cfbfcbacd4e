"""What the provider says about itself (OIDC Discovery 1.0), and where everything is.

Only what works is advertised. An issuer is used exactly as configured; endpoint
addresses follow from it without ever doubling its last slash.
"""

from __future__ import annotations

from typing import Final

from idp.kernel.urls import without_trailing_slash
from idp.protocol.authorization_response import FORM_POST, FRAGMENT, QUERY
from idp.protocol.claims import SCOPES, claims_supported
from idp.protocol.client_registration import (
    CLIENT_SECRET_BASIC,
    CLIENT_SECRET_POST,
    PRIVATE_KEY_JWT,
)
from idp.protocol.parameters import LANGUAGES
from idp.protocol.pkce import METHOD
from idp.protocol.vectors_of_trust import CONFIDENCE_LEVELS, CREDENTIAL_LEVELS

ASSERTION_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
)
CLIENT_METHODS: Final = (PRIVATE_KEY_JWT, CLIENT_SECRET_POST, CLIENT_SECRET_BASIC)
ID_TOKEN_ALGORITHMS: Final = ("ES256", "RS256")
# Seconds that discovery and JWKS may be kept by others.
METADATA_LIFETIME: Final = 86400


def base(issuer: str) -> str:
    """The issuer without its last slash."""
    return without_trailing_slash(issuer)


def authorization_endpoint(issuer: str) -> str:
    """Where browsers bring authentication requests."""
    return base(issuer) + "/authorize"


def token_endpoint(issuer: str) -> str:
    """Where clients redeem codes."""
    return base(issuer) + "/token"


def userinfo_endpoint(issuer: str) -> str:
    """Where clients ask who somebody is; also the audience of access tokens."""
    return base(issuer) + "/userinfo"


def introspection_endpoint(issuer: str) -> str:
    """Where clients ask whether a token of theirs is live."""
    return base(issuer) + "/introspect"


def revocation_endpoint(issuer: str) -> str:
    """Where clients give a token of theirs back."""
    return base(issuer) + "/revoke"


def registration_endpoint(issuer: str) -> str:
    """Where service teams register their clients, while operators let them."""
    return base(issuer) + "/connect/register"


def end_session_endpoint(issuer: str) -> str:
    """Where browsers come to sign out."""
    return base(issuer) + "/logout"


def jwks_uri(issuer: str) -> str:
    """Where our public keys are."""
    return base(issuer) + "/.well-known/jwks.json"


def trustmark_uri(issuer: str) -> str:
    """Where the trustmark is, the `vtm` of ID tokens."""
    return base(issuer) + "/trustmark"


def service_documentation(issuer: str) -> str:
    """Where service teams read how to connect."""
    return base(issuer) + "/service-teams"


def policy_uri(issuer: str) -> str:
    """Where the privacy notice is."""
    return base(issuer) + "/privacy"


def terms_uri(issuer: str) -> str:
    """Where the terms of use are."""
    return base(issuer) + "/terms"


def assertion_audiences(issuer: str, endpoint: str) -> frozenset[str]:
    """Everything that a client assertion brought to `endpoint` may name as its audience.

    It is us, or where it was brought; the token endpoint's address stands for us everywhere
    (RFC 7523 section 3).
    """
    return frozenset(
        {token_endpoint(issuer), issuer, base(issuer) + "/", base(issuer), base(issuer) + endpoint}
    )


def openid_configuration(issuer: str, *, registration: bool = False) -> dict[str, object]:
    """Describe the provider as discovery publishes it; `registration` while that is open."""
    return {
        "issuer": issuer,
        "authorization_endpoint": authorization_endpoint(issuer),
        "token_endpoint": token_endpoint(issuer),
        "userinfo_endpoint": userinfo_endpoint(issuer),
        **_token_queries(issuer),
        **({"registration_endpoint": registration_endpoint(issuer)} if registration else {}),
        "end_session_endpoint": end_session_endpoint(issuer),
        "jwks_uri": jwks_uri(issuer),
        "trustmarks": trustmark_uri(issuer),
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": [QUERY, FRAGMENT, FORM_POST],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": [METHOD],
        "token_endpoint_auth_methods_supported": list(CLIENT_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "id_token_signing_alg_values_supported": list(ID_TOKEN_ALGORITHMS),
        "subject_types_supported": ["public", "pairwise"],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "acr_values_supported": list(CREDENTIAL_LEVELS),
        "claims_supported": claims_supported(),
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": list(LANGUAGES),
        "service_documentation": service_documentation(issuer),
        "op_policy_uri": policy_uri(issuer),
        "op_tos_uri": terms_uri(issuer),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


def _token_queries(issuer: str) -> dict[str, object]:
    """Describe introspection and revocation (RFC 8414 section 2)."""
    told: dict[str, object] = {
        "introspection_endpoint": introspection_endpoint(issuer),
        "revocation_endpoint": revocation_endpoint(issuer),
    }
    for name in tuple(told):
        told[f"{name}_auth_methods_supported"] = list(CLIENT_METHODS)
        told[f"{name}_auth_signing_alg_values_supported"] = list(ASSERTION_ALGORITHMS)
    return told


def trustmark(issuer: str) -> dict[str, object]:
    """Describe which vectors of trust the provider can vouch for."""
    return {
        "idp": issuer,
        "trustmark_provider": issuer,
        "C": list(CREDENTIAL_LEVELS),
        "P": list(CONFIDENCE_LEVELS),
    }
