"""What clients sign, checked against their registered keys (RFC 7515, compact form)."""

from collections.abc import Iterable

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import CompactSignature

from idp.domain.client_keys import PublicKey
from idp.protocol.metadata import ASSERTION_ALGORITHMS

_REGISTRY = jws.JWSRegistry(algorithms=list(ASSERTION_ALGORITHMS))


def is_signed_by(signed: CompactSignature, keys: Iterable[PublicKey]) -> bool:
    """Return whether one of `keys` made the signature, by an algorithm that clients may use."""
    return any(_verifies(signed, key) for key in keys)


def _verifies(signed: CompactSignature, key: PublicKey) -> bool:
    try:
        return jws.validate_compact(signed, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        return False
