"""Sets of published keys: what is in them, and whether one of them signed a token."""

from typing import Any

import jwt

from tests.auth_flows import jose
from tests.auth_flows.wire import Answer


def signed_by(token: str, answer: Answer) -> bool:
    """Whether a key of this set, named by the token's header, signed it."""
    header = jose.header_of(token)
    for jwk in keys_in(answer):
        key = jose.from_jwk(jwk)
        if key is not None and jwk.get("kid") == header.get("kid"):
            try:
                jwt.decode_complete(
                    token,
                    key,
                    algorithms=["ES256", "RS256", "PS256"],
                    options={"verify_exp": False, "verify_aud": False, "verify_iat": False,
                             "verify_nbf": False},
                )  # fmt: skip
            except jwt.InvalidTokenError:
                continue
            return True
    return False


def keys_in(answer: Answer) -> list[dict[str, Any]]:
    """The keys of a JWKS, or of a DID document, where each has a name of its own."""
    listed = answer.json.get("keys")
    if isinstance(listed, list):
        return [key for key in listed if isinstance(key, dict)]
    methods = answer.json.get("assertionMethod", [])
    return [
        method["publicKeyJwk"] | {"kid": method.get("id")}
        for method in methods
        if isinstance(method, dict) and isinstance(method.get("publicKeyJwk"), dict)
    ]
