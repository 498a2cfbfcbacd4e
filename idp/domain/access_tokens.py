"""Access tokens after they were issued: whether one is ours and live, and giving one back.

Owns: what makes a token good besides its grant, and the death of a grant by its own client.
Does not own: UserInfo's statement (`idp.domain.hot_path`), which judges grants by the same words.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.domain import audit
from idp.domain.accounts import Account
from idp.domain.grants import Grant
from idp.domain.keyring import Keyring, TokenRefused
from idp.domain.sessions import BrowserSession
from idp.protocol.id_token import ACCESS_TOKEN_TYPE
from idp.protocol.metadata import ID_TOKEN_ALGORITHMS, userinfo_endpoint
from idp.protocol.session_facts import ACTIVE

LONGEST_TOKEN = 4096


def verified(keyring: Keyring, issuer: str, token: str, now: int) -> Mapping[str, Any] | None:
    """Return the claims of an unexpired access token that we signed, or None.

    Whether its grant still lives is another question (RFC 9068 section 4 asks this one).
    """
    claims = signed_by_us(keyring, issuer, token)
    return claims if claims is not None and claims["exp"] > now else None


def signed_by_us(keyring: Keyring, issuer: str, token: str) -> Mapping[str, Any] | None:
    """Return the claims of an access token that we signed, though it may have expired, or None."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        claims = keyring.verify(token, typ=ACCESS_TOKEN_TYPE, algs=ID_TOKEN_ALGORITHMS)
    except TokenRefused:
        return None
    if claims.get("iss") != issuer or claims.get("aud") != userinfo_endpoint(issuer):
        return None
    return claims if isinstance(claims.get("exp"), int) else None


def live_grant(session: Session, grant_id: str, client_id: str, now: int) -> Grant | None:
    """Return the grant of this client that a token hangs on, or None when it is dead."""
    return session.scalar(
        select(Grant)
        .join(Account, Account.id == Grant.account_id)
        .join(BrowserSession, BrowserSession.sid == Grant.sid)
        .where(
            Grant.id == grant_id,
            Grant.client_id == client_id,
            Grant.access_expires_at > now,
            Grant.revoked_at.is_(None),
            BrowserSession.ended_at.is_(None),
            Account.state == ACTIVE,
        )
    )


def revoke(session: Session, grant: Grant, now: int) -> bool:
    """Kill a grant and all that it gave; False if somebody else just did.

    With one token of a grant the others go too (RFC 7009 section 2.1).
    """
    killed = session.scalar(
        update(Grant)
        .where(Grant.id == grant.id, Grant.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(Grant.id)
        .execution_options(synchronize_session=False)
    )
    if killed is None:
        return False
    fact = audit.TokenRevoked(
        account_id=grant.account_id, client_id=grant.client_id, sid=grant.sid, grant_id=grant.id
    )
    audit.record(session, fact, now=now)
    return True
