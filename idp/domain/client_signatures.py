"""What clients sign, checked against their registered keys (RFC 7515, compact form)."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import CompactSignature

from idp.domain.client_keys import PublicKey
from idp.protocol.json_members import without_doubles
from idp.protocol.metadata import ASSERTION_ALGORITHMS

_REGISTRY = jws.JWSRegistry(algorithms=list(ASSERTION_ALGORITHMS))


def take_apart(text: str) -> CompactSignature:
    """Return the parts of a compact JWS; nothing is verified yet.

    Raises JoseError, ValueError, TypeError or RecursionError for what is none, or has a header
    that two readers could understand differently (section 4).
    """
    signed = jws.extract_compact(text.encode("ascii"))
    header = signed.segments["header"]
    padded = header + b"=" * (-len(header) % 4)
    json.loads(urlsafe_b64decode(padded), object_pairs_hook=without_doubles)
    return signed


def is_signed_by(signed: CompactSignature, keys: Iterable[PublicKey]) -> bool:
    """Return whether one of `keys` made the signature, by an algorithm that clients may use."""
    return any(_verifies(signed, key) for key in keys)


def _verifies(signed: CompactSignature, key: PublicKey) -> bool:
    try:
        return jws.validate_compact(signed, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        return False
