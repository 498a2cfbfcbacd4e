"""The rules of an authorization request, one function each, in the order they are asked.

The two tuples at the end are the order, and nothing else is. A rule of the first answers
on our own page, since the redirect address is not trusted yet; a rule of the second
answers at the client's registered address. Both are pure: what needs the outside world
is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, cast

from idp.protocol import pkce, vectors_of_trust
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.errors import Refused
from idp.protocol.parameters import AuthorizationRequest

RESPONSE_MODES: Final = ("query", "fragment")
CHANNELS: Final = frozenset({"web", "generic_app"})

_MISSING_PARAMETERS: Final = "Request is missing parameters"
_INVALID: Final = "Invalid request"
_UNAVAILABLE: Final = "The authorization server is temporarily unavailable"

Client = TypeVar("Client")
Rules = tuple[Callable[[AuthorizationRequest, Client], None], ...]


def the_client_and_the_address_are_named(
    request: AuthorizationRequest, _client: ClientPolicy | None
) -> None:
    if request.client_id is None or request.redirect_uri is None:
        raise Refused.on_page(_MISSING_PARAMETERS, detail="; ".join(request.faults))


def the_client_is_known(_request: AuthorizationRequest, client: ClientPolicy | None) -> None:
    if client is None:
        raise Refused.on_page(_INVALID, detail="unknown client")


def the_address_is_registered(request: AuthorizationRequest, client: ClientPolicy | None) -> None:
    # Byte for byte (RFC 9700 section 2.1): no normalising, no prefix, no wildcard.
    if client is None or request.redirect_uri not in client.redirect_uris:
        raise Refused.on_page(_INVALID, detail="redirect_uri is not registered")


def the_response_mode_is_offered(
    request: AuthorizationRequest, _client: ClientPolicy | None
) -> None:
    # Without a mode we know, there is no way to answer the client: this is told on a page.
    if request.response_mode is not None and request.response_mode not in RESPONSE_MODES:
        raise Refused.on_page(_INVALID, detail="response_mode is not offered")


def the_request_could_be_read(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.faults:
        raise Refused.to_client("invalid_request", _INVALID, detail="; ".join(request.faults))


def a_request_object_is_sent_where_required(
    request: AuthorizationRequest, client: ClientPolicy
) -> None:
    if client.request_object_required and request.request is None:
        raise Refused.to_client(
            "access_denied",
            "JAR required for client but request does not contain Request Object",
        )


def the_client_is_active(_request: AuthorizationRequest, client: ClientPolicy) -> None:
    if not client.active:
        raise Refused.to_client("unauthorized_client", "client deactivated")


def the_client_is_not_deprecated(_request: AuthorizationRequest, client: ClientPolicy) -> None:
    if client.deprecated:
        raise Refused.to_client("unauthorized_client", "client deprecated")


def a_state_is_sent_where_required(request: AuthorizationRequest, client: ClientPolicy) -> None:
    if request.state is None and client.state_required:
        raise Refused.to_client("invalid_request", "Request is missing state parameter")


def no_request_address_is_sent(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.request_uri is not None:
        raise Refused.to_client("request_uri_not_supported", "Request URI parameter not supported")


def no_request_object_is_sent(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.request is not None:
        raise Refused.to_client("request_not_supported", "Request parameter not supported")


def the_response_type_is_code(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.response_type != "code":
        raise Refused.to_client("unsupported_response_type", "Unsupported response type")


def the_scopes_are_registered(request: AuthorizationRequest, client: ClientPolicy) -> None:
    if not client.scopes.issuperset(request.scopes):
        raise Refused.to_client("invalid_scope", "Invalid, unknown or malformed scope")


def the_claims_are_registered(request: AuthorizationRequest, client: ClientPolicy) -> None:
    if not client.claims.issuperset(request.claims):
        raise Refused.to_client("invalid_request", "Request contains invalid claims")


def a_nonce_is_sent_where_required(request: AuthorizationRequest, client: ClientPolicy) -> None:
    if request.nonce is None and client.nonce_required:
        raise Refused.to_client("invalid_request", "Request is missing nonce parameter")


def a_code_challenge_is_sent_where_required(
    request: AuthorizationRequest, client: ClientPolicy
) -> None:
    if request.code_challenge is None and client.pkce_required:
        raise Refused.to_client(
            "invalid_request",
            "Request is missing code_challenge parameter, but PKCE is enforced.",
        )


def the_code_challenge_is_not_blank(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.code_challenge is not None and not request.code_challenge.strip():
        raise Refused.to_client("invalid_request", "Invalid value for code_challenge parameter.")


def the_code_challenge_method_is_sent(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    # Left out it would mean `plain` (RFC 7636 section 4.3), which protects nothing here.
    if request.code_challenge is not None and request.code_challenge_method is None:
        raise Refused.to_client(
            "invalid_request",
            "Request is missing code_challenge_method parameter. "
            "code_challenge_method is required when code_challenge is present.",
        )


def the_code_challenge_method_is_s256(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.code_challenge is not None and request.code_challenge_method != pkce.METHOD:
        raise Refused.to_client(
            "invalid_request", "Invalid value for code_challenge_method parameter."
        )


def the_code_challenge_can_be_met(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    # No verifier has such a challenge: better told now than after the person has signed in.
    if request.code_challenge is not None and not pkce.is_challenge(request.code_challenge):
        raise Refused.to_client("invalid_request", "Invalid value for code_challenge parameter.")


def the_vectors_of_trust_are_valid(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.vectors is None:
        raise Refused.to_client("invalid_request", "Request vtr not valid")


def the_vectors_of_trust_are_permitted(request: AuthorizationRequest, client: ClientPolicy) -> None:
    if request.vectors is not None and not vectors_of_trust.permitted(
        request.vectors,
        client.levels_of_confidence,
        identity_supported=client.identity_supported,
    ):
        raise Refused.to_client("invalid_request", "Request vtr is not permitted")


def an_identity_can_be_proved(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    # There is no identity proving here, which is the contract's case of no capacity.
    if request.vectors is not None and request.vectors.identity:
        raise Refused.to_client("temporarily_unavailable", _UNAVAILABLE)


def the_max_age_is_not_negative(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.max_age is not None and request.max_age < 0:
        raise Refused.to_client("invalid_request", "Max age is negative in query params")


def the_channel_is_known(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    if request.channel is not None and request.channel not in CHANNELS:
        raise Refused.to_client("invalid_request", "Invalid value for channel parameter.")


def no_choice_of_account_is_asked(request: AuthorizationRequest, _client: ClientPolicy) -> None:
    # A browser holds one session here, so there is never anything to choose from.
    if "select_account" in request.prompt:
        raise Refused.to_client(
            "unmet_authentication_requirements", "Unmet authentication requirements"
        )


BEFORE_TRUSTING_THE_REDIRECT: Final[Rules[ClientPolicy | None]] = (
    the_client_and_the_address_are_named,
    the_client_is_known,
    the_address_is_registered,
    the_response_mode_is_offered,
)

AFTER_TRUSTING_THE_REDIRECT: Final[Rules[ClientPolicy]] = (
    the_request_could_be_read,
    a_request_object_is_sent_where_required,
    # A client that was switched off hears that and nothing else about its request.
    the_client_is_active,
    the_client_is_not_deprecated,
    a_state_is_sent_where_required,
    no_request_address_is_sent,
    no_request_object_is_sent,
    the_response_type_is_code,
    the_scopes_are_registered,
    the_claims_are_registered,
    a_nonce_is_sent_where_required,
    a_code_challenge_is_sent_where_required,
    the_code_challenge_is_not_blank,
    the_code_challenge_method_is_sent,
    the_code_challenge_method_is_s256,
    the_code_challenge_can_be_met,
    the_vectors_of_trust_are_valid,
    the_vectors_of_trust_are_permitted,
    an_identity_can_be_proved,
    the_max_age_is_not_negative,
    the_channel_is_known,
    no_choice_of_account_is_asked,
)


def check_request(request: AuthorizationRequest, client: ClientPolicy | None) -> None:
    """Ask every rule in order; `client` is None when nobody is registered under that name.

    Raises Refused, with the name of the rule in `check`, for the first rule broken.
    """
    _ask(BEFORE_TRUSTING_THE_REDIRECT, request, client)
    # The first tuple has refused a request without a known client.
    _ask(AFTER_TRUSTING_THE_REDIRECT, request, cast("ClientPolicy", client))


def _ask(rules: Rules[Client], request: AuthorizationRequest, client: Client) -> None:
    for rule in rules:
        try:
            rule(request, client)
        except Refused as refusal:
            refusal.check = rule.__name__
            raise
