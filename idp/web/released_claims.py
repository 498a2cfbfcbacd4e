"""What UserInfo tells for an access token; also where a team tries its client on our pages."""

import orjson

from idp.domain import access_tokens, released_identity
from idp.protocol.claims import SubjectFacts, userinfo_claims
from idp.web.arrivals import Arrival
from idp.web.current import Wiring


def released(wiring: Wiring, arrival: Arrival, token: str) -> dict[str, object] | None:
    """Return the claims that are told for a live token, recording that they are; else None."""
    services, now = wiring.services, arrival.now
    claims = access_tokens.signed_by_us(services.keyring, services.settings.issuer, token)
    arrival.token_claims = claims
    if claims is None or claims["exp"] <= now:
        return None
    client = wiring.registry.find(str(claims["client_id"]))
    if client is None or not client.policy.active:
        return None
    # What the client may no longer have is left out, and the others are told.
    identity = [name for name in claims.get("claims", ()) if name in client.policy.claims]
    row = wiring.hot_path.release(
        grant_id=str(claims["grant"]),
        client_id=client.policy.client_id,
        now=now,
        request_id=arrival.request_id,
        claims=orjson.dumps(identity).decode() if identity else None,
    )
    if row is None:
        return None
    scopes = frozenset(row.scope.split()) & client.policy.scopes
    told = userinfo_claims(scopes, SubjectFacts(row.subject, row.email))
    if identity:
        told |= released_identity.claims_of(services, row, client.policy, frozenset(identity))
    return told
