import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.client_policy import ClientPolicy
from idp.protocol.id_token_hints import HintFault, VerifiedHint
from idp.protocol.logout import (
    LogoutDecision,
    LogoutStep,
    decide_logout,
    parse_logout,
)
from tests.protocol.examples import a_client

REGISTERED = "https://tax.example/signed-out"
WITH_QUERY = "https://tax.example/signed-out?from=us"
CLIENT = a_client(post_logout_redirect_uris=[REGISTERED, WITH_QUERY])
HINT = VerifiedHint("tax-account", "subject", "session")
NOT_REGISTERED = "client registry does not contain post_logout_redirect_uri"


def decide(
    parameters: dict[str, str],
    hint: VerifiedHint | HintFault | None = HINT,
    client: ClientPolicy | None = CLIENT,
    session_subject: str | None = "subject",
) -> LogoutDecision:
    return decide_logout(parse_logout(parameters), hint, client, session_subject)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"state": "s"},
        {"post_logout_redirect_uri": REGISTERED},
        {"post_logout_redirect_uri": REGISTERED, "client_id": "tax-account"},
    ],
)
def test_without_a_hint_the_person_is_asked_and_nobody_is_redirected_to(
    parameters: dict[str, str],
) -> None:
    assert decide(parameters, None, None) == LogoutDecision(LogoutStep.CONFIRM)


@pytest.mark.parametrize(
    ("parameters", "hint", "client", "error_code", "sentence"),
    [
        ({}, HintFault.SIGNATURE, None, "invalid_request", "unable to validate id_token_hint"),
        ({}, HintFault.UNREADABLE, None, "invalid_request", "invalid id_token_hint"),
        ({}, HINT, None, "unauthorized_client", "client not found"),
        ({"client_id": "library"}, HINT, CLIENT, "invalid_request", "invalid id_token_hint"),
    ],
)
def test_a_bad_hint_is_told_and_the_person_is_asked(
    parameters: dict[str, str],
    hint: VerifiedHint | HintFault,
    client: ClientPolicy | None,
    error_code: str,
    sentence: str,
) -> None:
    parameters |= {"post_logout_redirect_uri": REGISTERED}
    assert decide(parameters, hint, client) == LogoutDecision(
        LogoutStep.CONFIRM, None, error_code, sentence
    )


@pytest.mark.parametrize(
    ("parameters", "redirect_to", "error_code", "sentence"),
    [
        ({}, None, None, ""),
        ({"client_id": "tax-account"}, None, None, ""),
        ({"post_logout_redirect_uri": REGISTERED}, REGISTERED, None, ""),
        ({"post_logout_redirect_uri": REGISTERED, "state": "a b"}, f"{REGISTERED}?state=a+b",
         None, ""),
        ({"post_logout_redirect_uri": WITH_QUERY, "state": "s"}, f"{WITH_QUERY}&state=s",
         None, ""),
        ({"post_logout_redirect_uri": REGISTERED + "/"}, None, "invalid_request", NOT_REGISTERED),
        ({"post_logout_redirect_uri": REGISTERED + "?x=1"}, None, "invalid_request",
         NOT_REGISTERED),
        ({"post_logout_redirect_uri": "javascript:alert(1)"}, None, "invalid_request",
         "invalid post logout redirect URI"),
        ({"post_logout_redirect_uri": "https://["}, None, "invalid_request",
         "invalid post logout redirect URI"),
    ],
)  # fmt: skip
def test_a_good_hint_ends_the_session(
    parameters: dict[str, str], redirect_to: str | None, error_code: str | None, sentence: str
) -> None:
    expected = LogoutDecision(LogoutStep.END, redirect_to, error_code, sentence)
    assert decide(parameters) == expected
    assert decide(parameters, session_subject=None) == expected


def test_a_hint_about_somebody_else_ends_nothing_without_asking() -> None:
    decision = decide({"post_logout_redirect_uri": REGISTERED}, session_subject="another")
    assert decision == LogoutDecision(LogoutStep.CONFIRM, REGISTERED)


def test_a_doubled_parameter_counts_as_absent() -> None:
    parameters = {"id_token_hint": "a", "state": "s", "ui_locales": "cy en", "client_id": ""}
    request = parse_logout(parameters, {"state"})
    assert (request.id_token_hint, request.state, request.client_id) == ("a", None, None)
    assert request.ui_locales == ("cy", "en")


@given(st.text(), st.one_of(st.none(), st.text()), st.sampled_from([HINT, None, *HintFault]))
def test_only_a_registered_address_is_redirected_to(
    address: str, state: str | None, hint: VerifiedHint | HintFault | None
) -> None:
    request = parse_logout({"post_logout_redirect_uri": address, "state": state or ""})
    decision = decide_logout(request, hint, CLIENT, "subject")
    assert decision.redirect_to is None or address in CLIENT.post_logout_redirect_uris
