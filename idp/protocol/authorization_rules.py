"""The rules of an authorization request, one function each, named for what must be true.

Each returns when its sentence holds and raises Refused, in the contract's words, when it
does not. `checks` says which are asked and in which order.
"""

from __future__ import annotations

from typing import Final

from idp.protocol import faults, pkce, vectors_of_trust
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.errors import Refused
from idp.protocol.identity_claims import IDENTITY_CLAIMS
from idp.protocol.parameters import AuthorizationRequest

CHANNELS: Final = frozenset({"web", "generic_app"})

INVALID: Final = "Invalid request"
CODE: Final = "code"
_UNAVAILABLE: Final = "The authorization server is temporarily unavailable"


def the_client_and_the_address_are_named(
    request: AuthorizationRequest, _client: ClientPolicy | None
) -> None:
    """Without both there is nobody to answer, and nowhere."""
    if request.client_id is None or request.redirect_uri is None:
        raise Refused.on_page("Request is missing parameters", detail="; ".join(request.faults))


def the_client_is_known(_request: AuthorizationRequest, client: ClientPolicy | None) -> None:
    """Somebody is registered under this `client_id`."""
    if client is None:
        raise Refused.on_page(INVALID, detail="unknown client")


def the_address_is_registered(request: AuthorizationRequest, client: ClientPolicy | None) -> None:
    """The redirect address is registered, byte for byte (RFC 9700 section 2.1)."""
    if client is None or request.redirect_uri not in client.redirect_uris:
        raise Refused.on_page(INVALID, detail="redirect_uri is not registered")


def the_response_mode_is_offered(
    request: AuthorizationRequest, client: ClientPolicy | None
) -> None:
    """Without a mode we know, there is no way to answer the client: told on a page."""
    offered = client.response_modes if client is not None else ()
    if request.response_mode is not None and request.response_mode not in offered:
        raise Refused.on_page(INVALID, detail="response_mode is not offered")


def the_request_could_be_read(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """No parameter was doubled, malformed or left out that reading needs."""
    if request.faults:
        raise Refused.to_client("invalid_request", INVALID, detail="; ".join(request.faults))


def a_request_object_is_sent_where_required(
    request: AuthorizationRequest, client: ClientPolicy
) -> None:
    """A client that signs its requests may not send an unsigned one (RFC 9101)."""
    if client.request_object_required and not request.signed:
        raise Refused.to_client(
            "access_denied",
            "JAR required for client but request does not contain Request Object",
        )


def the_client_is_active(_request: AuthorizationRequest, client: ClientPolicy) -> None:
    """The client has not been switched off."""
    if not client.active:
        raise Refused.to_client("unauthorized_client", "client deactivated")


def the_client_is_not_deprecated(_request: AuthorizationRequest, client: ClientPolicy) -> None:
    """The client has not been retired."""
    if client.deprecated:
        raise Refused.to_client("unauthorized_client", "client deprecated")


def the_client_keeps_to_its_rate(_request: AuthorizationRequest, client: ClientPolicy) -> None:
    """The client has not had more requests in this minute than operators let it have."""
    if client.over_rate:
        raise Refused.to_client("temporarily_unavailable", _UNAVAILABLE)


def a_state_is_sent_where_required(request: AuthorizationRequest, client: ClientPolicy) -> None:
    """The client can tell its own requests from forged ones (RFC 6749 section 10.12)."""
    if request.state is None and client.state_required:
        raise Refused.to_client("invalid_request", "Request is missing state parameter")


def no_request_address_is_sent(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """We fetch no request objects."""
    if request.request_uri is not None:
        raise Refused.to_client("request_uri_not_supported", "Request URI parameter not supported")


def no_registration_is_sent(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """Clients are registered before, not by a request (OIDC Core section 7.2.1)."""
    if "registration" in request.senseless:
        raise Refused.to_client(
            "registration_not_supported", "Registration parameter not supported"
        )


def the_response_type_is_code(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """Tokens never travel through the browser (RFC 9700 section 2.1.2)."""
    if request.response_type != CODE:
        raise Refused.to_client("unsupported_response_type", "Unsupported response type")


def the_scopes_are_registered(request: AuthorizationRequest, client: ClientPolicy) -> None:
    """Every scope asked for is known and registered for the client."""
    if not client.scopes.issuperset(request.scopes):
        raise Refused.to_client("invalid_scope", "Invalid, unknown or malformed scope")


def the_claims_are_registered(request: AuthorizationRequest, client: ClientPolicy) -> None:
    """Every claim asked for is known and registered for the client.

    A client that may name any claim is held to that for an identity's claims alone.
    """
    asked = request.claims & IDENTITY_CLAIMS if client.claims_by_name else request.claims
    if not client.claims.issuperset(asked):
        raise Refused.to_client("invalid_request", "Request contains invalid claims")


def a_nonce_is_sent_where_required(request: AuthorizationRequest, client: ClientPolicy) -> None:
    """The client can tell its own ID tokens from replayed ones."""
    if request.nonce is None and client.nonce_required:
        raise Refused.to_client("invalid_request", "Request is missing nonce parameter")


def a_code_challenge_is_sent_where_required(
    request: AuthorizationRequest, client: ClientPolicy
) -> None:
    """A client bound to PKCE uses it (RFC 9700 section 2.1.1)."""
    if request.code_challenge is None and client.pkce_required:
        raise Refused.to_client(
            "invalid_request",
            "Request is missing code_challenge parameter, but PKCE is enforced.",
        )


def the_code_challenge_is_not_blank(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """A challenge that is sent says something."""
    if request.code_challenge is not None and not request.code_challenge.strip():
        raise Refused.to_client("invalid_request", "Invalid value for code_challenge parameter.")


def the_code_challenge_method_is_sent(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """Left out, the method would mean `plain` (RFC 7636 section 4.3), which protects nothing."""
    if request.code_challenge is not None and request.code_challenge_method is None:
        raise Refused.to_client(
            "invalid_request",
            "Request is missing code_challenge_method parameter. "
            "code_challenge_method is required when code_challenge is present.",
        )


def the_code_challenge_method_is_s256(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """S256 is the only method."""
    if request.code_challenge is not None and request.code_challenge_method != pkce.METHOD:
        raise Refused.to_client(
            "invalid_request", "Invalid value for code_challenge_method parameter."
        )


def the_code_challenge_can_be_met(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """Some verifier has this challenge: told now, not after the person has signed in."""
    if request.code_challenge is not None and not pkce.is_challenge(request.code_challenge):
        raise Refused.to_client("invalid_request", "Invalid value for code_challenge parameter.")


def the_vectors_of_trust_are_valid(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """The vectors are well-formed and combine what may be combined."""
    if request.vectors is None:
        raise Refused.to_client("invalid_request", "Request vtr not valid")


def the_vectors_of_trust_are_permitted(request: AuthorizationRequest, client: ClientPolicy) -> None:
    """The client may ask for these levels."""
    if request.vectors is not None and not vectors_of_trust.permitted(
        request.vectors,
        client.levels_of_confidence,
        identity_supported=client.identity_supported,
    ):
        raise Refused.to_client("invalid_request", "Request vtr is not permitted")


def an_identity_can_be_proved(request: AuthorizationRequest, client: ClientPolicy) -> None:
    """Identity proving is switched on, for this client at least."""
    if request.vectors is not None and request.vectors.identity and not client.identity_available:
        raise Refused.to_client("temporarily_unavailable", _UNAVAILABLE)


def the_max_age_is_not_negative(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """An age counts up from zero."""
    if request.max_age is not None and request.max_age < 0:
        where = "request object" if request.signed else "query params"
        raise Refused.to_client("invalid_request", f"Max age is negative in {where}")


def the_channel_is_known(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """The channel is one that requests may name; the registry knows more."""
    if request.channel is not None and request.channel not in CHANNELS:
        raise Refused.to_client("invalid_request", "Invalid value for channel parameter.")


def an_essential_level_can_be_reached(request: AuthorizationRequest, client: ClientPolicy) -> None:
    """A level that the ID token must tell is one that we know (OIDC Core section 5.5.1.1)."""
    wanted = request.acr_wanted
    if wanted is None or not wanted.essential or client.assurance != "acr":
        return
    if not set(wanted.values) & set(vectors_of_trust.CREDENTIAL_LEVELS):
        raise Refused.to_client(
            "unmet_authentication_requirements", "Unmet authentication requirements", detail="acr"
        )


def no_refusal_is_wanted(_request: AuthorizationRequest, client: ClientPolicy) -> None:
    """Nobody asked for an error, to see how the client takes it."""
    told = faults.refusal(client.faults)
    if told is not None:
        raise Refused.to_client(*told, detail="a fault that was asked for")


def no_choice_of_account_is_asked(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    """A browser holds one session here, so there is never anything to choose from."""
    if "select_account" in request.prompt:
        raise Refused.to_client(
            "unmet_authentication_requirements", "Unmet authentication requirements"
        )
