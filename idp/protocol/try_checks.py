"""What a client has to check of an answer, ticked one by one, as a client would.

Not written with the library that signs our tokens: signatures are verified with `cryptography`,
everything else with the standard library, from what any client can see.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from idp.protocol import metadata

_HALF: Final = 32
"""Bytes of one number of an ES256 signature."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A JWT as it can be read by anybody. Empty members when it cannot be read."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    raw: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """One check: `name` is what was looked at, `seen` what was there."""

    name: str
    passed: bool
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the client knows of itself and of its request."""

    issuer: str
    client_id: str
    state: str
    nonce: str | None
    algorithm: str
    levels: frozenset[str] | None
    max_age: int | None
    now: int


def decoded(token: str) -> Decoded:
    """Read a JWT without believing it. Never raises."""
    parts = token.split(".")
    try:
        header, payload = (json.loads(_bytes(part)) for part in parts[:2])
    except ValueError:
        return Decoded({}, {}, token)
    if not (isinstance(header, dict) and isinstance(payload, dict)):
        return Decoded({}, {}, token)
    return Decoded(header, payload, token)


def check_answer(answer: Mapping[str, str], expected: Expected) -> list[Ticked]:
    """Tick what came back with the browser (RFC 9207 for `iss`)."""
    return [
        Ticked("state", answer.get("state") == expected.state, answer.get("state", "")),
        Ticked("iss", answer.get("iss") == expected.issuer, answer.get("iss", "")),
        Ticked("code", bool(answer.get("code"))),
    ]


def check_id_token(
    token: Decoded, keys: Sequence[Mapping[str, Any]], access_token: str, expected: Expected
) -> list[Ticked]:
    """Tick an ID token (OIDC Core section 3.1.3.7)."""
    told = token.payload
    return [
        *_signature(token, keys, expected.algorithm),
        Ticked("iss", told.get("iss") == expected.issuer, str(told.get("iss"))),
        Ticked("aud", told.get("aud") == expected.client_id, str(told.get("aud"))),
        *_times(told, expected.now),
        Ticked("nonce", told.get("nonce") == expected.nonce, str(told.get("nonce"))),
        Ticked("at_hash", told.get("at_hash") == _at_hash(access_token), str(told.get("at_hash"))),
        Ticked("sub", bool(told.get("sub")), str(told.get("sub"))),
        *_level(told, expected),
    ]


def check_access_token(
    token: Decoded, keys: Sequence[Mapping[str, Any]], expected: Expected
) -> list[Ticked]:
    """Tick an access token. A client need not look into it; UserInfo does (RFC 9068 section 4)."""
    told, ours = token.payload, metadata.userinfo_endpoint(expected.issuer)
    return [
        *_signature(token, keys, expected.algorithm),
        Ticked("typ", token.header.get("typ") == "at+jwt", str(token.header.get("typ"))),
        Ticked("iss", told.get("iss") == expected.issuer, str(told.get("iss"))),
        Ticked("aud", told.get("aud") == ours, str(told.get("aud"))),
        Ticked(
            "client_id", told.get("client_id") == expected.client_id, str(told.get("client_id"))
        ),
        *_times(told, expected.now),
    ]


def check_userinfo(told: Mapping[str, Any] | None, id_token: Decoded) -> list[Ticked]:
    """Tick that UserInfo tells of the same person (OIDC Core section 5.3.2)."""
    sub = str((told or {}).get("sub"))
    return [
        Ticked("200", told is not None),
        Ticked("sub", told is not None and sub == id_token.payload.get("sub"), sub),
    ]


def _signature(
    token: Decoded, keys: Sequence[Mapping[str, Any]], algorithm: str
) -> Iterator[Ticked]:
    alg, kid = str(token.header.get("alg")), str(token.header.get("kid"))
    key = next((each for each in keys if each.get("kid") == kid), None)
    yield Ticked("alg", alg == algorithm, alg)
    yield Ticked("kid", key is not None, kid)
    yield Ticked("signature", key is not None and alg == algorithm and _is_by(token.raw, key, alg))


def _is_by(token: str, key: Mapping[str, Any], alg: str) -> bool:
    """Return whether the key made the signature, by the algorithm. Never raises."""
    signed, _, written = token.rpartition(".")
    try:
        signature = _bytes(written)
        if alg == "ES256":
            x, y = (int.from_bytes(_bytes(str(key[name]))) for name in ("x", "y"))
            r, s = (int.from_bytes(half) for half in (signature[:_HALF], signature[_HALF:]))
            point = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
            point.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))
        else:
            n, e = (int.from_bytes(_bytes(str(key[name]))) for name in ("n", "e"))
            public = rsa.RSAPublicNumbers(e, n).public_key()
            public.verify(signature, signed.encode(), padding.PKCS1v15(), SHA256())
    except (InvalidSignature, KeyError, ValueError):
        return False
    return True


def _times(told: Mapping[str, Any], now: int) -> Iterator[Ticked]:
    exp, iat = told.get("exp"), told.get("iat")
    yield Ticked("exp", isinstance(exp, int) and exp > now, str(exp))
    yield Ticked("iat", isinstance(iat, int) and iat <= now, str(iat))


def _level(told: Mapping[str, Any], expected: Expected) -> Iterator[Ticked]:
    if expected.levels is not None:
        yield Ticked("vot", told.get("vot") in expected.levels, str(told.get("vot")))
    if expected.max_age is not None:
        at = told.get("auth_time")
        fresh = isinstance(at, int) and at >= expected.now - expected.max_age
        yield Ticked("auth_time", fresh, str(at))


def _at_hash(access_token: str) -> str:
    half = hashlib.sha256(access_token.encode()).digest()[:16]
    return urlsafe_b64encode(half).rstrip(b"=").decode()


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
