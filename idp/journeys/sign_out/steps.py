"""What a request to sign out means, without a web framework."""

import binascii
import json
from base64 import urlsafe_b64decode

from sqlalchemy.orm import Session

from idp.domain import accounts
from idp.domain.clients import RegisteredClient
from idp.domain.keyring import Keyring
from idp.domain.ring import TokenRefused
from idp.domain.sessions import BrowserSession
from idp.protocol import subjects
from idp.protocol.logout import HintFault, VerifiedHint

ID_TOKEN_TYPE = ""
KNOWN_FAULTS = {
    HintFault.SIGNATURE.value: "invalid_request",
    HintFault.UNREADABLE.value: "invalid_request",
    "invalid post logout redirect URI": "invalid_request",
    "client registry does not contain post_logout_redirect_uri": "invalid_request",
    "client not found": "unauthorized_client",
}
"""What our signed-out page may be told by its address; any other words are not shown."""


def read_hint(keyring: Keyring, token: str | None) -> VerifiedHint | HintFault | None:
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
    return VerifiedHint(audience, subject, sid if isinstance(sid, str) else None)


def _looks_like_a_token(token: str) -> bool:
    header, _, rest = token.partition(".")
    try:
        decoded = json.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(decoded, dict) and rest.count(".") == 1


def subject_of(
    session: Session, client: RegisteredClient | None, signed_in: BrowserSession | None
) -> str | None:
    """Return the signed-in person's name towards this client, or None."""
    if client is None or signed_in is None:
        return None
    account = accounts.get(session, signed_in.account_id)
    if account is None:
        return None
    if client.policy.subject_type == "public":
        return subjects.public(account.id, account.subject_salt)
    return subjects.pairwise(client.policy.sector, account.id, account.subject_salt)
