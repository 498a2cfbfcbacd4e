"""An authenticator in software: what a phone or a security key would answer, and what it would not.

Built on `cbor2` and `cryptography` alone, so that it does not share the code that verifies it.
"""

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def encoded(data: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of unpadded base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey. Tests change `origin`, `rp_id`, `flags` or `count` to answer wrongly."""

    origin: str
    rp_id: str
    credential: bytes
    flags: int = PRESENT | VERIFIED
    count: int = 0
    step: int = 1
    """By how much the count rises with every signature."""
    more: dict[str, Any] = field(default_factory=dict)
    """More members of the client data."""
    handle: bytes | None = None
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: str, **changes: Any) -> str:
        """What `navigator.credentials.create` would give back, as JSON."""
        asked = json.loads(options)
        self.handle = decoded(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        )
        attested = bytes(16) + len(self.credential).to_bytes(2) + self.credential + public
        data = self._data(ATTESTED) + attested
        attestation = {"fmt": "none", "attStmt": {}, "authData": data} | changes
        return self._answer(
            {
                "clientDataJSON": encoded(self._client_data("webauthn.create", asked)),
                "attestationObject": encoded(cbor2.dumps(attestation)),
            }
        )

    def get(self, options: str, **changes: Any) -> str:
        """What `navigator.credentials.get` would give back, as JSON."""
        asked = json.loads(options)
        self.count += self.step
        data, client = self._data(), self._client_data("webauthn.get", asked)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": encoded(client),
            "authenticatorData": encoded(data),
            "signature": encoded(signature),
            "userHandle": None if self.handle is None else encoded(self.handle),
        }
        return self._answer(response | changes)

    def _data(self, flags: int = 0) -> bytes:
        hashed = sha256(self.rp_id.encode()).digest()
        return hashed + bytes([self.flags | flags]) + self.count.to_bytes(4)

    def _client_data(self, kind: str, asked: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": asked["challenge"], "origin": self.origin} | self.more
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        identifier = encoded(self.credential)
        return json.dumps(
            {"id": identifier, "rawId": identifier, "type": "public-key", "response": response}
        )
