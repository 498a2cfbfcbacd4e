import pytest

from idp.protocol.errors import TokenError
from idp.protocol.parameters import parse_token_request
from idp.protocol.token_checks import check_token_request
from tests.protocol.examples import REDIRECT, changed

FORM = {
    "grant_type": "authorization_code",
    "code": "a code",
    "redirect_uri": REDIRECT,
    "client_assertion": "an assertion",
    "client_assertion_type": "a type",
}
BY_SECRET = {
    "client_assertion": None,
    "client_assertion_type": None,
    "client_id": "tax-account",
    "client_secret": "a secret",
}
NO_METHOD = "Invalid token authentication method used"


@pytest.mark.parametrize("changes", [{}, {"client_id": "tax-account"}, BY_SECRET])
def test_a_good_request_passes(changes: dict[str, str | None]) -> None:
    check_token_request(parse_token_request(changed(FORM, changes)))


@pytest.mark.parametrize(
    ("changes", "rule", "error", "sentence"),
    [
        ({"code": "\x00"}, "the_request_could_be_read", "invalid_request", "Invalid request"),
        ({"grant_type": None, "code": None}, "a_grant_is_named",
         "invalid_request", "Request is missing grant_type parameter"),
        ({"grant_type": "password", "redirect_uri": None}, "the_grant_is_offered",
         "unsupported_grant_type", "Unsupported grant type"),
        ({"grant_type": "refresh_token"}, "the_grant_is_offered",
         "unsupported_grant_type", "Unsupported grant type"),
        ({"redirect_uri": None, "code": None}, "a_redirect_address_is_sent",
         "invalid_request", "Request is missing redirect_uri parameter"),
        ({"code": "", "client_assertion": None}, "a_code_is_sent",
         "invalid_request", "Request is missing code parameter"),
        ({"client_assertion": None}, "the_client_authenticates", "invalid_request", NO_METHOD),
        ({"client_assertion_type": None}, "the_client_authenticates",
         "invalid_request", NO_METHOD),
        (BY_SECRET | {"client_secret": None}, "the_client_authenticates",
         "invalid_request", NO_METHOD),
        (BY_SECRET | {"client_id": None}, "the_client_authenticates",
         "invalid_request", NO_METHOD),
        (FORM | {"client_id": "tax-account", "client_secret": "a secret"},
         "the_client_authenticates", "invalid_request", NO_METHOD),
    ],
)  # fmt: skip
def test_the_first_broken_rule_is_told(
    changes: dict[str, str | None], rule: str, error: str, sentence: str
) -> None:
    check_token_request(parse_token_request(FORM))
    with pytest.raises(TokenError) as caught:
        check_token_request(parse_token_request(changed(FORM, changes)))
    refusal = caught.value
    assert (refusal.check, refusal.error, refusal.description) == (rule, error, sentence)
    assert (refusal.status, refusal.redirect) == (400, False)
