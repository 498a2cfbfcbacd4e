"""What Authlib leaves open and we close: for each, one test that fails when our override goes.

The override is taken away inside the test first, so that the gap itself is seen.
"""

import hmac
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import jwt
import pytest
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from werkzeug.test import TestResponse

from idp.oauth_server import client_auth
from idp.oauth_server.errors import ContractError
from idp.oauth_server.requests import TokenOAuth2Request
from idp.oauth_server.server import Server
from idp.protocol.parameters import parse_token_request
from tests.endpoints.provider import Provider, refusal
from tests.support.relying_party import ASSERTION_TYPE


def test_gap_single_use_is_not_atomic(provider: Provider) -> None:
    """Authlib saves tokens, then deletes the code; ours claims the code first."""
    party, browser = provider.party(), provider.signed_in()
    asked, code = browser.code(party)
    barrier = Barrier(4)

    def redeem(form: dict[str, str]) -> TestResponse:
        machine = provider.browser()
        barrier.wait(20)
        return machine.post("/token", form)

    forms = [party.token_form(asked, code, provider.now) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(redeem, forms))
    assert statuses == [200, 400, 400, 400]


def test_gap_a_missing_grant_type_is_called_unsupported(
    on_sqlite: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"code": "x"}
    with monkeypatch.context() as patch:
        patch.setattr(Server, "get_token_grant", AuthorizationServer.get_token_grant)
        assert on_sqlite.token(form).get_json()["error"] == "unsupported_grant_type"
    assert refusal(on_sqlite.token(form)) == (
        400, "invalid_request", "Request is missing grant_type parameter")  # fmt: skip


def test_gap_only_one_kind_of_error_is_caught_where_the_grant_is_picked(
    on_sqlite: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Server, "create_token_response", AuthorizationServer.create_token_response)
        assert on_sqlite.token({}).status_code == 500
    assert on_sqlite.token({}).status_code == 400


def test_gap_errors_carry_more_than_the_contract_has() -> None:
    """Authlib adds `state` and `error_uri`."""
    theirs = OAuth2Error("words", error="invalid_request", state="s", uri="https://docs.example/")
    ours = ContractError("invalid_request", "words")
    ours.state, ours.uri = "s", "https://docs.example/"
    assert {name for name, _ in theirs.get_body()} > {"error", "error_description"}
    assert dict(ours.get_body()) == {"error": "invalid_request", "error_description": "words"}


def test_gap_plain_http_is_refused_whatever_the_settings_say(on_sqlite: Provider) -> None:
    """Authlib raises InsecureTransportError for an http address, also behind TLS of a proxy."""
    with pytest.raises(OAuth2Error, match="insecure_transport"):
        OAuth2Request("POST", "http://id.example/token")
    asked = TokenOAuth2Request(parse_token_request({}), {}, method="POST", request_id="r", now=0)
    assert asked.form == {}


def test_gap_two_methods_at_once_are_accepted(
    on_sqlite: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Authlib asks one method after the other and takes the first that succeeds."""
    party = on_sqlite.party()
    asked, code = on_sqlite.signed_in().code(party)
    form = party.token_form(asked, code, on_sqlite.now)
    both = form | {"client_id": party.client_id, "client_secret": "anything"}
    with monkeypatch.context() as patch:
        patch.setattr("idp.oauth_server.server.check_token_request", lambda _request: None)
        # Even then the method itself will not share the request with another.
        assert on_sqlite.token(both).status_code == 400
    assert refusal(on_sqlite.token(both)) == (
        400, "invalid_request", "Invalid token authentication method used")  # fmt: skip
    assert on_sqlite.token(form).status_code == 200


def test_gap_an_assertion_may_expire_in_ten_years(
    on_sqlite: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = on_sqlite.party()
    asked, code = on_sqlite.signed_in().code(party)
    far = party.assertion(on_sqlite.now, exp=on_sqlite.now + 10 * 365 * 86_400)
    answer = on_sqlite.redeem(party, asked, code, client_assertion=far)
    assert refusal(answer) == (400, "invalid_request", "Invalid private_key_jwt")
    monkeypatch.setattr(client_auth, "FURTHEST_EXPIRY", 11 * 365 * 86_400)
    again = party.assertion(on_sqlite.now, exp=on_sqlite.now + 10 * 365 * 86_400)
    assert on_sqlite.redeem(party, asked, code, client_assertion=again).status_code == 200


def test_gap_ps256_and_others_are_not_recommended(on_sqlite: Provider) -> None:
    """Authlib's class verifies with the library's recommended algorithms only."""
    for alg in ("PS256", "RS512"):
        asked, tokens = on_sqlite.tokens(on_sqlite.party(alg=alg))
        assert tokens["id_token"], asked


def test_gap_the_jti_store_is_ours(provider: Provider) -> None:
    """Authlib asks us to look a `jti` up and then to keep it: two requests can both win."""
    party, browser = provider.party(), provider.signed_in()
    codes = [browser.code(party) for _ in range(3)]
    assertion = party.assertion(provider.now)
    barrier = Barrier(3)

    def redeem(number: int) -> TestResponse:
        asked, code = codes[number]
        form = party.token_form(asked, code, provider.now, client_assertion=assertion)
        machine = provider.browser()
        barrier.wait(20)
        return machine.post("/token", form)

    with ThreadPoolExecutor(3) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(redeem, range(3)))
    assert statuses == [200, 400, 400]


def test_gap_query_and_body_are_merged_and_the_first_of_two_counts(on_sqlite: Provider) -> None:
    party = on_sqlite.party(method="client_secret_post")
    asked, code = on_sqlite.signed_in().code(party)
    form = party.token_form(asked, code, on_sqlite.now)
    grant_type = form.pop("grant_type")
    answer = on_sqlite.browser().post(f"/token?grant_type={grant_type}", form)
    assert answer.get_json()["error_description"] == "Request is missing grant_type parameter"
    doubled = f"grant_type={grant_type}&grant_type=password"
    assert refusal(on_sqlite.token(doubled)) == (400, "invalid_request", "Invalid request")


def test_gap_a_wrong_secret_of_other_letters_breaks_the_comparison(on_sqlite: Provider) -> None:
    """`OAuth2ClientMixin.check_client_secret` raises TypeError for it; ours compares hashes."""
    party = on_sqlite.party(method="client_secret_post")
    asked, code = on_sqlite.signed_in().code(party)
    answer = on_sqlite.redeem(party, asked, code, client_secret="ŵŷ")
    assert refusal(answer) == (400, "invalid_client", "Invalid client secret")


def test_gap_iss_is_missing_on_errors(on_sqlite: Provider) -> None:
    """`rfc9207.IssuerParameter` works on successes only."""
    party = on_sqlite.party()
    for changes in ({"prompt": "none"}, {"scope": "openid x"}, {"response_type": "token"}):
        asked = party.ask(**changes)
        answer = on_sqlite.browser().authorize(party, asked)
        assert "error" in party.answer(asked, answer.headers["Location"])


@pytest.mark.parametrize("parameter", ["nonce", "prompt", "claims", "vtr", "max_age"])
def test_gap_doubles_are_refused_for_a_few_names_only(on_sqlite: Provider, parameter: str) -> None:
    party, browser = on_sqlite.party(), on_sqlite.signed_in()
    url = f"{party.url(party.ask(**{parameter: '1'}))}&{parameter}=1"
    assert "error=invalid_request" in browser.get(url).headers["Location"]


GAPS_AT_AUTHORIZE: dict[str, tuple[dict[str, str | None], str]] = {
    "max_age in words passes": ({"max_age": "abc"}, "invalid_request"),
    "broken claims pass": ({"claims": "{"}, "invalid_request"),
    "unknown scopes are dropped in silence": ({"scope": "openid x"}, "invalid_scope"),
    "plain is allowed": ({"code_challenge_method": "plain"}, "invalid_request"),
    "no challenge is asked of confidential clients": (
        {"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    "state is optional": ({"state": None}, "invalid_request"),
}  # fmt: skip


@pytest.mark.parametrize("gap", GAPS_AT_AUTHORIZE)
def test_gap_at_the_authorization_endpoint(on_sqlite: Provider, gap: str) -> None:
    changes, error = GAPS_AT_AUTHORIZE[gap]
    party, browser = on_sqlite.party(), on_sqlite.signed_in()
    location = browser.authorize(party, party.ask(**changes)).headers["Location"]
    assert f"error={error}" in location
    assert browser.code(party)


def test_gap_any_response_mode_is_a_redirect(on_sqlite: Provider) -> None:
    party = on_sqlite.party()
    answer = on_sqlite.signed_in().authorize(party, party.ask(response_mode="bogus"))
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_gap_the_first_registered_address_is_taken_when_none_is_sent(on_sqlite: Provider) -> None:
    party = on_sqlite.party()
    answer = on_sqlite.signed_in().authorize(party, party.ask(redirect_uri=None))
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_gap_a_code_is_born_expired_for_who_signed_in_long_ago(provider: Provider) -> None:
    """Authlib's mixin counts a code's life from `auth_time`."""
    party, browser = provider.party(), provider.signed_in()
    provider.clock.move(3000)
    assert provider.tokens(party, browser)


def test_gap_a_random_key_of_a_set_signs_and_none_is_named(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    kids = {
        jwt.get_unverified_header(provider.tokens(party, browser)[1]["id_token"])["kid"]
        for _ in range(5)
    }
    assert len(kids) == 1
    assert kids < {key["kid"] for key in provider.jwks()["keys"]}


def test_gap_aud_is_a_list(provider: Provider) -> None:
    _, tokens = provider.tokens(provider.party())
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert isinstance(claims["aud"], str)


def test_gap_signals_are_not_implemented(on_sqlite: Provider) -> None:
    with pytest.raises(NotImplementedError):
        AuthorizationServer().send_signal("after_authenticate_client")
    on_sqlite.wiring.server.send_signal("after_authenticate_client")


def test_gap_nothing_of_authlibs_own_methods_is_offered(on_sqlite: Provider) -> None:
    """`none` and `client_secret_basic` are known to Authlib's server from the start."""
    party = on_sqlite.party(method="client_secret_post")
    asked, code = on_sqlite.signed_in().code(party)
    form = party.token_form(asked, code, on_sqlite.now)
    form.pop("client_secret")
    assert on_sqlite.token(form).get_json()["error"] == "invalid_request"
    assert on_sqlite.token(form | {"client_assertion_type": ASSERTION_TYPE}).status_code == 400


def test_the_secret_is_compared_in_constant_time(
    on_sqlite: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[str, str]] = []
    real = hmac.compare_digest

    def watched(one: str, other: str) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    party = on_sqlite.party(method="client_secret_post")
    asked, code = on_sqlite.signed_in().code(party)
    on_sqlite.redeem(party, asked, code, client_secret="wrong")
    assert [(len(one), len(other)) for one, other in compared] == [(64, 64)]
