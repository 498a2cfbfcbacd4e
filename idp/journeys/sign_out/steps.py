"""What a request to sign out means, without a web framework."""

from sqlalchemy.orm import Session

from idp.domain import accounts
from idp.domain.clients import RegisteredClient
from idp.domain.sessions import BrowserSession
from idp.protocol import subjects
from idp.protocol.id_token_hints import HintFault

KNOWN_FAULTS = {
    HintFault.SIGNATURE.value: "invalid_request",
    HintFault.UNREADABLE.value: "invalid_request",
    "invalid post logout redirect URI": "invalid_request",
    "client registry does not contain post_logout_redirect_uri": "invalid_request",
    "client not found": "unauthorized_client",
}
"""What our signed-out page may be told by its address; any other words are not shown."""


def subject_of(
    session: Session, client: RegisteredClient | None, signed_in: BrowserSession | None
) -> str | None:
    """Return the signed-in person's name towards this client, or None."""
    if client is None or signed_in is None:
        return None
    account = accounts.get(session, signed_in.account_id)
    if account is None:
        return None
    return subjects.subject_for(client.policy, account.id, account.subject_salt)
