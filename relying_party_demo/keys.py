"""The department's own private key: made on first use, published as a JWK.

Owns: one key file per department (mode 0600), its public half, and the signing of client
assertions (RFC 7523) and request objects (RFC 9101).
Owns not: the provider's keys (``relying_party_demo.discovery``).
"""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ASSERTION_LIFETIME = 60

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class DepartmentKey:
    """A private key and the algorithm it signs with."""

    private: PrivateKey
    algorithm: str

    def public_jwk(self) -> dict[str, str]:
        """The public half, named by its RFC 7638 thumbprint."""
        members = _public_members(self.private)
        canonical = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
        kid = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
        return {**members, "kid": kid, "use": "sig", "alg": self.algorithm}

    def public_der(self) -> str:
        """The public half as base64 of its SPKI DER, for a registration with a static key."""
        der = self.private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def request_object(
        self, parameters: Mapping[str, str], *, client_id: str, audience: str, now: int
    ) -> str:
        """An authorization request that nobody on the way can change (RFC 9101), for a minute."""
        members = {
            **parameters,
            "iss": client_id,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + ASSERTION_LIFETIME,
            "jti": secrets.token_urlsafe(24),
        }
        headers = {"kid": self.public_jwk()["kid"], "typ": "oauth-authz-req+jwt"}
        return jwt.encode(members, self.private, algorithm=self.algorithm, headers=headers)

    def assertion(self, *, client_id: str, audience: str, now: int) -> str:
        """A client assertion for one call to ``audience`` (RFC 7523 §3), good for a minute."""
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "iat": now,
            "exp": now + ASSERTION_LIFETIME,
            "jti": secrets.token_urlsafe(24),
        }
        headers = {"kid": self.public_jwk()["kid"]}
        return jwt.encode(claims, self.private, algorithm=self.algorithm, headers=headers)


def _public_members(private: PrivateKey) -> dict[str, str]:
    """The members that make the public key, and no others: what a thumbprint is taken of."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        names = ["crv", "kty", "x", "y"]
    else:
        jwk = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
        names = ["e", "kty", "n"]
    return {name: str(jwk[name]) for name in names}


def load_or_make(folder: Path, algorithm: str) -> DepartmentKey:
    """The key kept in ``folder``; made there on first use, even by two processes at once."""
    path = folder / f"{algorithm.lower()}.pem"
    if not path.exists():
        _make(path, algorithm)
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TypeError(f"{path} holds a key of a kind that cannot sign {algorithm}")
    return DepartmentKey(private, algorithm)


def _make(path: Path, algorithm: str) -> None:
    """Write a new key whole, readable by us alone; the first writer wins."""
    private: PrivateKey = (
        ec.generate_private_key(ec.SECP256R1())
        if algorithm == "ES256"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        # Another process made the key first; theirs is the one to use.
        pass
    finally:
        draft.unlink()
