"""Names for a person and for a session that two services cannot compare (OIDC Core 8.1)."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import Final

from idp.protocol.client_policy import ClientPolicy

PREFIX: Final = "urn:fdc:onepass:2026:"
_SESSION_BYTES: Final = 20


def subject_for(client: ClientPolicy, account_id: str, salt: str) -> str:
    """Name the account towards one client, by the kind of subject it is registered for."""
    if client.subject_type == "public":
        return public(account_id, salt)
    return pairwise(client.sector, account_id, salt)


def pairwise(sector: str, account_id: str, salt: str) -> str:
    """Name the account towards one sector. The same three values give the same name for ever."""
    return PREFIX + urlsafe_b64encode(_digest(sector, account_id, salt))[:43].decode("ascii")


def public(account_id: str, salt: str) -> str:
    """Name the account towards clients of subject type `public`: one name for all of them."""
    return pairwise("", account_id, salt)


def session_name(client_id: str, sid: str) -> str:
    """Name a session towards one client: 27 characters, stable, useless to another client.

    Handing every service the same `sid` would join up what pairwise subjects keep apart.
    """
    digest = _digest("session", client_id, sid)[:_SESSION_BYTES]
    return urlsafe_b64encode(digest)[:27].decode("ascii")


def _digest(*parts: str) -> bytes:
    # NUL cannot occur in a host name, an identifier or a salt, so parts cannot run together.
    return hashlib.sha256("\x00".join(parts).encode("utf-8")).digest()
