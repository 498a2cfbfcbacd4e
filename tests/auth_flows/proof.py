"""How the probe's clients prove who they are at the token endpoint."""

import base64
import secrets
from urllib.parse import quote_plus

import jwt

from tests.auth_flows.targets import Client
from tests.auth_flows.wire import Pairs

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def proof(client: Client, audience: str, now: int) -> tuple[Pairs, dict[str, str]]:
    """The fields and the headers that prove a client at this second, each proof good once."""
    if client.method == "client_secret_basic":
        joined = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
        return [], {"Authorization": f"Basic {base64.b64encode(joined.encode()).decode()}"}
    if client.method == "client_secret_post":
        return [("client_id", client.id), ("client_secret", client.secret)], {}
    claims = {
        "iss": client.id,
        "sub": client.id,
        "aud": audience,
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_urlsafe(24),
    }
    algorithm = "ES256" if "EC PRIVATE" in client.key or _is_elliptic(client.key) else "RS256"
    signed = jwt.encode(claims, client.key, algorithm=algorithm)
    return [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", signed)], {}


def _is_elliptic(pem: str) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return isinstance(load_pem_private_key(pem.encode(), None), ec.EllipticCurvePrivateKey)
