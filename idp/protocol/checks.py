"""Every rule an authorization request must pass, in the order they are asked.

The two tuples are the order, and nothing else is. A rule of the first answers on our own
page, since the redirect address is not trusted yet; a rule of the second answers at the
client's registered address. The first broken rule is the only one told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar, cast

from idp.protocol import authorization_rules as rules
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.errors import Refused
from idp.protocol.parameters import AuthorizationRequest

Client = TypeVar("Client")
Rules = tuple[Callable[[AuthorizationRequest, Client], None], ...]

BEFORE_TRUSTING_THE_REDIRECT: Final[Rules[ClientPolicy | None]] = (
    rules.the_client_and_the_address_are_named,
    rules.the_client_is_known,
    rules.the_address_is_registered,
    rules.the_response_mode_is_offered,
)

AFTER_TRUSTING_THE_REDIRECT: Final[Rules[ClientPolicy]] = (
    rules.the_request_could_be_read,
    rules.a_request_object_is_sent_where_required,
    # A client that was switched off hears that and nothing else about its request.
    rules.the_client_is_active,
    rules.the_client_is_not_deprecated,
    rules.a_state_is_sent_where_required,
    rules.no_request_address_is_sent,
    rules.no_request_object_is_sent,
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
    rules.no_choice_of_account_is_asked,
)


def check_request(request: AuthorizationRequest, client: ClientPolicy | None) -> None:
    """Ask every rule in order; `client` is None when nobody is registered under that name.

    Raises Refused, with the name of the rule in `check`, for the first rule broken.
    """
    _ask(BEFORE_TRUSTING_THE_REDIRECT, request, client)
    # The first tuple has refused a request without a known client.
    _ask(AFTER_TRUSTING_THE_REDIRECT, request, cast("ClientPolicy", client))


def _ask(asked: Rules[Client], request: AuthorizationRequest, client: Client) -> None:
    for rule in asked:
        try:
            rule(request, client)
        except Refused as refusal:
            refusal.check = rule.__name__
            raise
