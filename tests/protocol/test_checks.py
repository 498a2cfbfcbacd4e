"""The two tables of refusals: what the client is told, where, and which rule comes first."""

import dataclasses
from dataclasses import replace
from typing import Any

import pytest

from idp.protocol.checks import (
    AFTER_TRUSTING_THE_REDIRECT,
    BEFORE_TRUSTING_THE_REDIRECT,
    check_request,
)
from idp.protocol.client_policy import ClientPolicy
from idp.protocol.errors import Refused
from idp.protocol.parameters import parse_authorization
from tests.protocol.examples import PARAMETERS, REDIRECT, a_client, a_request, an_openid_client

IDENTITY: dict[str, Any] = {"identity_verification_supported": True}
ADDRESS = '{"userinfo": {"https://vocab.account.gov.uk/v1/address": null}}'
ESSENTIAL = '{"id_token": {"acr": {"value": "urn:other", "essential": true}}}'
CHALLENGE_METHOD_MISSING = (
    "Request is missing code_challenge_method parameter. "
    "code_challenge_method is required when code_challenge is present."
)
NO_REQUEST_OBJECT = "JAR required for client but request does not contain Request Object"
UNAVAILABLE = "The authorization server is temporarily unavailable"


def refusal_of(parameters: dict[str, str | None], client: ClientPolicy | None) -> Refused:
    with pytest.raises(Refused) as caught:
        check_request(a_request(**parameters), client)
    return caught.value


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"state": None, "nonce": None},
    ],
)
def test_a_good_request_passes_every_rule(parameters: dict[str, str | None]) -> None:
    client = an_openid_client() if parameters else a_client()
    check_request(a_request(**parameters), client)


@pytest.mark.parametrize(
    ("parameters", "rule", "sentence"),
    [
        ({"client_id": None}, "the_client_and_the_address_are_named",
         "Request is missing parameters"),
        ({"redirect_uri": None}, "the_client_and_the_address_are_named",
         "Request is missing parameters"),
        ({"redirect_uri": "https://tax.example/ callback"},
         "the_client_and_the_address_are_named", "Request is missing parameters"),
        ({"response_mode": "form_post"}, "the_response_mode_is_offered", "Invalid request"),
        ({"response_mode": "web_message"}, "the_response_mode_is_offered", "Invalid request"),
    ],
)  # fmt: skip
def test_without_a_trusted_address_the_answer_stays_here(
    parameters: dict[str, str | None], rule: str, sentence: str
) -> None:
    refusal = refusal_of(parameters, a_client())
    assert (refusal.check, refusal.description) == (rule, sentence)
    assert refusal.error == "invalid_request"
    assert not refusal.redirect


def test_an_unknown_client_is_answered_here() -> None:
    refusal = refusal_of({}, None)
    assert (refusal.check, refusal.description) == ("the_client_is_known", "Invalid request")
    assert not refusal.redirect


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/callback",
        "https://tax.example/callback/",
        "https://tax.example/callback/more",
        "https://tax.example/Callback",
        "https://tax.example/callback?next=1",
        "https://tax.example/callback#",
        "https://tax.example/x/../callback",
        "https://tax.example/x/..;/callback",
        "https://tax.example/%63allback",
        "https://tax.example:443/callback",
        "https://tax.example:8443/callback",
        "https://tax.example.evil.test/callback",
        "https://taxXexample/callback",
        "https://tax.example@evil.example/callback",
        "https://evil.example/@tax.example/callback",
        "http://tax.example/callback",
        "HTTPS://tax.example/callback",
        "//tax.example/callback",
        "/callback",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
def test_a_nearly_right_address_is_never_redirected_to(address: str) -> None:
    for wrong in ({}, {"scope": "nonsense"}, {"response_type": "token"}):
        refusal = refusal_of({"redirect_uri": address, **wrong}, a_client())
        assert refusal.check == "the_address_is_registered"
        assert refusal.description == "Invalid request"
        assert not refusal.redirect


@pytest.mark.parametrize(
    ("parameters", "registration", "rule", "error", "sentence"),
    [
        ({"scope": "email"}, {}, "the_request_could_be_read",
         "invalid_request", "Invalid request"),
        ({"response_type": None}, {}, "the_request_could_be_read",
         "invalid_request", "Invalid request"),
        ({}, {"jar_validation_required": True}, "a_request_object_is_sent_where_required",
         "access_denied", NO_REQUEST_OBJECT),
        ({}, {"active": False}, "the_client_is_active",
         "unauthorized_client", "client deactivated"),
        ({}, {"deprecated": True}, "the_client_is_not_deprecated",
         "unauthorized_client", "client deprecated"),
        ({"state": None}, {}, "a_state_is_sent_where_required",
         "invalid_request", "Request is missing state parameter"),
        ({"request_uri": "https://tax.example/o"}, {}, "no_request_address_is_sent",
         "request_uri_not_supported", "Request URI parameter not supported"),
        ({"registration": "{}"}, {}, "no_registration_is_sent",
         "registration_not_supported", "Registration parameter not supported"),
        ({"response_type": "token"}, {}, "the_response_type_is_code",
         "unsupported_response_type", "Unsupported response type"),
        ({"response_type": "code id_token"}, {}, "the_response_type_is_code",
         "unsupported_response_type", "Unsupported response type"),
        ({"scope": "openid phone"}, {}, "the_scopes_are_registered",
         "invalid_scope", "Invalid, unknown or malformed scope"),
        ({"scope": "openid offline_access"}, {}, "the_scopes_are_registered",
         "invalid_scope", "Invalid, unknown or malformed scope"),
        ({"claims": ADDRESS}, {}, "the_claims_are_registered",
         "invalid_request", "Request contains invalid claims"),
        ({"nonce": None}, {}, "a_nonce_is_sent_where_required",
         "invalid_request", "Request is missing nonce parameter"),
        ({"code_challenge": None}, {}, "a_code_challenge_is_sent_where_required",
         "invalid_request", "Request is missing code_challenge parameter, but PKCE is enforced."),
        ({"code_challenge": " "}, {}, "the_code_challenge_is_not_blank",
         "invalid_request", "Invalid value for code_challenge parameter."),
        ({"code_challenge": ""}, {"pkce_enforced": False}, "the_code_challenge_is_not_blank",
         "invalid_request", "Invalid value for code_challenge parameter."),
        ({"code_challenge_method": None}, {}, "the_code_challenge_method_is_sent",
         "invalid_request", CHALLENGE_METHOD_MISSING),
        ({"code_challenge_method": "plain"}, {}, "the_code_challenge_method_is_s256",
         "invalid_request", "Invalid value for code_challenge_method parameter."),
        ({"code_challenge": "short"}, {}, "the_code_challenge_can_be_met",
         "invalid_request", "Invalid value for code_challenge parameter."),
        ({"vtr": '["Cl.P2"]'}, {}, "the_vectors_of_trust_are_valid",
         "invalid_request", "Request vtr not valid"),
        ({"vtr": '["Cl.Cm.P2"]'}, {}, "the_vectors_of_trust_are_permitted",
         "invalid_request", "Request vtr is not permitted"),
        ({"vtr": '["Cl.Cm.P1"]'}, IDENTITY, "the_vectors_of_trust_are_permitted",
         "invalid_request", "Request vtr is not permitted"),
        ({"max_age": "-2"}, {}, "the_max_age_is_not_negative",
         "invalid_request", "Max age is negative in query params"),
        ({"channel": "strategic_app"}, {}, "the_channel_is_known",
         "invalid_request", "Invalid value for channel parameter."),
        ({"claims": ESSENTIAL}, {"profile": "openid"}, "an_essential_level_can_be_reached",
         "unmet_authentication_requirements", "Unmet authentication requirements"),
        ({"claims": ADDRESS}, {"profile": "openid"}, "the_claims_are_registered",
         "invalid_request", "Request contains invalid claims"),
        ({"prompt": "select_account"}, {}, "no_choice_of_account_is_asked",
         "unmet_authentication_requirements", "Unmet authentication requirements"),
    ],
)  # fmt: skip
def test_with_a_trusted_address_the_client_is_told(
    parameters: dict[str, str | None],
    registration: dict[str, Any],
    rule: str,
    error: str,
    sentence: str,
) -> None:
    refusal = refusal_of(parameters, a_client(**registration))
    assert (refusal.check, refusal.error, refusal.description) == (rule, error, sentence)
    assert refusal.redirect


@pytest.mark.parametrize(
    ("parameters", "registration"),
    [
        pytest.param(
            {"nonce": None},
            {"permit_missing_nonce": True},
            marks=pytest.mark.row("2.parameter.nonce", "6.field.permit_missing_nonce"),
        ),
        pytest.param(
            {"code_challenge": None, "code_challenge_method": None},
            {"pkce_enforced": False},
            marks=pytest.mark.row("2.parameter.code_challenge", "6.field.pkce_enforced"),
        ),
        ({"code_challenge": None}, {"pkce_enforced": False}),
        ({"max_age": "-1"}, {}),
        ({"response_mode": "form_post"}, {"profile": "openid"}),
        ({"max_age": "0"}, {}),
        pytest.param({"channel": "generic_app"}, {}, marks=pytest.mark.row("2.parameter.channel")),
        ({"response_mode": "fragment"}, {}),
        ({"response_mode": "query"}, {}),
        ({"vtr": '["Cl.Cm.P0"]'}, {}),
        ({"vtr": '["Cl"]'}, {}),
        ({"vtr": '["Cl.Cm.P2"]'}, IDENTITY),
        ({"claims": ADDRESS}, {"claims": ["https://vocab.account.gov.uk/v1/address"]}),
        ({"scope": "openid phone"}, {"scopes": ["openid", "email", "phone"]}),
        pytest.param(
            {"prompt": "consent create login"},
            {},
            marks=pytest.mark.row("2.parameter.prompt", "2.prompt.values"),
        ),
        ({"claims": ESSENTIAL}, {}),
        ({"claims": ESSENTIAL.replace("true", "false")}, {"profile": "openid"}),
        ({"claims": ESSENTIAL.replace("urn:other", "Cl")}, {"profile": "openid"}),
        ({"claims": '{"userinfo": {"email": null, "unknown": null}}'}, {"profile": "openid"}),
        pytest.param({"prompt": "none"}, {}, marks=pytest.mark.row("2.prompt.values")),
    ],
)
def test_what_a_client_may_ask_for_passes(
    parameters: dict[str, str | None], registration: dict[str, Any]
) -> None:
    check_request(a_request(**parameters), a_client(**registration))


def test_an_identity_is_not_proved_for_a_client_while_it_cannot_be() -> None:
    client = replace(a_client(**IDENTITY), identity_available=False)
    refusal = refusal_of({"vtr": '["Cl.Cm.P2"]'}, client)
    assert refusal.check == "an_identity_can_be_proved"
    assert (refusal.error, refusal.description) == ("temporarily_unavailable", UNAVAILABLE)
    assert refusal.redirect
    check_request(a_request(vtr='["Cl.Cm.P0"]'), client)


@pytest.mark.row("2.parameter.nonce", "6.field.permit_missing_nonce")
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("authorize.ACCESS_DENIED", "access_denied"),
        ("authorize.TEMPORARILY_UNAVAILABLE", "temporarily_unavailable"),
    ],
)
def test_an_error_that_was_asked_for_comes_after_every_other(fault: str, error: str) -> None:
    faulty = dataclasses.replace(a_client(), faults=frozenset({fault, "id_token.INVALID_ISS"}))
    refusal = refusal_of({}, faulty)
    assert (refusal.check, refusal.error) == ("no_refusal_is_wanted", error)
    assert refusal_of({"vtr": "x"}, faulty).error == "invalid_request"


def test_identity_keeps_the_nonce_required() -> None:
    client = a_client(permit_missing_nonce=True, **IDENTITY)
    assert refusal_of({"nonce": None}, client).check == "a_nonce_is_sent_where_required"


def test_a_doubled_parameter_is_refused_where_it_may_be_told() -> None:
    for name, redirect in (("client_id", False), ("redirect_uri", False), ("scope", True)):
        with pytest.raises(Refused) as caught:
            check_request(parse_authorization(PARAMETERS, {name}), a_client())
        assert caught.value.error == "invalid_request"
        assert caught.value.redirect is redirect
        assert caught.value.detail == f"{name} was sent more than once"


@pytest.mark.row("2.query.19a", "2.query.19b", "6.field.is_active", "6.field.is_deprecated")
def test_a_client_switched_off_hears_nothing_about_its_request() -> None:
    wrong = {"state": None, "response_type": "token", "vtr": "nonsense", "max_age": "-9"}
    assert refusal_of(wrong, a_client(active=False)).description == "client deactivated"
    assert refusal_of(wrong, a_client(deprecated=True)).description == "client deprecated"


@pytest.mark.row("2.query.20")
def test_a_client_over_its_rate_hears_that_after_and_before_everything_else() -> None:
    over = replace(a_client(), over_rate=True)
    wrong = {"state": None, "response_type": "token", "vtr": "nonsense", "max_age": "-9"}
    refusal = refusal_of(wrong, over)
    assert refusal.check == "the_client_keeps_to_its_rate"
    assert (refusal.error, refusal.description) == ("temporarily_unavailable", UNAVAILABLE)
    assert refusal.redirect
    for off in (a_client(active=False), a_client(deprecated=True)):
        switched_off = replace(off, over_rate=True)
        assert refusal_of({}, switched_off).error == "unauthorized_client"
    assert not refusal_of({"redirect_uri": REDIRECT + "/"}, over).redirect
    assert refusal_of({"prompt": "x"}, over).check == "the_request_could_be_read"
    check_request(a_request(), a_client())


# Each breaks one rule and none before it, in the order of the tuples.
ONE_AFTER_THE_OTHER: tuple[tuple[str, dict[str, str | None]], ...] = (
    ("the_client_and_the_address_are_named", {"client_id": None}),
    ("the_address_is_registered", {"redirect_uri": REDIRECT + "/"}),
    ("the_response_mode_is_offered", {"response_mode": "x"}),
    ("the_request_could_be_read", {"prompt": "x"}),
    ("a_state_is_sent_where_required", {"state": None}),
    ("no_request_address_is_sent", {"request_uri": "x"}),
    ("no_registration_is_sent", {"registration": "{}"}),
    ("the_response_type_is_code", {"response_type": "x"}),
    ("the_scopes_are_registered", {"scope": "openid x"}),
    ("the_claims_are_registered", {"claims": ADDRESS}),
    ("a_nonce_is_sent_where_required", {"nonce": None}),
    ("a_code_challenge_is_sent_where_required", {"code_challenge": None}),
    ("the_vectors_of_trust_are_valid", {"vtr": "x"}),
    ("the_max_age_is_not_negative", {"max_age": "-2"}),
    ("the_channel_is_known", {"channel": "x"}),
    ("no_choice_of_account_is_asked", {"prompt": "select_account"}),
)


@pytest.mark.parametrize("first", range(len(ONE_AFTER_THE_OTHER)))
def test_the_first_broken_rule_is_the_one_told(first: int) -> None:
    broken: dict[str, str | None] = {}
    for _, parameters in reversed(ONE_AFTER_THE_OTHER[first:]):
        broken |= parameters
    assert refusal_of(broken, a_client()).check == ONE_AFTER_THE_OTHER[first][0]


def test_rules_are_asked_once_each_and_the_order_is_the_contracts() -> None:
    order = [rule.__name__ for rule in BEFORE_TRUSTING_THE_REDIRECT]
    order += [rule.__name__ for rule in AFTER_TRUSTING_THE_REDIRECT]
    assert len(set(order)) == len(order)
    listed = [name for name, _ in ONE_AFTER_THE_OTHER]
    assert sorted(listed, key=order.index) == listed
