"""Hints on arrival: ID tokens that clients hand back, their signature checked with our keys."""

import binascii
import json
from base64 import urlsafe_b64decode

from idp.domain.keyring import Keyring
from idp.domain.ring import TokenRefused
from idp.protocol.id_token_hints import Hint, HintFault, VerifiedHint
from idp.protocol.vectors_of_trust import CREDENTIAL_LEVELS

ID_TOKEN_TYPE = ""


def read(keyring: Keyring, token: str | None) -> Hint | None:
    """Return what an ID token of ours says, however old it is, or what is wrong with it."""
    if token is None:
        return None
    if not _looks_like_a_token(token):
        return HintFault.UNREADABLE
    try:
        claims = keyring.verify(token, typ=ID_TOKEN_TYPE)
    except TokenRefused:
        return HintFault.SIGNATURE
    audience, subject, sid = claims.get("aud"), claims.get("sub"), claims.get("sid")
    if not isinstance(audience, str) or not isinstance(subject, str):
        return HintFault.UNREADABLE
    level = claims.get("vot")
    return VerifiedHint(
        client_id=audience,
        subject=subject,
        sid=sid if isinstance(sid, str) else None,
        level=level if level in CREDENTIAL_LEVELS else None,
    )


def _looks_like_a_token(token: str) -> bool:
    header, _, rest = token.partition(".")
    try:
        decoded = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(decoded, dict) and rest.count(".") == 1
