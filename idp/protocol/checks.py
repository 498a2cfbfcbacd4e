"""Every rule an authorization request must pass, in the order they are asked.

The tuples are the order, and nothing else is: two for a request whose parameters stand in the
address, two for one that the client signed (a request object). A rule of the first of a pair
answers on our own page, since the redirect address is not trusted yet; a rule of the second
answers at the client's registered address. What is wrong with a hint is told last
(`HINT_RULES`). The first broken rule is the only one told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final, TypeVar, cast

from idp.protocol import authorization_rules as rules
from idp.protocol import request_object_rules as object_rules
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.errors import Refused
from idp.protocol.id_token_hints import HINT_RULES, Hint, VerifiedHint
from idp.protocol.parameters import AuthorizationRequest
from idp.protocol.request_object import RequestObject

Request = TypeVar("Request")
Client = TypeVar("Client")
Rules = tuple[Callable[[Request, Client], None], ...]

BEFORE_TRUSTING_THE_REDIRECT: Final[Rules[AuthorizationRequest, ClientPolicy | None]] = (
    rules.the_client_and_the_address_are_named,
    rules.the_client_is_known,
    rules.the_address_is_registered,
    rules.the_response_mode_is_offered,
)

AFTER_TRUSTING_THE_REDIRECT: Final[Rules[AuthorizationRequest, ClientPolicy]] = (
    rules.the_request_could_be_read,
    rules.a_request_object_is_sent_where_required,
    # A client that was switched off hears that and nothing else about its request.
    rules.the_client_is_active,
    rules.the_client_is_not_deprecated,
    rules.the_client_keeps_to_its_rate,
    rules.a_state_is_sent_where_required,
    rules.no_request_address_is_sent,
    rules.no_registration_is_sent,
    rules.the_response_type_is_code,
    rules.the_scopes_are_registered,
    rules.the_claims_are_registered,
    rules.a_nonce_is_sent_where_required,
    rules.a_code_challenge_is_sent_where_required,
    rules.the_code_challenge_is_not_blank,
    rules.the_code_challenge_method_is_sent,
    rules.the_code_challenge_method_is_s256,
    rules.the_code_challenge_can_be_met,
    rules.the_vectors_of_trust_are_valid,
    rules.the_vectors_of_trust_are_permitted,
    rules.an_identity_can_be_proved,
    rules.the_max_age_is_not_negative,
    rules.the_channel_is_known,
    rules.an_essential_level_can_be_reached,
    rules.no_choice_of_account_is_asked,
    rules.no_refusal_is_wanted,
)


def _inside(
    rule: Callable[[AuthorizationRequest, Client], None],
) -> Callable[[RequestObject, Client], None]:
    """Ask a rule about the request that a request object holds."""

    @wraps(rule)
    def ask(arrived: RequestObject, client: Client) -> None:
        rule(arrived.request, client)

    return ask


OBJECT_BEFORE_TRUSTING_THE_REDIRECT: Final[Rules[RequestObject, ClientPolicy | None]] = (
    object_rules.the_client_is_named,
    object_rules.the_request_around_it_could_be_read,
    _inside(rules.the_client_is_known),
    object_rules.the_object_is_signed,
    object_rules.the_clients_keys_can_be_had,
    object_rules.the_signature_is_the_clients,
    object_rules.the_object_is_in_time,
    _inside(rules.the_address_is_registered),
    _inside(rules.the_response_mode_is_offered),
)

OBJECT_AFTER_TRUSTING_THE_REDIRECT: Final[Rules[RequestObject, ClientPolicy]] = (
    _inside(rules.the_client_is_active),
    _inside(rules.the_client_is_not_deprecated),
    _inside(rules.the_client_keeps_to_its_rate),
    _inside(rules.a_state_is_sent_where_required),
    object_rules.the_response_type_around_it_is_code,
    object_rules.the_scopes_around_it_are_registered,
    object_rules.the_client_inside_is_the_one_outside,
    object_rules.it_holds_no_other_request,
    _inside(rules.no_registration_is_sent),
    object_rules.it_is_meant_for_us,
    object_rules.its_issuer_is_the_client,
    _inside(rules.the_request_could_be_read),
    _inside(rules.the_response_type_is_code),
    _inside(rules.the_scopes_are_registered),
    _inside(rules.the_claims_are_registered),
    _inside(rules.a_nonce_is_sent_where_required),
    _inside(rules.a_code_challenge_is_sent_where_required),
    _inside(rules.the_code_challenge_is_not_blank),
    _inside(rules.the_code_challenge_method_is_sent),
    _inside(rules.the_code_challenge_method_is_s256),
    _inside(rules.the_code_challenge_can_be_met),
    _inside(rules.the_vectors_of_trust_are_valid),
    _inside(rules.the_vectors_of_trust_are_permitted),
    _inside(rules.an_identity_can_be_proved),
    object_rules.its_languages_are_language_tags,
    object_rules.its_max_age_is_a_number,
    _inside(rules.the_max_age_is_not_negative),
    object_rules.its_login_hint_is_short,
    _inside(rules.the_channel_is_known),
    _inside(rules.an_essential_level_can_be_reached),
    _inside(rules.no_choice_of_account_is_asked),
    _inside(rules.no_refusal_is_wanted),
)


def check_request(request: AuthorizationRequest, client: ClientPolicy | None) -> None:
    """Ask every rule in order; `client` is None when nobody is registered under that name.

    Raises Refused, with the name of the rule in `check`, for the first rule broken.
    """
    _ask(BEFORE_TRUSTING_THE_REDIRECT, request, client)
    # The first tuple has refused a request without a known client.
    _ask(AFTER_TRUSTING_THE_REDIRECT, request, cast("ClientPolicy", client))


def check_request_object(arrived: RequestObject, client: ClientPolicy | None) -> None:
    """Do the same for a request that the client signed; `client` is the one named beside it."""
    _ask(OBJECT_BEFORE_TRUSTING_THE_REDIRECT, arrived, client)
    _ask(OBJECT_AFTER_TRUSTING_THE_REDIRECT, arrived, cast("ClientPolicy", client))


def check_hint(hint: Hint, client: ClientPolicy) -> VerifiedHint:
    """Do the same for the hint of a request that passed, and return what it says."""
    _ask(HINT_RULES, hint, client)
    return cast("VerifiedHint", hint)


def _ask(asked: Rules[Request, Client], request: Request, client: Client) -> None:
    for rule in asked:
        try:
            rule(request, client)
        except Refused as refusal:
            refusal.check = rule.__name__
            raise
