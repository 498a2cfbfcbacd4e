"""The DID document (W3C DID 1.0, did:web): the keys that core identity credentials are signed with.

These keys are published here and nowhere else, so that no other token can pass for a credential.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

# Seconds that the document may be kept by the one who asked for it.
LIFETIME: Final = 3600
_CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1")
_MEMBERS: Final = ("kty", "crv", "x", "y", "alg")


def did(issuer: str) -> str:
    """Name the provider as a DID: its host, with the colon of a port written `%3A`."""
    return f"did:web:{urlsplit(issuer).netloc.replace(':', '%3A')}"


def key_name(issuer: str, kid: str) -> str:
    """Name a key as a credential's header and the document do."""
    return f"{did(issuer)}#{kid}"


def did_document(issuer: str, keys: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Describe the provider's public P-256 keys, given as JWKs with their `kid`."""
    controller = did(issuer)
    return {
        "@context": list(_CONTEXT),
        "id": controller,
        "assertionMethod": [
            {
                "type": "JsonWebKey",
                "id": key_name(issuer, key["kid"]),
                "controller": controller,
                "publicKeyJwk": {member: key[member] for member in _MEMBERS},
            }
            for key in keys
        ],
    }
