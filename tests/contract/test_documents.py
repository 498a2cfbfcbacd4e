"""Section 1: the public documents field by field, and the headers of every kind of reply."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.contract import walking
from tests.endpoints.provider import Provider
from tests.support.identity import ALL_CLAIMS
from tests.support.rows import with_rows

ASSERTIONS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256"]
CLAIMS = [
    *("sub", "email", "email_verified", "phone_number", "phone_number_verified"),
    *ALL_CLAIMS,
]

FIELDS: dict[str, Callable[[str], object]] = {
    "issuer": lambda base: f"{base}/",
    "authorization_endpoint": lambda base: f"{base}/authorize",
    "token_endpoint": lambda base: f"{base}/token",
    "userinfo_endpoint": lambda base: f"{base}/userinfo",
    "end_session_endpoint": lambda base: f"{base}/logout",
    "jwks_uri": lambda base: f"{base}/.well-known/jwks.json",
    "trustmarks": lambda base: f"{base}/trustmark",
    "scopes_supported": lambda _: ["openid", "email", "phone"],
    "response_types_supported": lambda _: ["code"],
    "grant_types_supported": lambda _: ["authorization_code"],
    "code_challenge_methods_supported": lambda _: ["S256"],
    "token_endpoint_auth_signing_alg_values_supported": lambda _: ASSERTIONS,
    "id_token_signing_alg_values_supported": lambda _: ["ES256", "RS256"],
    "subject_types_supported": lambda _: ["public", "pairwise"],
    "claim_types_supported": lambda _: ["normal"],
    "claims_supported": lambda _: CLAIMS,
    "request_uri_parameter_supported": lambda _: False,
    "ui_locales_supported": lambda _: ["en", "cy"],
    "service_documentation": lambda base: f"{base}/service-teams",
    "op_policy_uri": lambda base: f"{base}/privacy",
    "op_tos_uri": lambda base: f"{base}/terms",
    "backchannel_logout_supported": lambda _: True,
    "backchannel_logout_session_supported": lambda _: True,
}


@pytest.fixture
def discovery(on_sqlite: Provider) -> dict[str, Any]:
    """The discovery document."""
    path = "/.well-known/openid-configuration"
    document: dict[str, Any] = on_sqlite.browser().get(path).get_json()
    return document


@pytest.mark.parametrize(
    "field", with_rows(FIELDS, {field: f"1.discovery.{field}" for field in FIELDS})
)
def test_a_field_of_discovery(on_sqlite: Provider, discovery: dict[str, Any], field: str) -> None:
    assert discovery[field] == FIELDS[field](on_sqlite.origin)


READ_BY_PEOPLE = {
    "service_documentation": "Connect a service to Onepass",
    "op_policy_uri": "Privacy notice",
    "op_tos_uri": "Terms of use",
}


@pytest.mark.parametrize(
    "field", with_rows(READ_BY_PEOPLE, {field: f"1.discovery.{field}" for field in READ_BY_PEOPLE})
)
def test_an_address_for_people_shows_its_page(
    on_sqlite: Provider, discovery: dict[str, Any], field: str
) -> None:
    person = walking.somebody(on_sqlite)
    person.open(discovery[field])
    assert (person.status, person.heading) == (200, READ_BY_PEOPLE[field])


ABSENT = {
    "userinfo_signing": "1.discovery.no_userinfo_signing",
    "prompt_values_supported": "1.discovery.no_prompt_values",
    "check_session_iframe": "1.discovery.no_check_session",
}


@pytest.mark.parametrize("name", with_rows(ABSENT, ABSENT))
def test_a_field_that_is_not_there(discovery: dict[str, Any], name: str) -> None:
    assert not [field for field in discovery if field.startswith(name)]


class TestKeys:
    @pytest.fixture
    def keys(self, on_sqlite: Provider) -> dict[str, dict[str, str]]:
        keys = on_sqlite.jwks()["keys"]
        return {key["kty"]: key for key in keys}

    @pytest.mark.row("1.jwks.ec")
    def test_an_elliptic_key(self, keys: dict[str, dict[str, str]]) -> None:
        key = keys["EC"]
        assert set(key) == {"kty", "use", "crv", "kid", "x", "y", "alg"}
        assert (key["use"], key["crv"], key["alg"]) == ("sig", "P-256", "ES256")

    @pytest.mark.row("1.jwks.rsa")
    def test_a_key_of_rsa(self, keys: dict[str, dict[str, str]]) -> None:
        key = keys["RSA"]
        assert set(key) == {"kty", "use", "kid", "e", "n", "alg"}
        assert (key["use"], key["alg"]) == ("sig", "RS256")

    @pytest.mark.row("1.jwks.kid")
    def test_their_names(self, on_sqlite: Provider) -> None:
        kids = [key["kid"] for key in on_sqlite.jwks()["keys"]]
        assert kids
        assert all(re.fullmatch(r"[0-9a-f]{64}", kid) for kid in kids)


def single_sign_on(provider: Provider) -> TestResponse:
    party = provider.party()
    return provider.signed_in().authorize(party, party.ask())


def redemption(provider: Provider) -> TestResponse:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    return provider.redeem(party, asked, code)


def claims(provider: Provider) -> TestResponse:
    _, tokens = provider.tokens(provider.party())
    return provider.userinfo(tokens["access_token"])


def first_page(provider: Provider) -> TestResponse:
    party, browser = provider.party(), provider.browser()
    start = browser.authorize(party, party.ask()).headers["Location"]
    return browser.get(start, Accept="text/html")


REPLIES: dict[str, Callable[[Provider], TestResponse]] = {
    "a redirect with a code": single_sign_on,
    "tokens": redemption,
    "claims": claims,
    "a page": first_page,
    "a refusal at /token": lambda provider: provider.token({}),
    "a refusal at /userinfo": lambda provider: provider.browser().get("/userinfo"),
    "a refusal on a page": lambda provider: provider.browser().get("/authorize"),
    "an address without a page": lambda provider: provider.browser().get("/nowhere"),
    "a signed-out page": lambda provider: provider.browser().get("/signed-out"),
}
AT_TOKEN = {"tokens", "a refusal at /token"}


@pytest.mark.parametrize("name", REPLIES)
class TestHeaders:
    @pytest.mark.row("1.header.cache_control")
    def test_nothing_is_kept(self, on_sqlite: Provider, name: str) -> None:
        assert REPLIES[name](on_sqlite).headers["Cache-Control"] == "no-store"

    @pytest.mark.row("1.header.pragma")
    def test_pragma_is_for_token(self, on_sqlite: Provider, name: str) -> None:
        pragma = REPLIES[name](on_sqlite).headers.get("Pragma")
        assert pragma == ("no-cache" if name in AT_TOKEN else None)

    @pytest.mark.row("1.header.nosniff")
    def test_types_are_not_guessed(self, on_sqlite: Provider, name: str) -> None:
        assert REPLIES[name](on_sqlite).headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.row("1.header.frame_options", "1.header.frame_ancestors")
    def test_nobody_frames_it(self, on_sqlite: Provider, name: str) -> None:
        headers = REPLIES[name](on_sqlite).headers
        assert headers["X-Frame-Options"] == "DENY"
        policy = headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)

    @pytest.mark.row("1.header.hsts")
    def test_https_is_for_two_years(
        self, on_sqlite: Provider, on_https: Provider, name: str
    ) -> None:
        reply = REPLIES[name](on_https)
        assert reply.headers["Strict-Transport-Security"] == "max-age=63072000"
        assert "Strict-Transport-Security" not in REPLIES[name](on_sqlite).headers

    @pytest.mark.row("1.header.xss_protection")
    def test_no_filter_is_turned_off(self, on_sqlite: Provider, name: str) -> None:
        assert "X-XSS-Protection" not in REPLIES[name](on_sqlite).headers


@pytest.mark.row("1.query.user_agent")
def test_whoever_does_not_say_what_they_are_is_answered(on_sqlite: Provider) -> None:
    party = on_sqlite.party()
    asked, code = on_sqlite.signed_in().code(party)
    machine = on_sqlite.browser()
    form = party.token_form(asked, code, on_sqlite.now)
    tokens = machine.post("/token", form, **{"User-Agent": ""})
    assert tokens.status_code == 200
    bearer = {"Authorization": f"Bearer {tokens.get_json()['access_token']}", "User-Agent": ""}
    assert machine.get("/userinfo", **bearer).status_code == 200
