"""Section 3: which of two faults is told, and what tokens are signed with; section 4: scopes."""

import jwt
import pytest

from tests.endpoints.provider import Provider, refusal
from tests.support.relying_party import verified

PARAMETERS_FIRST = {
    "no grant before no code": ({"grant_type": "", "code": ""}, "grant_type"),
    "no address before no code": ({"redirect_uri": "", "code": ""}, "redirect_uri"),
    "no code before a bad assertion": ({"code": "", "client_assertion": "x"}, "code"),
}


@pytest.mark.row("3.order.parameters")
@pytest.mark.parametrize("name", PARAMETERS_FIRST)
def test_a_missing_parameter_is_told_first(provider: Provider, name: str) -> None:
    changes, missing = PARAMETERS_FIRST[name]
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    answer = provider.token(party.token_form(asked, code, provider.now) | changes)
    expected = (400, "invalid_request", f"Request is missing {missing} parameter")
    assert refusal(answer) == expected
    assert provider.redeem(party, asked, code).status_code == 200


@pytest.mark.row("3.order.parameters")
def test_how_a_client_proves_itself_is_looked_at_before_whether_it_does(
    provider: Provider,
) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    answer = provider.redeem(
        party, asked, code, client_assertion_type=None, client_assertion="nonsense"
    )
    assert refusal(answer) == (
        400, "invalid_request", "Invalid token authentication method used")  # fmt: skip
    answer = provider.redeem(party, asked, "nonsense", client_assertion="nonsense")
    assert refusal(answer) == (400, "invalid_request", "Invalid private_key_jwt")
    assert provider.redeem(party, asked, code).status_code == 200


@pytest.mark.row("3.order.before_pkce")
def test_the_address_is_judged_before_the_verifier(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked, code = browser.code(party)
    both = {"redirect_uri": f"{party.origin}/other", "code_verifier": "v" * 43}
    assert refusal(provider.redeem(party, asked, code, **both)) == (
        400, "invalid_grant", "Invalid grant")  # fmt: skip
    asked, code = browser.code(party)
    assert refusal(provider.redeem(party, asked, code, code_verifier="v" * 43)) == (
        400, "invalid_grant", "PKCE code verification failed")  # fmt: skip


@pytest.mark.row("3.access_token.signed")
@pytest.mark.parametrize("alg", ["ES256", "RS256"])
def test_both_tokens_are_signed_alike(provider: Provider, alg: str) -> None:
    _, tokens = provider.tokens(provider.party(id_token_alg=alg))
    headers = [jwt.get_unverified_header(tokens[name]) for name in ("id_token", "access_token")]
    assert headers[0]["kid"] == headers[1]["kid"]
    assert verified(
        tokens["access_token"],
        provider.jwks(),
        audience=f"{provider.issuer}userinfo",
        algorithm=alg,
    )


@pytest.mark.row("4.scope.phone")
def test_nobody_here_gets_codes_by_text_message(provider: Provider) -> None:
    party = provider.party(more={"scopes": ["openid", "phone"]})
    _, tokens = provider.tokens(party, scope="openid phone")
    claims = provider.userinfo(tokens["access_token"]).get_json()
    assert set(claims) == {"sub", "phone_number_verified"}
    assert claims["phone_number_verified"] is False
