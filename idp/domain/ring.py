"""Keys as a process holds them: parsed public halves, the order in which they sign, signers.

Owns: the bytes of a JWS header and signature, for ES256 and RS256 (RFC 7515, RFC 7518 3.3, 3.4).
Does not own: when the rings are read again (`idp.domain.keyring`).
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key
from joserfc.jwk import ECKey, RSAKey

from idp.domain import signing_keys
from idp.domain.signing_keys import Purpose, SigningKey
from idp.kernel.sealing import Sealer
from idp.protocol.did_document import key_name
from idp.settings import Settings

JoseKey = ECKey | RSAKey

_HASH = SHA256()
_ECDSA = ec.ECDSA(_HASH)
_PKCS1 = padding.PKCS1v15()
_COORDINATE_BYTES = 32

log = structlog.get_logger(__name__)


class TokenRefused(Exception):
    """A token is not one that we signed; the message is for the log, not for the sender."""


class PublicKey:
    """The public half of one of our keys; `name` is what headers call it."""

    def __init__(self, row: SigningKey, jose: JoseKey, issuer: str) -> None:
        self.row = row
        self.kid = row.kid
        self.name = key_name(issuer, row.kid) if row.purpose == "identity" else row.kid
        self.alg = row.alg
        self.purpose = row.purpose
        self.jose = jose
        self._public = jose.public_key

    def header(self, typ: str) -> str:
        """Return the header that we write for a token of this `typ` (none if empty), encoded."""
        header = {"alg": self.alg, "kid": self.name} | ({"typ": typ} if typ else {})
        return encoded(orjson.dumps(header))

    def check(self, signing_input: bytes, signature: str) -> None:
        """Verify an encoded signature. Raises TokenRefused."""
        raw = decoded(signature)
        public = self._public
        try:
            if isinstance(public, rsa.RSAPublicKey):
                public.verify(raw, signing_input, _PKCS1, _HASH)
            else:
                public.verify(_der(raw), signing_input, _ECDSA)
        except InvalidSignature:
            raise TokenRefused("the signature is wrong") from None


def _der(raw: bytes) -> bytes:
    if len(raw) != 2 * _COORDINATE_BYTES:
        raise TokenRefused("the signature has the wrong length")
    return encode_dss_signature(
        int.from_bytes(raw[:_COORDINATE_BYTES]), int.from_bytes(raw[_COORDINATE_BYTES:])
    )


class Signer:
    """The private half of a key, parsed once."""

    def __init__(self, key: PublicKey, pkcs8: bytes) -> None:
        self._key = key
        self._private = load_der_private_key(pkcs8, None)
        self._headers: dict[str, bytes] = {}

    def sign(self, payload: bytes, typ: str) -> str:
        """Return the compact JWS of `payload`."""
        header = self._headers.get(typ)
        if header is None:
            header = self._headers[typ] = self._key.header(typ).encode() + b"."
        signing_input = header + base64.urlsafe_b64encode(payload).rstrip(b"=")
        return f"{signing_input.decode()}.{encoded(self._signature(signing_input))}"

    def _signature(self, signing_input: bytes) -> bytes:
        private = self._private
        if isinstance(private, ec.EllipticCurvePrivateKey):
            r, s = decode_dss_signature(private.sign(signing_input, _ECDSA))
            return r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)
        assert isinstance(private, rsa.RSAPrivateKey)  # noqa: S101 - we make no other kind
        return private.sign(signing_input, _PKCS1, _HASH)


@dataclass(frozen=True)
class Ring:
    """All keys that this provider trusts, as they were read."""

    keys: dict[str, PublicKey]
    headers: dict[str, dict[str, PublicKey]]
    """For each `typ` asked for: encoded header to key."""

    def signing_key(self, purpose: str, alg: str, now: int) -> PublicKey | None:
        """Return the key that signs at `now`: the last one to have started.

        When the clock has stepped back before every start, the first one to start.
        """
        started: list[tuple[int, PublicKey]] = []
        for key in self.keys.values():
            row = key.row
            if (key.purpose, key.alg) == (purpose, alg) and row.activated_at is not None:
                started.append((row.activates_at or 0, key))
        started.sort(key=lambda item: (item[0], item[1].row.state == "current"))
        running = [key for starts_at, key in started if starts_at <= now]
        if running:
            return running[-1]
        return started[0][1] if started else None

    def key_of_header(self, header: str, typ: str) -> PublicKey | None:
        """Return the key whose header for `typ` this is, byte for byte."""
        known = self.headers.get(typ)
        if known is None:
            known = self.headers[typ] = {key.header(typ): key for key in self.keys.values()}
        return known.get(header)

    def knows_kid_of(self, header: str) -> bool:
        """Return False when the header names a key that this ring does not have."""
        try:
            kid = orjson.loads(decoded(header))["kid"]
        except (TokenRefused, ValueError, TypeError, KeyError):
            return True
        return not isinstance(kid, str) or kid.rpartition("#")[2] in self.keys

    def public_set(self, purpose: Purpose, settings: Settings, now: int) -> list[dict[str, Any]]:
        """Return the JWKs that are published at `now` for one purpose."""
        return [
            dict(key.jose.as_dict(private=False)) | {"use": "sig", "alg": key.alg, "kid": key.kid}
            for key in self.keys.values()
            if signing_keys.is_public(key.row, purpose, settings, now)
        ]


def ring_of(rows: Iterable[SigningKey], sealer: Sealer, issuer: str, before: Ring | None) -> Ring:
    """Build a ring from the table's rows; keys that `before` holds are not parsed again.

    Withdrawn keys are left out, and so are rows that no holder of the sealing key wrote.
    """
    keys: dict[str, PublicKey] = {}
    for row in rows:
        if row.withdrawn_at is not None:
            continue
        if not signing_keys.seal_holds(row, sealer):
            log.error("signing_key_row_not_ours", kid=row.kid)
            continue
        known = None if before is None else before.keys.get(row.kid)
        # The seal binds the public half to the kid, so the same kid is the same key.
        keys[row.kid] = PublicKey(row, known.jose if known else _parsed(row), issuer)
    return Ring(keys, {})


def _parsed(row: SigningKey) -> JoseKey:
    jwk = orjson.loads(row.public_jwk)
    return RSAKey.import_key(jwk) if row.alg == "RS256" else ECKey.import_key(jwk)


def encoded(data: bytes) -> str:
    """Return unpadded base64url (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Read unpadded base64url in its one canonical spelling. Raises TokenRefused."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise TokenRefused("not base64url") from None
    if encoded(data) != text:
        raise TokenRefused("not canonical base64url")
    return data
