"""Introspection and revocation: of one's own tokens alone, and dead at the next use."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from werkzeug.test import TestResponse

from idp.domain.client_keys import FETCH_INTERVAL
from tests.endpoints.key_server import KeyServer, jwk
from tests.endpoints.provider import Browser, Provider, refusal
from tests.support.relying_party import RelyingParty, basic, ec_key

INTROSPECT, REVOKE = "/introspect", "/revoke"
BOTH = pytest.mark.parametrize("path", [INTROSPECT, REVOKE])
METHODS = ["private_key_jwt", "client_secret_post", "client_secret_basic"]
NO_METHOD = "Invalid token authentication method used"
NOTHING = {INTROSPECT: b'{"active":false}', REVOKE: b"{}"}


def a_party(provider: Provider, method: str = "private_key_jwt", **about: Any) -> RelyingParty:
    return provider.party(method=method, more={"profile": "openid"}, **about)


def token_of(provider: Provider, party: RelyingParty, browser: Browser | None = None) -> str:
    return str(provider.tokens(party, browser)[1]["access_token"])


def is_nothing(answer: TestResponse, path: str) -> bool:
    """Whether this says what is said of every token that is not live or not one's own."""
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    return bool(answer.data == NOTHING[path])


@pytest.mark.parametrize("method", METHODS)
def test_a_live_token_is_described_to_its_client(provider: Provider, method: str) -> None:
    party, browser = a_party(provider, method), provider.signed_in()
    token = token_of(provider, party, browser)
    answer = provider.ask_about(party, token)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert answer.get_json() == {
        "active": True,
        "token_type": "Bearer",
        "scope": "openid email",
        "client_id": party.client_id,
        "sub": provider.userinfo(token).get_json()["sub"],
        "iss": provider.issuer,
        "aud": f"{provider.issuer}userinfo",
        "iat": provider.now,
        "exp": provider.now + 180,
        "jti": claims["jti"],
    }
    assert "token_introspected" in provider.facts(client_id=party.client_id)


@pytest.mark.parametrize("method", METHODS)
def test_a_revoked_grant_is_dead_at_its_next_use(provider: Provider, method: str) -> None:
    """INTRO-03, REVOKE-02."""
    party, browser = a_party(provider, method), provider.signed_in()
    token, other = (token_of(provider, party, browser) for _ in range(2))
    assert provider.userinfo(token).status_code == 200
    assert is_nothing(provider.ask_about(party, token, REVOKE), REVOKE)
    assert provider.userinfo(token).status_code == 401
    assert is_nothing(provider.ask_about(party, token), INTROSPECT)
    assert provider.userinfo(other).status_code == 200, "another grant lives on"
    assert provider.facts(client_id=party.client_id).count("token_revoked") == 1
    # A second time there is nothing to revoke, and nothing more to record.
    assert is_nothing(provider.ask_about(party, token, REVOKE), REVOKE)
    assert provider.facts(client_id=party.client_id).count("token_revoked") == 1


Spoil = Callable[[str, dict[str, Any]], str]


def b64(data: bytes) -> str:
    import base64

    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


SPOILT: dict[str, Spoil] = {
    "nonsense": lambda token, tokens: "nonsense",
    "two points": lambda token, tokens: "a.b.c",
    "other letters": lambda token, tokens: "ŵ" + token,
    "a changed signature": lambda token, tokens: token[:-6] + "AAAAAA",
    "no signature": lambda token, tokens: token.rsplit(".", 1)[0] + ".",
    "something behind it": lambda token, tokens: token + "A",
    "an ID token": lambda token, tokens: str(tokens["id_token"]),
    "unsigned": lambda token, tokens: ".".join(
        [b64(json.dumps({"alg": "none", "typ": "at+jwt"}).encode()), token.split(".")[1], ""]
    ),
    "signed by somebody": lambda token, tokens: jwt.encode(
        jwt.decode(token, options={"verify_signature": False}),
        ec_key("a stranger"),
        algorithm="ES256",
        headers=jwt.get_unverified_header(token),
    ),
    "very long": lambda token, tokens: token + "A" * 5000,
}


@BOTH
@pytest.mark.parametrize("name", SPOILT)
def test_what_is_no_token_of_ours_is_nothing(provider: Provider, path: str, name: str) -> None:
    """INTRO-02, REVOKE-03, JWT-01, JWT-05, JWT-06."""
    party = a_party(provider)
    tokens = provider.tokens(party)[1]
    spoilt = SPOILT[name](tokens["access_token"], tokens)
    assert is_nothing(provider.ask_about(party, spoilt, path), path)
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    assert provider.ask_about(party, tokens["access_token"]).get_json()["active"] is True


@BOTH
def test_anothers_token_is_nothing_and_stays_alive(provider: Provider, path: str) -> None:
    """INTRO-01, REVOKE-01."""
    owner, stranger = a_party(provider), a_party(provider)
    token = token_of(provider, owner)
    answer = provider.ask_about(stranger, token, path)
    unknown = provider.ask_about(stranger, "nonsense", path)
    assert is_nothing(answer, path)
    assert (answer.status_code, answer.data, list(answer.headers.keys())) == (
        unknown.status_code, unknown.data, list(unknown.headers.keys()))  # fmt: skip
    assert provider.userinfo(token).status_code == 200
    assert provider.ask_about(owner, token).get_json()["active"] is True
    assert "foreign_token_presented" in provider.facts(client_id=stranger.client_id)


def test_a_code_or_a_session_is_no_token(provider: Provider) -> None:
    """TOKEN-07: kinds of secrets do not stand in for each other."""
    party, browser = a_party(provider), provider.signed_in()
    asked, code = browser.code(party)
    assert is_nothing(provider.ask_about(party, code), INTROSPECT)
    assert is_nothing(provider.ask_about(party, code, REVOKE), REVOKE)
    assert provider.redeem(party, asked, code).status_code == 200


def expired(provider: Provider, party: RelyingParty, browser: Browser) -> None:
    provider.clock.move(180)


def signed_out(provider: Provider, party: RelyingParty, browser: Browser) -> None:
    with provider.records() as session:
        session.merge(browser.session()).ended_at = provider.now


def suspended(provider: Provider, party: RelyingParty, browser: Browser) -> None:
    assert browser.citizen is not None
    provider.set_account_state(browser.citizen, "suspended")


@pytest.mark.parametrize("end", [expired, signed_out, suspended])
def test_a_token_that_userinfo_refuses_is_not_active(
    provider: Provider, end: Callable[[Provider, RelyingParty, Browser], None]
) -> None:
    """INTRO-03."""
    party, browser = a_party(provider), provider.signed_in()
    token = token_of(provider, party, browser)
    assert provider.ask_about(party, token).get_json()["active"] is True
    end(provider, party, browser)
    assert provider.userinfo(token).status_code == 401
    assert is_nothing(provider.ask_about(party, token), INTROSPECT)
    assert is_nothing(provider.ask_about(party, token, REVOKE), REVOKE)
    assert "token_revoked" not in provider.facts(client_id=party.client_id)


def test_a_scope_that_was_taken_away_is_not_told(provider: Provider) -> None:
    party = a_party(provider)
    token = token_of(provider, party)
    party.more["scopes"] = ["openid"]
    provider.register(party)
    assert provider.ask_about(party, token).get_json()["scope"] == "openid"


@BOTH
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
def test_a_hint_is_a_hint(provider: Provider, path: str, hint: str) -> None:
    party = a_party(provider)
    token = token_of(provider, party)
    answer = provider.ask_about(party, token, path, token_type_hint=hint)
    assert answer.status_code == 200
    assert provider.userinfo(token).status_code == (200 if path == INTROSPECT else 401)


@BOTH
@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"token": None}, "invalid_request", "Request is missing token parameter"),
        ({"token": ""}, "invalid_request", "Request is missing token parameter"),
        ({"token": "a\x00b"}, "invalid_request", "Invalid request"),
        ({"client_assertion": None}, "invalid_request", NO_METHOD),
        ({"client_assertion": None, "client_assertion_type": None}, "invalid_request", NO_METHOD),
        ({"client_id": "x", "client_secret": "y"}, "invalid_request", NO_METHOD),
        ({"client_assertion": "a.b.c"}, "invalid_request", "Invalid private_key_jwt"),
        ({"client_id": "somebody"}, "invalid_request", "Invalid private_key_jwt"),
    ],
)
def test_a_refusal_of_one_with_a_key(
    provider: Provider, path: str, changes: dict[str, str | None], error: str, words: str
) -> None:
    """INTRO-01, CLIENT-02, CLIENT-04."""
    party = a_party(provider)
    token = token_of(provider, party)
    answer = provider.ask_about(party, token, path, **changes)
    assert refusal(answer) == (400, error, words)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "WWW-Authenticate" not in answer.headers
    assert provider.userinfo(token).status_code == 200
    assert provider.ask_about(party, token, path).status_code == 200


@BOTH
def test_a_wrong_secret(provider: Provider, path: str) -> None:
    party = a_party(provider, "client_secret_post")
    token = token_of(provider, party)
    answer = provider.ask_about(party, token, path, client_secret="wrong")
    assert refusal(answer) == (400, "invalid_client", "Invalid client secret")
    unknown = provider.ask_about(party, token, path, client_id="nobody")
    assert refusal(unknown) == (400, "invalid_client", "Client authentication failed")
    header = basic(party.client_id, str(party.secret))
    tried = Browser(provider).post(path, {"token": token}, **header)
    assert refusal(tried) == (
        401, "invalid_client", "Client is not registered to use client_secret_basic")  # fmt: skip
    assert tried.headers["WWW-Authenticate"] == 'Basic realm="onepass"'
    assert provider.userinfo(token).status_code == 200
    assert provider.ask_about(party, token, path).status_code == 200


@BOTH
def test_basic_is_answered_there(provider: Provider, path: str) -> None:
    party = a_party(provider, "client_secret_basic")
    token = token_of(provider, party)
    wrong = basic(party.client_id, "wrong")
    answer = Browser(provider).post(path, {"token": token}, **wrong)
    assert refusal(answer) == (401, "invalid_client", "Invalid client secret")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="onepass"'
    assert provider.userinfo(token).status_code == 200
    assert provider.ask_about(party, token, path).status_code == 200


@BOTH
@pytest.mark.parametrize("method", ["private_key_jwt", "client_secret_post"])
def test_a_one_login_client_has_no_such_endpoint(
    provider: Provider, path: str, method: str
) -> None:
    party = provider.party(method=method)
    token = token_of(provider, party)
    answer = provider.ask_about(party, token, path)
    assert refusal(answer) == (
        400, "unauthorized_client",
        "Client is not registered to introspect or revoke tokens")  # fmt: skip
    assert provider.userinfo(token).status_code == 200
    party.more["profile"] = "openid"
    provider.register(party)
    assert provider.ask_about(party, token, path).status_code == 200


@BOTH
def test_a_client_that_was_switched_off(provider: Provider, path: str) -> None:
    party = a_party(provider)
    token = token_of(provider, party)
    party.more["active"] = False
    provider.register(party)
    answer = provider.ask_about(party, token, path)
    assert refusal(answer) == (400, "unauthorized_client", "client deactivated")
    party.more["active"] = True
    provider.register(party)
    assert provider.ask_about(party, token).get_json()["active"] is True


class TestAssertions:
    @BOTH
    def test_one_is_good_once_wherever_it_is_brought(self, provider: Provider, path: str) -> None:
        """CLIENT-07."""
        party, browser = a_party(provider), provider.signed_in()
        token = token_of(provider, party, browser)
        once = party.assertion(provider.now)
        assert provider.ask_about(party, token, client_assertion=once).get_json()["active"] is True
        again = provider.ask_about(party, token, path, client_assertion=once)
        assert refusal(again) == (
            400, "invalid_client", "private_key_jwt has been used before")  # fmt: skip
        assert provider.userinfo(token).status_code == 200
        asked, code = browser.code(party)
        replayed = provider.redeem(party, asked, code, client_assertion=once)
        assert refusal(replayed) == (
            400, "invalid_client", "private_key_jwt has been used before")  # fmt: skip
        assert provider.facts(client_id=party.client_id).count("client_assertion_replayed") == 2
        assert provider.redeem(party, asked, code).status_code == 200

    @BOTH
    def test_one_that_was_used_at_token_is_used(self, provider: Provider, path: str) -> None:
        party = a_party(provider)
        asked, code = provider.signed_in().code(party)
        once = party.assertion(provider.now)
        token = provider.redeem(party, asked, code, client_assertion=once).get_json()[
            "access_token"
        ]
        answer = provider.ask_about(party, token, path, client_assertion=once)
        assert answer.get_json()["error"] == "invalid_client"
        assert provider.userinfo(token).status_code == 200

    @BOTH
    def test_one_is_for_us_or_for_this_endpoint(self, provider: Provider, path: str) -> None:
        """CLIENT-08."""
        party, browser = a_party(provider), provider.signed_in()
        token, here = token_of(provider, party, browser), f"{provider.origin}{path}"
        other = f"{provider.origin}{REVOKE if path == INTROSPECT else INTROSPECT}"
        for aud in (
            other,
            f"{provider.issuer}userinfo",
            "https://elsewhere.example/",
            [here, other],
        ):
            answer = provider.ask_about(
                party, token, path, client_assertion=party.assertion(provider.now, aud=aud)
            )
            assert refusal(answer) == (
                400, "invalid_client", "Invalid signature in private_key_jwt")  # fmt: skip
        for aud in (here, provider.issuer, f"{provider.issuer}token", [here, provider.issuer]):
            answer = provider.ask_about(
                party, token, path, client_assertion=party.assertion(provider.now, aud=aud)
            )
            assert answer.status_code == 200, aud
        asked, code = browser.code(party)
        for_here = party.assertion(provider.now, aud=here)
        refused = provider.redeem(party, asked, code, client_assertion=for_here)
        assert refused.get_json()["error"] == "invalid_client"
        assert provider.redeem(party, asked, code).status_code == 200

    @BOTH
    def test_one_needs_a_name_of_its_own(self, provider: Provider, path: str) -> None:
        party = a_party(provider)
        token = token_of(provider, party)
        without = party.assertion(provider.now, jti=None)
        answer = provider.ask_about(party, token, path, client_assertion=without)
        assert refusal(answer) == (400, "invalid_request", "Invalid private_key_jwt")
        assert provider.ask_about(party, token, path).status_code == 200

    @BOTH
    def test_a_key_set_that_cannot_be_fetched(
        self, provider: Provider, key_server: KeyServer, path: str
    ) -> None:
        party = a_party(provider)
        token = token_of(provider, party)
        party.kid = "one"
        party.more |= {"public_key": None, "public_key_source": "JWKS", "jwks_uri": key_server.url}
        provider.register(party)
        key_server.status = 500
        words = "Failed to fetch or parse JWKS to verify signature of private_key_jwt"
        answer = provider.ask_about(party, token, path)
        assert refusal(answer) == (400, "server_error", words)
        assert provider.userinfo(token).status_code == 200
        provider.clock.move(FETCH_INTERVAL)
        key_server.publish([jwk(party.key, "one")])
        assert provider.ask_about(party, token, path).status_code == 200


@BOTH
@pytest.mark.parametrize("name", ["token", "client_assertion", "extra"])
def test_a_parameter_sent_twice(provider: Provider, path: str, name: str) -> None:
    party = a_party(provider)
    token = token_of(provider, party)
    form = {"token": token, "extra": "1"} | party.proof(provider.now)
    answer = Browser(provider).post(path, urlencode([*form.items(), (name, form[name])]))
    assert refusal(answer) == (400, "invalid_request", "Invalid request")
    assert Browser(provider).post(path, form).status_code == 200


@BOTH
def test_the_query_counts_for_nothing(provider: Provider, path: str) -> None:
    party = a_party(provider)
    token = token_of(provider, party)
    proof = party.proof(provider.now)
    answer = Browser(provider).post(f"{path}?{urlencode({'token': token})}", proof)
    assert refusal(answer) == (400, "invalid_request", "Request is missing token parameter")
    answer = Browser(provider).post(f"{path}?token=x", proof | {"token": token})
    assert answer.status_code == 200
    assert provider.userinfo(token).status_code == (200 if path == INTROSPECT else 401)


@BOTH
@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=b"])
def test_another_content_type_is_an_empty_form(
    provider: Provider, path: str, content_type: str
) -> None:
    party = a_party(provider)
    token = token_of(provider, party)
    form = {"token": token} | party.proof(provider.now)
    answer = Browser(provider).post(path, json.dumps(form), content_type=content_type)
    assert refusal(answer) == (400, "invalid_request", "Request is missing token parameter")
    assert Browser(provider).post(path, form).status_code == 200


@BOTH
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_post(provider: Provider, path: str, method: str) -> None:
    answer = provider.browser().get(f"{path}?token=x", method=method)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["Allow"].split(",")} == {"POST", "OPTIONS"}


@BOTH
def test_no_cookie_is_read_or_set(provider: Provider, path: str) -> None:
    party, browser = a_party(provider), provider.signed_in()
    token = token_of(provider, party, browser)
    answer = browser.post(path, {"token": token} | party.proof(provider.now))
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert browser.post(path, {"token": token}).status_code == 400
