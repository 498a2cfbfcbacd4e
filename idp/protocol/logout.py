"""Signing out at the request of a client (RP-Initiated Logout 1.0), as a decision.

Verifying the hint is done elsewhere; here arrives what it said, or what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from idp.protocol import registration_rules
from idp.protocol.authorization_response import add_to_query
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.id_token_hints import HintFault, VerifiedHint


@dataclass(frozen=True, slots=True)
class LogoutRequest:
    """The parameters of `/logout`. Absent, empty and doubled ones are None."""

    id_token_hint: str | None
    post_logout_redirect_uri: str | None
    state: str | None
    client_id: str | None
    ui_locales: tuple[str, ...]


class LogoutStep(StrEnum):
    """What happens to the session."""

    CONFIRM = "confirm"
    END = "end"


@dataclass(frozen=True, slots=True)
class LogoutDecision:
    """End the session now or ask first, then go to `redirect_to` or stay on our own page.

    `error_code` and `error_description` are shown on our page when something was wrong.
    """

    step: LogoutStep
    redirect_to: str | None = None
    error_code: str | None = None
    error_description: str = ""


_INVALID: Final = "invalid_request"


def parse_logout(parameters: Mapping[str, str], repeated: Collection[str] = ()) -> LogoutRequest:
    """Read the parameters of `/logout`. Never raises; a doubled parameter counts as absent."""

    def get(name: str) -> str | None:
        return None if name in repeated else parameters.get(name) or None

    return LogoutRequest(
        id_token_hint=get("id_token_hint"),
        post_logout_redirect_uri=get("post_logout_redirect_uri"),
        state=get("state"),
        client_id=get("client_id"),
        ui_locales=tuple((get("ui_locales") or "").split()),
    )


def decide_logout(
    request: LogoutRequest,
    hint: VerifiedHint | HintFault | None,
    client: ClientPolicy | None,
    session_subject: str | None,
) -> LogoutDecision:
    """Decide a request to sign out.

    `client` is the one the hint was issued to, None if there is none any more.
    `session_subject` is the signed-in person's subject for that client, None when nobody
    is signed in. Nothing but a hint for that very person ends a session without asking,
    and nothing but a registered address is ever redirected to.
    """
    if hint is None:
        return LogoutDecision(LogoutStep.CONFIRM)
    if isinstance(hint, HintFault):
        return _ask_first(_INVALID, hint.value)
    if client is None:
        return _ask_first("unauthorized_client", "client not found")
    if request.client_id is not None and request.client_id != hint.client_id:
        return _ask_first(_INVALID, HintFault.UNREADABLE.value)
    own = session_subject is None or session_subject == hint.subject
    step = LogoutStep.END if own else LogoutStep.CONFIRM
    address = request.post_logout_redirect_uri
    if address is None:
        return LogoutDecision(step)
    if address not in client.post_logout_redirect_uris:
        return LogoutDecision(step, None, _INVALID, _what_is_wrong_with(address))
    parameters = {} if request.state is None else {"state": request.state}
    return LogoutDecision(step, add_to_query(address, parameters) if parameters else address)


def _ask_first(error_code: str, description: str) -> LogoutDecision:
    return LogoutDecision(LogoutStep.CONFIRM, None, error_code, description)


def _what_is_wrong_with(address: str) -> str:
    if registration_rules.split(address) is None:
        return "invalid post logout redirect URI"
    return "client registry does not contain post_logout_redirect_uri"
