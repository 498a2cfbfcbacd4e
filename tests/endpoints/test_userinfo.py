"""`/userinfo`: what a live access token gives, and the one answer for everything else."""

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from werkzeug.test import TestResponse

from idp.protocol import id_token as tokens_of
from tests.endpoints.provider import Provider
from tests.support.relying_party import ec_key, verified
from tests.support.rows import with_rows

BAD = 'Bearer error="invalid_token", error_description="Invalid access token"'


def refused_with(answer: TestResponse) -> str:
    assert answer.status_code == 401
    assert answer.data == b""
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.row("1.endpoint.userinfo", "4.scope.email", "4.reply.json")
def test_the_claims_of_the_granted_scopes(provider: Provider, method: str) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked, tokens = provider.tokens(party, browser)
    answer = provider.userinfo(tokens["access_token"], method=method)
    assert answer.status_code == 200
    assert browser.citizen is not None
    identity = party.verify(tokens["id_token"], provider.jwks(), asked, provider.now)
    assert answer.get_json() == {
        "sub": identity["sub"],
        "email": browser.citizen.email,
        "email_verified": True,
    }
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.row("4.scope.openid")
def test_openid_alone_gives_the_subject_alone(provider: Provider) -> None:
    _, tokens = provider.tokens(provider.party(), scope="openid")
    assert set(provider.userinfo(tokens["access_token"]).get_json()) == {"sub"}


@pytest.mark.row("4.error.invalid_scope")
def test_a_scope_taken_from_the_client_takes_its_claims(provider: Provider) -> None:
    party = provider.party()
    _, tokens = provider.tokens(party)
    party.more["scopes"] = ["openid"]
    provider.register(party)
    assert set(provider.userinfo(tokens["access_token"]).get_json()) == {"sub"}


@pytest.mark.row("3.access_token.scope")
def test_a_scope_asked_for_many_times_is_granted_once(provider: Provider) -> None:
    party = provider.party()
    _, tokens = provider.tokens(party, scope=" ".join(["openid", "email"] * 100))
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["scope"] == "openid email"
    assert "email" in provider.userinfo(tokens["access_token"]).get_json()


HEADERS: dict[str, tuple[Callable[[str], str | None], str]] = {
    "no header": (lambda _token: None, "Bearer"),
    "an empty header": (lambda _token: "", "Bearer"),
    "the scheme alone": (lambda _token: "Bearer", "Bearer"),
    "the scheme and a space": (lambda _token: "Bearer ", "Bearer"),
    "basic": (lambda token: f"Basic {token}", BAD),
    "DPoP": (lambda token: f"DPoP {token}", BAD),
    "a token without a scheme": (lambda token: token, "Bearer"),
    "garbage": (lambda _token: "Bearer garbage", BAD),
    "three empty parts": (lambda _token: "Bearer ..", BAD),
    "five parts": (lambda _token: "Bearer a.b.c.d.e", BAD),
    "two tokens": (lambda token: f"Bearer {token},{token}", BAD),
    "twenty kilobytes less four": (lambda _token: "Bearer " + "a" * 12_000, BAD),
    "one letter more": (lambda token: f"Bearer {token}A", BAD),
    "one letter less": (lambda token: f"Bearer {token[:-1]}", BAD),
    "no signature": (lambda token: f"Bearer {token.rsplit('.', 1)[0]}.", BAD),
    "other letters": (lambda token: f"Bearer {token}\xe9", BAD),
}


HEADERS_ROWS = {
    "no header": "4.error.no_token",
    "an empty header": "4.error.no_token",
    "the scheme alone": "4.error.no_token",
    "basic": "4.error.other_scheme",
    "DPoP": "4.error.other_scheme",
    "garbage": "4.error.invalid_token",
    "one letter less": "4.error.invalid_token",
    "no signature": "4.error.invalid_token",
}


@pytest.mark.row("4.error.status")
@pytest.mark.parametrize("name", with_rows(HEADERS, HEADERS_ROWS))
def test_what_is_in_the_header(provider: Provider, name: str) -> None:
    make, challenge = HEADERS[name]
    _, tokens = provider.tokens(provider.party())
    header = make(tokens["access_token"])
    sent = {} if header is None else {"Authorization": header}
    assert refused_with(provider.browser().get("/userinfo", **sent)) == challenge
    assert provider.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_has_no_case(provider: Provider, scheme: str) -> None:
    _, tokens = provider.tokens(provider.party())
    sent = {"Authorization": f"{scheme} {tokens['access_token']}"}
    assert provider.browser().get("/userinfo", **sent).status_code == 200


def test_a_token_in_the_address_or_the_body_is_no_token(provider: Provider) -> None:
    """TOKEN-22: addresses end in logs; the body is not offered (RFC 6750 section 2)."""
    _, tokens = provider.tokens(provider.party())
    token = tokens["access_token"]
    browser = provider.browser()
    assert refused_with(browser.get(f"/userinfo?access_token={token}")) == "Bearer"
    assert refused_with(browser.post("/userinfo", {"access_token": token})) == "Bearer"


def test_other_tokens_of_ours_are_no_access_tokens(provider: Provider) -> None:
    """JWT-05: each kind of token has its own header, and only one is accepted here."""
    party = provider.party()
    _, tokens = provider.tokens(party)
    assert refused_with(provider.userinfo(tokens["id_token"])) == BAD
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    for typ in (tokens_of.LOGOUT_TOKEN_TYPE, "", "JWT", "AT+JWT", "application/at+jwt"):
        dressed = provider.services.keyring.sign(claims, alg="ES256", typ=typ)
        assert refused_with(provider.userinfo(dressed)) == BAD
    same = provider.services.keyring.sign(claims, alg="ES256", typ="at+jwt")
    assert provider.userinfo(same).status_code == 200


CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://elsewhere.example/"},
    "another audience": {"aud": "https://elsewhere.example/userinfo"},
    "a list of audiences": {"aud": ["http://id.onepass.localhost:8000/userinfo"]},
    "expired": {"exp": 1},
    "exp as text": {"exp": "later"},
    "another client": {"client_id": "nobody"},
    "no such grant": {"grant": "0" * 32},
}


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.row("4.error.invalid_token")
def test_even_a_token_that_we_signed_must_say_the_right_things(
    provider: Provider, name: str
) -> None:
    _, tokens = provider.tokens(provider.party())
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    forged = provider.services.keyring.sign(claims | CLAIMS[name], alg="ES256", typ="at+jwt")
    assert refused_with(provider.userinfo(forged)) == BAD


def test_another_clients_grant_is_not_told(provider: Provider) -> None:
    browser = provider.signed_in()
    _, mine = provider.tokens(provider.party(), browser)
    _, theirs = provider.tokens(provider.party(), browser)
    own, other = (
        jwt.decode(tokens["access_token"], options={"verify_signature": False})
        for tokens in (mine, theirs)
    )
    mixed = provider.services.keyring.sign(
        own | {"grant": other["grant"]}, alg="ES256", typ="at+jwt"
    )
    assert refused_with(provider.userinfo(mixed)) == BAD


def test_a_key_that_is_not_ours_signs_nothing(provider: Provider) -> None:
    _, tokens = provider.tokens(provider.party())
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    header = jwt.get_unverified_header(tokens["access_token"])
    forged = jwt.encode(claims, ec_key("a stranger"), algorithm="ES256", headers=header)
    assert refused_with(provider.userinfo(forged)) == BAD
    forged = jwt.encode(claims, "a" * 32, algorithm="HS256", headers=header | {"alg": "HS256"})
    assert refused_with(provider.userinfo(forged)) == BAD
    head = base64.urlsafe_b64encode(json.dumps(header | {"alg": "none"}).encode()).rstrip(b"=")
    payload = tokens["access_token"].split(".")[1]
    assert refused_with(provider.userinfo(f"{head.decode()}.{payload}.")) == BAD


@pytest.mark.row("4.error.invalid_token", "7.lifetime.access_token")
def test_an_access_token_lives_for_three_minutes(provider: Provider) -> None:
    _, tokens = provider.tokens(provider.party())
    provider.clock.move(179)
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    provider.clock.move(1)
    assert refused_with(provider.userinfo(tokens["access_token"])) == BAD


@pytest.mark.row("4.reply.again")
def test_a_token_is_good_for_many_questions(provider: Provider) -> None:
    _, tokens = provider.tokens(provider.party())
    answers = {provider.userinfo(tokens["access_token"]).data for _ in range(3)}
    assert len(answers) == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(provider: Provider, method: str) -> None:
    answer = provider.browser().get("/userinfo", method=method)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["Allow"].split(",")} >= {"GET", "POST"}


@pytest.mark.row("3.access_token.times", "3.access_token.claims")
def test_the_access_token_is_what_rfc_9068_says(provider: Provider) -> None:
    party = provider.party()
    _, tokens = provider.tokens(party)
    header = jwt.get_unverified_header(tokens["access_token"])
    assert set(header) == {"typ", "alg", "kid"}
    assert header["typ"] == "at+jwt"
    claims = verified(
        tokens["access_token"],
        provider.jwks(),
        audience=f"{provider.issuer}userinfo",
        algorithm="ES256",
    )
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= set(claims)
    assert claims["iss"] == provider.issuer
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 180
    assert claims["client_id"] == party.client_id
