"""How the probe's clients prove who they are at the token endpoint."""

import base64
import secrets
from typing import Any
from urllib.parse import quote_plus

from tests.auth_flows.jose import algorithm_of, by_key, compact
from tests.auth_flows.targets import BY_CERTIFICATE, NO_PROOF, Client
from tests.auth_flows.wire import Pairs

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def proof(client: Client, audience: str, now: int) -> tuple[Pairs, dict[str, str]]:
    """The fields and the headers that prove a client at this second, each proof good once."""
    if client.method == "client_secret_basic":
        joined = f"{quote_plus(client.id)}:{quote_plus(client.secret)}"
        return [], {"Authorization": f"Basic {base64.b64encode(joined.encode()).decode()}"}
    if client.method == "client_secret_post":
        return [("client_id", client.id), ("client_secret", client.secret)], {}
    if client.method in (NO_PROOF, *BY_CERTIFICATE):
        return [("client_id", client.id)], {}
    claims = assertion_claims(client, audience, now)
    return by_assertion(compact({"alg": algorithm_of(client.key)}, claims, by_key(client.key))), {}


def by_assertion(assertion: str) -> Pairs:
    """The fields that bring an assertion."""
    return [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]


def assertion_claims(client: Client, audience: str, now: int) -> dict[str, Any]:
    """What a good assertion says (RFC 7523 section 3)."""
    return {
        "iss": client.id,
        "sub": client.id,
        "aud": audience,
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_urlsafe(24),
    }
