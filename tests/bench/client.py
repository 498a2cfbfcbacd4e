"""The service that the bench plays: its keys, its registration, its assertions, its requests.

Assertions are signed before the clock starts, because a service signs on its own machine.
"""

import base64
import hashlib
import itertools
import json
import secrets
import time
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Method = Literal["ES256", "RS256", "PS256", "secret"]
REDIRECT_URI = "http://localhost:9/callback"
"""Nothing listens there: the generator reads the code from the redirect and does not follow it."""

_LIFETIME = 1800
_FORM = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"


def base64url(data: bytes) -> str:
    """Encode without padding, as RFC 7515 section 2 has it."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Proof:
    """One PKCE pair (RFC 7636)."""

    verifier: str
    challenge: str


def make_proofs(count: int) -> list[Proof]:
    """Make PKCE pairs; the generator uses them in turn."""
    verifiers = [secrets.token_urlsafe(32) for _ in range(count)]
    return [
        Proof(verifier, base64url(hashlib.sha256(verifier.encode()).digest()))
        for verifier in verifiers
    ]


class BenchClient:
    """A client with one way of authenticating at the token endpoint."""

    def __init__(self, method: Method, client_id: str) -> None:
        """Make the client's key, where its method has one."""
        self.method = method
        self.client_id = client_id
        self.secret = ""
        self._key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None
        self._ready: list[str] = []
        if method == "ES256":
            self._key = ec.generate_private_key(ec.SECP256R1())
        elif method in ("RS256", "PS256"):
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public_key(self) -> str:
        """Return the public key as base64 of its SPKI DER, the registry's form."""
        assert self._key is not None
        return base64.b64encode(
            self._key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        ).decode()

    def public_jwk(self) -> dict[str, str]:
        """Return the public EC key as a JWK (the peer's form)."""
        assert isinstance(self._key, ec.EllipticCurvePrivateKey)
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": "bench",
            "x": base64url(numbers.x.to_bytes(32, "big")),
            "y": base64url(numbers.y.to_bytes(32, "big")),
        }

    def sign_ahead(self, count: int, audience: str) -> None:
        """Have at least this many unused, unexpired assertions for the audience."""
        if self._key is None:
            return
        expires_at = int(time.time()) + _LIFETIME
        head = base64url(json.dumps({"alg": self.method, "typ": "JWT", "kid": "bench"}).encode())
        run = secrets.token_hex(8)
        missing = max(0, count - len(self._ready))
        for number in itertools.islice(itertools.count(), missing):
            claims = {
                "iss": self.client_id,
                "sub": self.client_id,
                "aud": audience,
                "exp": expires_at,
                "iat": expires_at - _LIFETIME,
                "jti": f"{run}-{number}",
            }
            text = f"{head}.{base64url(json.dumps(claims).encode())}"
            self._ready.append(f"{text}.{base64url(self._signature(text.encode()))}")

    def authentication(self) -> str | None:
        """Return the form fields that authenticate one token request; None: all used up."""
        if self._key is None:
            return f"client_id={self.client_id}&client_secret={self.secret}"
        if not self._ready:
            return None
        return f"client_assertion_type={_FORM}&client_assertion={self._ready.pop()}"

    def _signature(self, text: bytes) -> bytes:
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(self._key.sign(text, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        assert self._key is not None
        if self.method == "PS256":
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
            return self._key.sign(text, pss, hashes.SHA256())
        return self._key.sign(text, padding.PKCS1v15(), hashes.SHA256())
