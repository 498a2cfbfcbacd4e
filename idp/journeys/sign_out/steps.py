"""What a request to sign out means, without a web framework."""

from sqlalchemy.orm import Session

from idp.domain import accounts
from idp.domain.clients import RegisteredClient
from idp.domain.request_facts import RequestRefused
from idp.domain.sessions import BrowserSession
from idp.protocol import subjects
from idp.protocol.client_checks import Check
from idp.protocol.differences import difference_from
from idp.protocol.id_token_hints import HintFault
from idp.protocol.logout import LogoutDecision, LogoutRequest

KNOWN_FAULTS = {
    HintFault.SIGNATURE.value: "invalid_request",
    HintFault.UNREADABLE.value: "invalid_request",
    "invalid post logout redirect URI": "invalid_request",
    "client registry does not contain post_logout_redirect_uri": "invalid_request",
    "client not found": "unauthorized_client",
}
"""What our signed-out page may be told by its address; any other words are not shown."""


def refusal_to_record(
    asked: LogoutRequest, decision: LogoutDecision, client: RegisteredClient | None
) -> RequestRefused | None:
    """Return the fact that a known client's request to sign out was wrong; None if it was not."""
    if client is None or decision.error_code is None:
        return None
    policy, address = client.policy, asked.post_logout_redirect_uri
    unknown = address is not None and address not in policy.post_logout_redirect_uris
    wrong_hint = asked.client_id not in (None, policy.client_id)
    if wrong_hint or not unknown or address is None:
        found, check = None, Check.LOGOUT_HINT
    else:
        found = difference_from(policy.post_logout_redirect_uris, address)
        check = Check.LOGOUT_ADDRESS
    return RequestRefused(
        client_id=policy.client_id,
        where="logout",
        error=decision.error_code,
        check=check,
        difference=found.difference if found else "",
        nearest=found.nearest if found else "",
    )


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
