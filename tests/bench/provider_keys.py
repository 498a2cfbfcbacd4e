"""The peer's signing keys, made anew for every run."""

import json
from typing import Any

from joserfc.jwk import ECKey, KeySet, RSAKey


def private_jwks() -> dict[str, Any]:
    """Return one ES256 and one RS256 signing key as a private JWK set."""
    keys = KeySet(
        [
            ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "es"}),
            RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256", "kid": "rs"}),
        ]
    )
    loaded: dict[str, Any] = json.loads(json.dumps(keys.as_dict(private=True)))
    return loaded
