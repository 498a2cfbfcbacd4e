"""Request objects on arrival: taken apart, their signature checked with the client's key.

What follows from it is decided in `idp.protocol.checks`. Looking up a key may call out, so this
is never done inside a transaction.
"""

import json
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jws import CompactSignature

from idp.domain import client_signatures
from idp.domain.client_keys import ClientKeys, KeysUnavailable
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.json_members import without_doubles
from idp.protocol.parameters import AuthorizationRequest
from idp.protocol.request_object import RequestObject, Signature, read_request_object

LONGEST = 8192
"""Characters. The longest address holds less."""
_TYPES = frozenset({None, "JWT", "jwt", "oauth-authz-req+jwt"})
"""What the `typ` of a request object may be: a token of another kind is none (RFC 8725 3.11)."""


@dataclass(frozen=True, slots=True)
class _Parts:
    signed: CompactSignature
    header: dict[str, Any]
    members: dict[str, Any]


def read(
    outer: AuthorizationRequest,
    client: ClientPolicy | None,
    keys: ClientKeys,
    *,
    issuer: str,
    now: int,
) -> RequestObject:
    """Return what the `request` of `outer` holds and what its signature is worth.

    `client` is the one named beside it, None if nobody is registered so. Never raises for
    anything that was sent. `now` in seconds.
    """
    parts = _take_apart(str(outer.request))
    if parts is None:
        return read_request_object(outer, {}, Signature.UNREADABLE, issuer=issuer, now=now)
    signature = _worth(parts, client, keys)
    return read_request_object(outer, parts.members, signature, issuer=issuer, now=now)


def _take_apart(text: str) -> _Parts | None:
    if len(text) > LONGEST:
        return None
    try:
        signed = client_signatures.take_apart(text)
        header = signed.headers()
        members = json.loads(signed.payload, object_pairs_hook=without_doubles)
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    if not isinstance(members, dict) or "crit" in header or "b64" in header:
        return None
    typ, kid = header.get("typ"), header.get("kid", "")
    readable = isinstance(kid, str) and (typ is None or isinstance(typ, str)) and typ in _TYPES
    return _Parts(signed, header, members) if readable else None


def _worth(parts: _Parts, client: ClientPolicy | None, keys: ClientKeys) -> Signature:
    if str(parts.header.get("alg", "none")).lower() == "none":
        return Signature.UNSIGNED
    if client is None:
        return Signature.WRONG
    try:
        candidates = keys.candidates(client, parts.header.get("kid"))
    except KeysUnavailable:
        return Signature.NO_KEYS
    if not candidates and client.jwks_uri:
        return Signature.NO_KEYS
    valid = client_signatures.is_signed_by(parts.signed, candidates)
    return Signature.VALID if valid else Signature.WRONG
