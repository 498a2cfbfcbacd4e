"""What ID tokens, access tokens and logout tokens contain. Signing them is not done here."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from idp.protocol import metadata
from idp.protocol.client_policy import ClientPolicy

ACCESS_TOKEN_TYPE: Final = "at+jwt"  # noqa: S105  (RFC 9068 section 2.1)
LOGOUT_TOKEN_TYPE: Final = "logout+jwt"  # noqa: S105  (Back-Channel Logout section 2.4)
LOGOUT_TOKEN_ALGORITHM: Final = "ES256"  # noqa: S105
LOGOUT_TOKEN_LIFETIME: Final = 120
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One person's sign-in, as one client may know it.

    `subject` and `sid` are the client's own names for the person and the session (see
    `subjects`). `level_reached` and `amr` are what the session really had when the code
    was issued, `auth_time` when (in seconds).
    """

    subject: str
    sid: str
    auth_time: int
    level_asked: str
    level_reached: str
    amr: tuple[str, ...]


def at_hash(access_token: str) -> str:
    """Tie an ID token to an access token (OIDC Core section 3.1.3.6), for SHA-256 algorithms."""
    half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    return urlsafe_b64encode(half)[:22].decode("ascii")


def id_token_claims(
    client: ClientPolicy,
    who: SignedIn,
    *,
    issuer: str,
    nonce: str | None,
    access_token: str,
    now: int,
    lifetime: int,
) -> dict[str, object]:
    """Say who signed in, to one client (OIDC Core section 2). Times in seconds.

    A client told by `vot` hears the level it asked for, even from a higher session; a
    client told by `acr` hears the level the session has, and in `amr` what was used.
    """
    claims: dict[str, object] = {
        "iss": issuer,
        "sub": who.subject,
        "aud": client.client_id,
        "exp": now + lifetime,
        "iat": now,
        "auth_time": who.auth_time,
        "at_hash": at_hash(access_token),
        "sid": who.sid,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if client.assurance == "vot":
        claims["vot"] = who.level_asked
        claims["vtm"] = metadata.trustmark_uri(issuer)
    else:
        claims["acr"] = who.level_reached
        claims["amr"] = list(who.amr)
    return claims


def access_token_claims(
    client_id: str,
    who: SignedIn,
    *,
    issuer: str,
    scopes: Iterable[str],
    grant_id: str,
    token_id: str,
    now: int,
    lifetime: int,
    claims: Collection[str] = (),
) -> dict[str, object]:
    """Let a client ask UserInfo about one subject (RFC 9068 section 2.2). Times in seconds.

    `grant_id` names the grant the token hangs on, whose end is the token's end; `claims` are the
    identity claims it gives.
    """
    token: dict[str, object] = {
        "iss": issuer,
        "sub": who.subject,
        "aud": metadata.userinfo_endpoint(issuer),
        "client_id": client_id,
        "scope": " ".join(scopes),
        "exp": now + lifetime,
        "iat": now,
        "jti": token_id,
        "sid": who.sid,
        "grant": grant_id,
    }
    if claims:
        token["claims"] = list(claims)
    return token


def logout_token_claims(
    client: ClientPolicy,
    *,
    issuer: str,
    subject: str,
    sid: str,
    token_id: str,
    now: int,
    lifetime: int = LOGOUT_TOKEN_LIFETIME,
) -> dict[str, object]:
    """Tell one client that a session ended (Back-Channel Logout section 2.4). Times in seconds.

    Never holds a `nonce`, so that it cannot pass as an ID token.
    """
    claims: dict[str, object] = {
        "iss": issuer,
        "sub": subject,
        "aud": client.client_id,
        "iat": now,
        "exp": now + lifetime,
        "jti": token_id,
        "events": {LOGOUT_EVENT: {}},
    }
    if client.logout_sid:
        claims["sid"] = sid
    return claims
