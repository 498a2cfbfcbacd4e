"""Everything a department checks on a token that the provider signed.

Owns: the signature, and each claim of an ID token (OpenID Connect Core 3.1.3.7) and of a logout
token (Back-Channel Logout 2.6), checked one by one against this department's own clock.
Owns not: fetching tokens or keys.
"""

import base64
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeGuard

import jwt
from jwt.types import Options

from relying_party_demo.discovery import Discovery, UnknownKey
from relying_party_demo.exchange import Step

# How far two honest clocks may be apart, in seconds.
CLOCK_SKEW = 5
BACK_CHANNEL_EVENT = "http://schemas.openid.net/event/backchannel-logout"

Claims = dict[str, object]

# PyJWT reads the machine's clock; a department has one of its own, so every claim is ours to check.
SIGNATURE_ALONE: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


@dataclass(frozen=True)
class Expected:
    """What the ID token of one sign-in must say."""

    issuer: str
    client_id: str
    algorithm: str
    nonce: str
    level: str
    access_token: str
    asked_at: int
    max_age: int | None
    prompt: str | None
    sub: str | None


def signed_claims(
    token: str, *, algorithm: str, discovery: Discovery, step: Step, kind: str | None = None
) -> Claims:
    """The claims of ``token``, once its algorithm, type and signature are as expected.

    ``kind`` is the ``typ`` that the header must have. Raises CheckFailed, ProviderUnreachable.
    """
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        header = {}
    step.equal("algorithm", header.get("alg"), algorithm)
    if kind is not None:
        step.equal("type", header.get("typ"), kind)
    kid = header.get("kid")
    try:
        key = discovery.key(kid if isinstance(kid, str) else "", algorithm)
    except UnknownKey:
        step.fail("key", seen=kid, wanted="jwks.json")
    step.check("key", passed=True, seen=kid, wanted="jwks.json")
    claims: Claims = {}
    with suppress(jwt.PyJWTError):
        claims = jwt.decode(token, key, algorithms=[algorithm], options=SIGNATURE_ALONE)
    step.check("signature", passed=bool(claims), seen=algorithm, wanted=algorithm)
    return claims


def check_times(claims: Claims, now: int, step: Step) -> None:
    """``exp`` lies ahead, ``iat`` and ``nbf`` do not. Raises CheckFailed."""
    expires, issued, begins = claims.get("exp"), claims.get("iat"), claims.get("nbf")
    step.check(
        "expiry",
        passed=_is_time(expires) and expires > now - CLOCK_SKEW,
        seen=expires,
        wanted=f"> {now}",
    )
    step.check(
        "issued",
        passed=_is_time(issued) and issued <= now + CLOCK_SKEW,
        seen=issued,
        wanted=f"≤ {now}",
    )
    if begins is not None:
        step.check(
            "not_before",
            passed=_is_time(begins) and begins <= now + CLOCK_SKEW,
            seen=begins,
            wanted=f"≤ {now}",
        )


def check_id_token(claims: Claims, expected: Expected, now: int, step: Step) -> None:
    """Every claim of an ID token whose signature is good. Raises CheckFailed at the first fault."""
    step.equal("issuer", claims.get("iss"), expected.issuer)
    # One Login sends the audience as a plain string, and its own examples compare it as one.
    step.equal("audience", claims.get("aud"), expected.client_id)
    check_times(claims, now, step)
    step.equal("nonce", claims.get("nonce"), expected.nonce, masked=True)
    step.equal("at_hash", claims.get("at_hash"), at_hash(expected.access_token))
    step.equal("level", claims.get("vot"), expected.level)
    _check_auth_time(claims.get("auth_time"), expected, now, step)
    sub = claims.get("sub")
    step.check(
        "subject",
        passed=isinstance(sub, str) and 0 < len(sub) <= 255,
        seen=sub,
        wanted="",
    )
    if expected.sub is not None:
        step.equal("same_person", sub, expected.sub)


def _check_auth_time(auth_time: object, expected: Expected, now: int, step: Step) -> None:
    """The citizen signed in no longer than max_age before being asked to.

    Counted from the moment of asking, not from now: with ``max_age=1`` a citizen who takes a
    minute to type a password has still done what was asked.
    """
    oldest = 0
    if expected.prompt == "login":
        oldest = expected.asked_at - CLOCK_SKEW
    elif expected.max_age is not None:
        oldest = expected.asked_at - expected.max_age - CLOCK_SKEW
    step.check(
        "auth_time",
        passed=_is_time(auth_time) and oldest <= auth_time <= now + CLOCK_SKEW,
        seen=auth_time,
        wanted=f"{oldest} ≤ … ≤ {now}" if oldest else f"≤ {now}",
    )


def check_logout_token(
    claims: Claims, *, issuer: str, client_id: str, now: int, step: Step
) -> tuple[str, str]:
    """The subject and id of a good logout token. Raises CheckFailed at the first fault."""
    step.equal("issuer", claims.get("iss"), issuer)
    step.equal("audience", claims.get("aud"), client_id)
    check_times(claims, now, step)
    step.equal("events", claims.get("events"), {BACK_CHANNEL_EVENT: {}})
    step.check("no_nonce", passed="nonce" not in claims, seen=claims.get("nonce"), wanted="–")
    sub, jti = claims.get("sub"), claims.get("jti")
    step.check("subject", passed=isinstance(sub, str) and bool(sub), seen=sub, wanted="")
    step.check("jti", passed=isinstance(jti, str) and bool(jti), seen=jti, wanted="")
    return str(sub), str(jti)


def _is_time(value: object) -> TypeGuard[int | float]:
    """Is this a NumericDate (RFC 7519 §2)? True is a bool, and not a time."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def at_hash(access_token: str) -> str:
    """The left half of the access token's SHA-256, base64url (OpenID Connect Core 3.1.3.6)."""
    left = hashlib.sha256(access_token.encode()).digest()[:16]
    return base64.urlsafe_b64encode(left).rstrip(b"=").decode()
