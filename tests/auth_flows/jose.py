"""JSON Web Tokens made by hand: a forgery has what no library would write."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

Sign = Callable[[bytes], bytes]
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
COORDINATE = 32


def b64(raw: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def un64(text: str) -> bytes:
    """What base64url without padding stands for. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(
    header: Mapping[str, Any] | bytes, claims: Mapping[str, Any] | bytes, sign: Sign
) -> str:
    """A compact JWS; bytes are taken as they are, be they JSON or not."""
    first, second = (
        b64(part if isinstance(part, bytes) else json.dumps(part).encode())
        for part in (header, claims)
    )
    signed = f"{first}.{second}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def header_of(token: str) -> dict[str, Any]:
    """The header of a token, unverified; empty if it has none."""
    try:
        found = json.loads(un64(token.partition(".")[0]))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def forged(token: str) -> str:
    """The same token under another signature of the same length, which reads as well as its own.

    The last letter stays: it ends in bits that must be zero, and a provider that reads base64
    strictly would refuse another before it looked at the signature.
    """
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{signature[:9]}{signature[9:-1].swapcase()}{signature[-1:]}"


def unsigned(_: bytes) -> bytes:
    """No signature at all."""
    return b""


def by_secret(secret: bytes) -> Sign:
    """The HS256 signature with this secret."""
    return lambda signed: hmac.digest(secret, signed, hashlib.sha256)


def by_key(pem: str) -> Sign:
    """The ES256 or RS256 signature with this private key."""
    key = load_pem_private_key(pem.encode(), None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return lambda signed: _raw(key.sign(signed, ec.ECDSA(SHA256())))
    if isinstance(key, rsa.RSAPrivateKey):
        return lambda signed: key.sign(signed, padding.PKCS1v15(), SHA256())
    raise TypeError("neither an elliptic nor an RSA key")


def _raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(COORDINATE) + s.to_bytes(COORDINATE)


def algorithm_of(pem: str) -> str:
    """The algorithm that `by_key` signs by."""
    return "ES256" if isinstance(public_half(pem), ec.EllipticCurvePublicKey) else "RS256"


def public_half(pem: str) -> PublicKey:
    """The public half of a private key. Raises TypeError for a kind that nobody here signs with."""
    public = load_pem_private_key(pem.encode(), None).public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise TypeError("neither an elliptic nor an RSA key")
    return public


def as_jwk(public: PublicKey) -> dict[str, str]:
    """A public key as JWK (RFC 7517)."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        numbers = public.public_numbers()
        x, y = (b64(number.to_bytes(COORDINATE)) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y}
    modulus = public.public_numbers()
    n, e = (b64(number.to_bytes(-(-number.bit_length() // 8))) for number in (modulus.n, modulus.e))
    return {"kty": "RSA", "n": n, "e": e}


def from_jwk(jwk: Mapping[str, Any]) -> PublicKey | None:
    """The key of a JWK, None for what is neither P-256 nor RSA."""
    try:
        if jwk.get("kty") == "EC" and jwk.get("crv") == "P-256":
            x, y = (int.from_bytes(un64(str(jwk[name]))) for name in "xy")
            return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        if jwk.get("kty") == "RSA":
            n, e = (int.from_bytes(un64(str(jwk[name]))) for name in "ne")
            return rsa.RSAPublicNumbers(e, n).public_key()
    except (KeyError, ValueError):
        return None
    return None


def as_secrets(public: PublicKey) -> dict[str, bytes]:
    """What a confused verifier may take for the secret of HS256 when it is given this key."""
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "PEM": pem,
        "PEM without the last line end": pem.rstrip(b"\n"),
        "DER": der,
        "base64 of DER": base64.b64encode(der),
        "JWK": json.dumps(as_jwk(public)).encode(),
    }


def certificate(pem: str) -> str:
    """A certificate that a key gives itself, as `x5c` holds it."""
    key = load_pem_private_key(pem.encode(), None)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "attacker.example")])
    since = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_half(pem))
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=36_500))
    )
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TypeError("neither an elliptic nor an RSA key")
    return base64.b64encode(made.sign(key, SHA256()).public_bytes(Encoding.DER)).decode()
