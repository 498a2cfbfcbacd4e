"""Faulty answers on request, so that a service can see that it refuses them.

Owns: which faults there are, and how each spoils an answer. A client gets one only while
somebody who may has asked for it, and never in production (`idp.domain.clients`).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from typing import Final

Claims = dict[str, object]

# Seconds by which a spoilt time lies on the wrong side of now.
_FAR: Final = 3600

_ELSEWHERE: Final = "https://elsewhere.example/"
_NOBODY: Final = "a-client-that-is-not-yours"


def _wrong_issuer(claims: Claims, _now: int) -> Claims:
    return claims | {"iss": _ELSEWHERE}


def _wrong_audience(claims: Claims, _now: int) -> Claims:
    return claims | {"aud": _NOBODY}


def _wrong_subject(claims: Claims, _now: int) -> Claims:
    return claims | {"sub": "urn:fdc:onepass:2026:" + "A" * 43}


def _wrong_nonce(claims: Claims, _now: int) -> Claims:
    return claims | {"nonce": "a nonce that nobody sent"}


def _expired(claims: Claims, now: int) -> Claims:
    times: Claims = {"iat": now - 2 * _FAR, "exp": now - _FAR}
    return claims | times | ({"nbf": now - 2 * _FAR} if "nbf" in claims else {})


def _not_valid_yet(claims: Claims, now: int) -> Claims:
    return claims | {"iat": now + _FAR, "nbf": now + _FAR, "exp": now + 2 * _FAR}


def _wrong_level(claims: Claims, _now: int) -> Claims:
    name = "acr" if "acr" in claims else "vot"
    return claims | {name: "Cl" if claims.get(name) == "Cl.Cm" else "Cl.Cm"}


_ID_TOKEN: Final[Mapping[str, Callable[[Claims, int], Claims]]] = {
    "INVALID_ISS": _wrong_issuer,
    "INVALID_AUD": _wrong_audience,
    "NONCE_NOT_MATCHING": _wrong_nonce,
    "TOKEN_EXPIRED": _expired,
    "TOKEN_NOT_VALID_YET": _not_valid_yet,
    "INCORRECT_VOT": _wrong_level,
}
_CORE_IDENTITY: Final[Mapping[str, Callable[[Claims, int], Claims]]] = {
    "INVALID_ISS": _wrong_issuer,
    "INVALID_AUD": _wrong_audience,
    "INCORRECT_SUB": _wrong_subject,
    "TOKEN_EXPIRED": _expired,
}
_SIGNED: Final = ("INVALID_ALG_HEADER", "INVALID_SIGNATURE")
_AUTHORIZE: Final = {
    "ACCESS_DENIED": ("access_denied", "Access denied by resource owner or authorization server"),
    "TEMPORARILY_UNAVAILABLE": (
        "temporarily_unavailable",
        "The authorization server is temporarily unavailable",
    ),
}

ID_TOKEN: Final = "id_token"  # noqa: S105 - where a fault shows
CORE_IDENTITY: Final = "core_identity"
AUTHORIZE: Final = "authorize"
FAULTS: Final = (
    *(f"{ID_TOKEN}.{name}" for name in (*_ID_TOKEN, *_SIGNED)),
    *(f"{CORE_IDENTITY}.{name}" for name in (*_CORE_IDENTITY, *_SIGNED)),
    *(f"{AUTHORIZE}.{name}" for name in _AUTHORIZE),
)
"""Every fault: where it shows, and what is wrong there."""


def spoilt_id_token(claims: Claims, faults: Collection[str], now: int) -> Claims:
    """Make the claims of an ID token wrong in the ways that are wanted. `now` in seconds."""
    return _spoilt(ID_TOKEN, _ID_TOKEN, claims, faults, now)


def spoilt_core_identity(claims: Claims, faults: Collection[str], now: int) -> Claims:
    """Make the claims of a core identity credential wrong in the ways that are wanted."""
    return _spoilt(CORE_IDENTITY, _CORE_IDENTITY, claims, faults, now)


def spoilt_signature(where: str, token: str, faults: Collection[str]) -> str:
    """Make a signed token's header or signature wrong, if that is wanted for `where`."""
    head, body, tail = token.split(".")
    if f"{where}.INVALID_ALG_HEADER" in faults:
        header = json.loads(_decoded(head)) | {"alg": "HS256"}
        head = _encoded(json.dumps(header, separators=(",", ":")).encode())
    if f"{where}.INVALID_SIGNATURE" in faults:
        signature = _decoded(tail)
        tail = _encoded(bytes([signature[0] ^ 1]) + signature[1:])
    return f"{head}.{body}.{tail}"


def refusal(faults: Collection[str]) -> tuple[str, str] | None:
    """Find the error that the authorization endpoint is to answer, if one is wanted."""
    for name, told in _AUTHORIZE.items():
        if f"{AUTHORIZE}.{name}" in faults:
            return told
    return None


def _spoilt(
    where: str,
    ways: Mapping[str, Callable[[Claims, int], Claims]],
    claims: Claims,
    faults: Collection[str],
    now: int,
) -> Claims:
    for name, spoil in ways.items():
        if f"{where}.{name}" in faults:
            claims = spoil(claims, now)
    return claims


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode("ascii")
