"""An authenticator of software, for passkeys (WebAuthn level 3), that may lie as it is told to."""

import base64
import hashlib
import html
import json
import re
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
_OPTIONS = re.compile(r'="(\{[^"]*?(?:challenge)[^"]*\})"')


def options_on(page: str) -> dict[str, Any]:
    """What a page asks of an authenticator, in an attribute or a script; empty if nothing."""
    for found in _OPTIONS.findall(page):
        try:
            said = json.loads(html.unescape(found))
        except ValueError:
            continue
        if isinstance(said, dict) and "challenge" in said:
            return said
    return {}


def base64url(raw: bytes) -> str:
    """As WebAuthn writes bytes in JSON."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def cbor(value: Any) -> bytes:
    """The little of CBOR (RFC 8949) that an authenticator says."""
    match value:
        case int() if value >= 0:
            return _head(0, value)
        case int():
            return _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value)) + value.encode()
        case Mapping():
            return _head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    raise TypeError(f"no CBOR for {value!r}")


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    if number < 256:
        return bytes([kind << 5 | 24, number])
    return bytes([kind << 5 | 25]) + struct.pack(">H", number)


@dataclass
class Lie:
    """What an answer says that is not so; what is empty is told truly."""

    origin: str = ""
    party: str = ""
    challenge: str = ""
    kind: str = ""
    flags: int = PRESENT | VERIFIED
    handle: bytes = b""
    count: int | None = None
    cut_signature: bool = False


HONEST = Lie()


@dataclass
class Authenticator:
    """One passkey in the hand of one person, for the provider at `origin`."""

    origin: str
    count: int = 0
    handle: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: Mapping[str, Any], lie: Lie = HONEST) -> str:
        """The answer to `navigator.credentials.create`, as JSON."""
        said = str(options.get("user", {}).get("id", ""))
        self.handle = base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        about = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor(public)
        party = str(options.get("rp", {}).get("id", ""))
        data = self._data(party, lie, ATTESTED) + about
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": data})
        told = {"attestationObject": base64url(attestation), "transports": ["internal"]}
        return self._answer("webauthn.create", options, lie, told)

    def get(self, options: Mapping[str, Any], lie: Lie = HONEST) -> str:
        """The answer to `navigator.credentials.get`, as JSON."""
        self.count += 1
        data = self._data(str(options.get("rpId", "")), lie, 0)
        client = self._client("webauthn.get", options, lie)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        if lie.cut_signature:
            signed = signed[:-1] + bytes([signed[-1] ^ 1])
        told = {
            "authenticatorData": base64url(data),
            "signature": base64url(signed),
            "userHandle": base64url(lie.handle or self.handle),
        }
        return self._answer("webauthn.get", options, lie, told)

    def _data(self, party: str, lie: Lie, more: int) -> bytes:
        count = self.count if lie.count is None else lie.count
        asked = hashlib.sha256((lie.party or party).encode()).digest()
        return asked + bytes([lie.flags | more]) + struct.pack(">I", count)

    def _client(self, kind: str, options: Mapping[str, Any], lie: Lie) -> bytes:
        told = {
            "type": lie.kind or kind,
            "challenge": lie.challenge or options.get("challenge", ""),
            "origin": lie.origin or self.origin,
            "crossOrigin": False,
        }
        return json.dumps(told).encode()

    def _answer(
        self, kind: str, options: Mapping[str, Any], lie: Lie, told: Mapping[str, Any]
    ) -> str:
        client = base64url(self._client(kind, options, lie))
        return json.dumps(
            {
                "id": base64url(self.id),
                "rawId": base64url(self.id),
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "clientExtensionResults": {},
                "response": {"clientDataJSON": client, **told},
            }
        )
