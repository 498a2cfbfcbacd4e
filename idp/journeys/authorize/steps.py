"""How a request is judged and moved on: no Flask here, so it can be read and tried by itself."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from idp.domain import hot_path, sessions
from idp.domain.clients import ClientRegistry, RegisteredClient
from idp.domain.services import Services
from idp.protocol.authorization_response import error_location
from idp.protocol.checks import check_request
from idp.protocol.errors import ProtocolError
from idp.protocol.parameters import AuthorizationRequest, parse_authorization
from idp.protocol.session_facts import SessionFacts

_NOT_ASCII: Final = re.compile(rb"%[89a-fA-F]|[\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Judged:
    """A request that passed every check, and the client that sent it."""

    request: AuthorizationRequest
    registered: RegisteredClient


@dataclass(frozen=True, slots=True)
class SentBack:
    """A refusal that goes to the service, at its registered address."""

    location: str
    error: ProtocolError


def refuse_what_is_no_text(encoded: bytes) -> None:
    """Refuse encoded parameters that are not UTF-8: they could not be sent back unchanged.

    Raises ProtocolError for our own page, since nothing has been read yet.
    """
    if _NOT_ASCII.search(encoded) is None:
        return
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError as error:
        raise ProtocolError(
            "invalid_request", "Invalid request", check="the_parameters_are_text"
        ) from error


def judge(
    registry: ClientRegistry,
    issuer: str,
    parameters: Mapping[str, str],
    repeated: Collection[str] = (),
) -> Judged | SentBack:
    """Run every check on the parameters of `/authorize`.

    Raises ProtocolError for a refusal that must stay on our own page: nothing in the request has
    earned a redirect (RFC 9700 section 4.11).
    """
    request = parse_authorization(parameters, repeated)
    registered = registry.find(request.client_id) if request.client_id else None
    try:
        check_request(request, registered.policy if registered else None)
    except ProtocolError as error:
        if not error.redirect:
            raise
        return SentBack(refusal_location(request, issuer, error.error, error.description), error)
    if registered is None:
        raise ProtocolError("invalid_request", "Invalid request", check="the_client_is_known")
    return Judged(request, registered)


def refusal_location(
    request: AuthorizationRequest, issuer: str, error: str, description: str
) -> str:
    """Return the service's address with the error, its `state` and our `iss` (RFC 9207)."""
    return error_location(
        str(request.redirect_uri), error, description, request.state, issuer, request.response_mode
    )


def session_facts(
    path: hot_path.HotPath, services: Services, cookie: str | None, now: int
) -> hot_path.SeenSession | None:
    """Return the facts of the live session that the cookie opens, or None."""
    if not cookie:
        return None
    settings = services.settings
    return path.session(
        sessions.cookie_hash(cookie),
        seen_after=now - settings.session_idle_lifetime,
        started_after=now - settings.session_lifetime,
    )


def must_be_touched(seen: hot_path.SeenSession, now: int) -> bool:
    """Return whether the session's last use is old enough to be written down again."""
    return seen.last_seen_at < now - sessions.TOUCH_AFTER


def same_person(facts: SessionFacts, account_id: str | None) -> bool:
    """Return whether a Journey that `account_id` gave a password in is this person's."""
    return account_id in {None, facts.account_id}
