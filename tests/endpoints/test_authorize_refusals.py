"""`/authorize`: every refusal in the contract's order and words, on a page or at the service."""

import itertools
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.endpoints.provider import Browser, Provider
from tests.support.pages import problems_of
from tests.support.relying_party import RelyingParty
from tests.support.rows import with_rows

MISSING = "Request is missing parameters"
INVALID = "Invalid request"
NO_CHALLENGE_METHOD = (
    "Request is missing code_challenge_method parameter. "
    "code_challenge_method is required when code_challenge is present."
)


@pytest.fixture(scope="session")
def provider(on_sqlite: Provider) -> Provider:
    """A refusal is decided before the database has a say."""
    return on_sqlite


def page_of(answer: TestResponse) -> str:
    """The words of a refusal that stays here, as a program reads them."""
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert answer.mimetype == "text/plain"
    return answer.text


def sent_back(party: RelyingParty, answer: TestResponse) -> list[tuple[str, str]]:
    """What the service is told, in order, at its own address."""
    assert answer.status_code in (302, 303), answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    address, _, query = answer.headers["Location"].partition("?")
    assert address == party.redirect_uri
    return parse_qsl(query, keep_blank_values=True, strict_parsing=True)


PAGES: dict[str, tuple[dict[str, str | None], str]] = {
    "no client_id": ({"client_id": None}, MISSING),
    "an empty client_id": ({"client_id": ""}, MISSING),
    "no redirect_uri": ({"redirect_uri": None}, MISSING),
    "an unreadable redirect_uri": ({"redirect_uri": "https://a b/"}, MISSING),
    "a client nobody knows": ({"client_id": "nobody"}, INVALID),
    "a client_id with a NUL": ({"client_id": "a\x00b"}, MISSING),
    "a client_id longer than any": ({"client_id": "x" * 1000}, INVALID),
    "a foreign redirect_uri": ({"redirect_uri": "https://evil.example/callback"}, INVALID),
    "form_post": ({"response_mode": "form_post"}, INVALID),
    "web_message": ({"response_mode": "web_message"}, INVALID),
    "query.jwt": ({"response_mode": "query.jwt"}, INVALID),
    # None of these may send anybody anywhere: the client is checked before anything else.
    "a bad scope of a stranger": ({"client_id": "nobody", "scope": "bad"}, INVALID),
    "a bad type of a stranger": ({"client_id": "nobody", "response_type": "token"}, INVALID),
    "a bad prompt for a foreign address": (
        {"redirect_uri": "https://evil.example/", "prompt": "bad"}, INVALID),
}  # fmt: skip


PAGES_ROWS = {
    "no client_id": "2.query.2",
    "an empty client_id": "2.query.2",
    "no redirect_uri": "2.query.2 2.parameter.redirect_uri",
    "an unreadable redirect_uri": "2.query.2",
    "a client nobody knows": "2.query.5 2.parameter.client_id",
    "a foreign redirect_uri": "2.query.7",
    "web_message": "2.query.8",
    "query.jwt": "2.query.8",
    "a bad scope of a stranger": "2.query.3",
    "a bad prompt for a foreign address": "2.query.3",
}


@pytest.mark.parametrize("name", with_rows(PAGES, PAGES_ROWS))
def test_a_refusal_that_stays_here(provider: Provider, name: str) -> None:
    changes, sentence = PAGES[name]
    party, browser = provider.party(), provider.signed_in()
    answer = browser.authorize(party, party.ask(**changes))
    assert page_of(answer) == sentence
    shown = browser.authorize(party, party.ask(**changes), Accept="text/html")
    assert (shown.status_code, shown.mimetype) == (400, "text/html")
    assert sentence in shown.text
    assert "Location" not in shown.headers
    posted = browser.post("/authorize", party.ask(**changes).parameters)
    assert page_of(posted) == sentence
    assert browser.code(party)


def test_a_person_gets_the_same_sentence_on_a_page(provider: Provider) -> None:
    party, browser = provider.party(), provider.browser()
    asked = party.ask(client_id="nobody", state="<script>alert(1)</script>")
    answer = browser.authorize(party, asked, Accept="text/html")
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert INVALID in answer.text
    assert "<script>alert" not in answer.text
    assert not problems_of(answer.text, dict(answer.headers), provider.issuer)


@pytest.mark.row("2.query.1")
def test_no_query_at_all(provider: Provider) -> None:
    assert page_of(provider.browser().get("/authorize")) == MISSING
    shown = provider.browser().get("/authorize", Accept="text/html")
    assert (shown.status_code, shown.mimetype) == (400, "text/html")
    assert MISSING in shown.text


def required(**more: Any) -> dict[str, Any]:
    return {"more": more}


# registration, parameters, error, description
BACK: dict[str, tuple[dict[str, Any], dict[str, str | None], str, str]] = {
    "no scope": ({}, {"scope": None}, "invalid_request", INVALID),
    "no openid in scope": ({}, {"scope": "email"}, "invalid_request", INVALID),
    "no response_type": ({}, {"response_type": None}, "invalid_request", INVALID),
    "an unknown prompt": ({}, {"prompt": "maybe"}, "invalid_request", INVALID),
    "none with another prompt": ({}, {"prompt": "none login"}, "invalid_request", INVALID),
    "max_age in words": ({}, {"max_age": "soon"}, "invalid_request", INVALID),
    "max_age beyond all numbers": ({}, {"max_age": "9" * 30}, "invalid_request", INVALID),
    "claims that are not JSON": ({}, {"claims": "{"}, "invalid_request", INVALID),
    "claims that are deep": ({}, {"claims": "[" * 900}, "invalid_request", INVALID),
    "claims that are a list": ({}, {"claims": "[]"}, "invalid_request", INVALID),
    "claims told twice": (
        {}, {"claims": '{"userinfo":{},"userinfo":{}}'}, "invalid_request", INVALID),
    "request and request_uri": (
        {}, {"request": "a.b.c", "request_uri": "https://a.example/"}, "invalid_request", INVALID),
    "a NUL in the nonce": ({}, {"nonce": "a\x00b"}, "invalid_request", INVALID),
    "a line break in the state": ({}, {"state": "a\nb"}, "invalid_request", INVALID),
    "a client that must sign its requests": (
        required(jar_validation_required=True), {}, "access_denied",
        "JAR required for client but request does not contain Request Object"),
    "a client switched off": (
        required(active=False), {}, "unauthorized_client", "client deactivated"),
    "a client that is deprecated": (
        required(deprecated=True), {}, "unauthorized_client", "client deprecated"),
    "no state": (
        {}, {"state": None}, "invalid_request", "Request is missing state parameter"),
    "request_uri": (
        {}, {"request_uri": "https://a.example/"}, "request_uri_not_supported",
        "Request URI parameter not supported"),
    "token": (
        {}, {"response_type": "token"}, "unsupported_response_type", "Unsupported response type"),
    "id_token": (
        {}, {"response_type": "id_token"}, "unsupported_response_type",
        "Unsupported response type"),
    "code id_token": (
        {}, {"response_type": "code id_token"}, "unsupported_response_type",
        "Unsupported response type"),
    "an unknown scope": (
        {}, {"scope": "openid admin"}, "invalid_scope",
        "Invalid, unknown or malformed scope"),
    "a scope that is not registered": (
        {}, {"scope": "openid phone"}, "invalid_scope", "Invalid, unknown or malformed scope"),
    "offline_access": (
        {}, {"scope": "openid offline_access"}, "invalid_scope",
        "Invalid, unknown or malformed scope"),
    "a claim that is not registered": (
        {}, {"claims": '{"userinfo":{"https://vocab.account.gov.uk/v1/passport":null}}'},
        "invalid_request", "Request contains invalid claims"),
    "no nonce": (
        {}, {"nonce": None}, "invalid_request", "Request is missing nonce parameter"),
    "no challenge": (
        {}, {"code_challenge": None}, "invalid_request",
        "Request is missing code_challenge parameter, but PKCE is enforced."),
    "an empty challenge": (
        {}, {"code_challenge": ""}, "invalid_request",
        "Invalid value for code_challenge parameter."),
    "a challenge of spaces": (
        {}, {"code_challenge": "  "}, "invalid_request",
        "Invalid value for code_challenge parameter."),
    "no challenge method": (
        {}, {"code_challenge_method": None}, "invalid_request",
        NO_CHALLENGE_METHOD),
    "plain": (
        {}, {"code_challenge_method": "plain"}, "invalid_request",
        "Invalid value for code_challenge_method parameter."),
    "s256 in small letters": (
        {}, {"code_challenge_method": "s256"}, "invalid_request",
        "Invalid value for code_challenge_method parameter."),
    "a challenge that no verifier has": (
        {}, {"code_challenge": "x" * 42}, "invalid_request",
        "Invalid value for code_challenge parameter."),
    "vtr that is not JSON": ({}, {"vtr": "Cl.Cm"}, "invalid_request", "Request vtr not valid"),
    "vtr Cm": ({}, {"vtr": '["Cm"]'}, "invalid_request", "Request vtr not valid"),
    "vtr P2": ({}, {"vtr": '["P2"]'}, "invalid_request", "Request vtr not valid"),
    "vtr Cl.P2": ({}, {"vtr": '["Cl.P2"]'}, "invalid_request", "Request vtr not valid"),
    "vtr P4": ({}, {"vtr": '["Cl.Cm.P4"]'}, "invalid_request", "Request vtr not valid"),
    "vtr mixed": (
        {}, {"vtr": '["Cl.Cm","Cl.Cm.P2"]'}, "invalid_request", "Request vtr not valid"),
    "vtr not permitted": (
        {}, {"vtr": '["Cl.Cm.P2"]'}, "invalid_request", "Request vtr is not permitted"),
    "a negative max_age": (
        {}, {"max_age": "-2"}, "invalid_request", "Max age is negative in query params"),
    "an unknown channel": (
        {}, {"channel": "strategic_app"}, "invalid_request",
        "Invalid value for channel parameter."),
    "select_account": (
        {}, {"prompt": "select_account"}, "unmet_authentication_requirements",
        "Unmet authentication requirements"),
}  # fmt: skip


BACK_ROWS = {
    "no scope": "2.query.4 2.parameter.scope",
    "no openid in scope": "2.query.4 2.parameter.scope",
    "no response_type": "2.query.4 2.parameter.response_type",
    "an unknown prompt": "2.query.4 2.parameter.prompt 2.prompt.values",
    "none with another prompt": "2.query.4 2.prompt.values",
    "max_age in words": "2.query.4",
    "claims that are not JSON": "2.query.4 2.parameter.claims",
    "request and request_uri": "2.query.4",
    "a client that must sign its requests": "2.query.6 6.field.jar_validation_required",
    "a client switched off": "2.query.19a 6.field.is_active",
    "a client that is deprecated": "2.query.19b 6.field.is_deprecated",
    "no state": "2.query.9 2.parameter.state",
    "request_uri": "2.query.10 2.parameter.request_uri",
    "token": "2.query.11 2.parameter.response_type",
    "id_token": "2.query.11",
    "code id_token": "2.query.11",
    "an unknown scope": "2.query.12 2.parameter.scope",
    "a scope that is not registered": "2.query.12",
    "offline_access": "2.scope.public 3.response.refresh_token",
    "a claim that is not registered": "2.query.13 2.claim.registered",
    "no nonce": "2.query.14 2.parameter.nonce",
    "no challenge": "2.query.15a 2.parameter.code_challenge 6.field.pkce_enforced",
    "an empty challenge": "2.query.15b",
    "a challenge of spaces": "2.query.15b",
    "no challenge method": "2.query.15c",
    "plain": "2.query.15d",
    "s256 in small letters": "2.query.15d",
    "vtr that is not JSON": "2.vtr.no_array 2.vtr_answer.not_valid",
    "vtr Cm": "2.vtr.credential 2.vtr_answer.not_valid",
    "vtr P2": "2.vtr.credential 2.vtr_answer.not_valid",
    "vtr Cl.P2": "2.vtr.confidence 2.vtr_answer.not_valid",
    "vtr P4": "2.vtr.confidence 2.vtr_answer.not_valid",
    "vtr mixed": "2.vtr.mixed 2.vtr_answer.not_valid",
    "vtr not permitted": "2.vtr.identity 2.vtr_answer.not_permitted",
    "a negative max_age": "2.query.17 2.parameter.max_age",
    "an unknown channel": "2.query.18 2.parameter.channel",
    "select_account": "2.query.21 2.prompt.select_account",
}


@pytest.mark.parametrize("name", with_rows(BACK, BACK_ROWS))
def test_a_refusal_at_the_service(provider: Provider, name: str) -> None:
    registration, changes, error, description = BACK[name]
    party, browser = provider.party(**registration), provider.signed_in()
    asked = party.ask(**changes)
    expected = [("error", error), ("error_description", description)]
    if "state" in asked.parameters:
        expected.append(("state", asked.parameters["state"]))
    expected.append(("iss", provider.issuer))
    answer = browser.authorize(party, asked)
    assert answer.status_code == 302
    assert sent_back(party, answer) == expected
    assert "Set-Cookie" not in answer.headers
    # By POST the same, with the status that does not send the form on.
    posted = browser.post("/authorize", asked.parameters)
    assert posted.status_code == 303
    assert sent_back(party, posted) == expected
    # And the same request without its fault is answered with a code.
    assert browser.code(provider.party())


ORDER = ["an unknown prompt", "a client switched off", "no state", "request_uri", "token",
         "an unknown scope", "a claim that is not registered", "no nonce", "no challenge",
         "vtr Cm", "a negative max_age", "an unknown channel", "select_account"]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [*itertools.pairwise(ORDER)])
@pytest.mark.row("2.query.order", "2.query.16")
def test_of_two_faults_the_first_in_the_contracts_order_is_told(
    provider: Provider, first: str, second: str
) -> None:
    registration = BACK[first][0] or BACK[second][0]
    party = provider.party(**registration)
    both = BACK[second][1] | BACK[first][1]
    told = dict(sent_back(party, provider.browser().authorize(party, party.ask(**both))))
    assert (told["error"], told["error_description"]) == BACK[first][2:]


@pytest.mark.parametrize("mode", ["fragment", "query"])
@pytest.mark.row("2.query.mode")
def test_the_answer_goes_where_the_mode_says(provider: Provider, mode: str) -> None:
    party, browser = provider.party(), provider.signed_in()
    for changes, key in (({}, "code"), ({"nonce": None}, "error")):
        asked = party.ask(response_mode=mode, **changes)
        parts = urlsplit(browser.authorize(party, asked).headers["Location"])
        told, silent = (parts.fragment, parts.query)[:: 1 if mode == "fragment" else -1]
        values = dict(parse_qsl(told, strict_parsing=True))
        assert silent == ""
        assert key in values
        assert (values["state"], values["iss"]) == (asked.state, provider.issuer)


DOUBLED_HERE = ["client_id", "redirect_uri"]
DOUBLED_BACK = ["response_type", "scope", "state", "nonce", "vtr", "prompt", "claims", "max_age",
                "ui_locales", "code_challenge", "code_challenge_method", "response_mode", "extra",
                "request"]  # fmt: skip


def doubled(party: RelyingParty, name: str) -> str:
    parameters = party.ask().parameters
    value = parameters.get(name, "query" if name == "response_mode" else "1")
    return urlencode([*parameters.items(), *([(name, value)] * (2 - (name in parameters)))])


@pytest.mark.parametrize("name", DOUBLED_HERE)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.row("1.query.repeated")
def test_a_doubled_client_or_address_stays_here(provider: Provider, name: str, method: str) -> None:
    party, browser = provider.party(), provider.signed_in()
    query = doubled(party, name)
    answer = (
        browser.get(f"/authorize?{query}") if method == "GET" else browser.post("/authorize", query)
    )
    assert page_of(answer) == MISSING


@pytest.mark.parametrize("name", DOUBLED_BACK)
@pytest.mark.row("1.query.repeated")
def test_a_doubled_parameter_goes_back(provider: Provider, name: str) -> None:
    party, browser = provider.party(), provider.signed_in()
    answer = browser.get(f"/authorize?{doubled(party, name)}")
    told = dict(sent_back(party, answer))
    assert (told["error"], told["error_description"]) == ("invalid_request", INVALID)
    assert ("state" in told) == (name != "state"), "a doubled state is nobody's"


def test_query_and_body_do_not_mix(provider: Provider) -> None:
    """AUTHZ-10: a parameter in the address of a POST counts for nothing."""
    party, browser = provider.party(), provider.signed_in()
    asked = party.ask()
    kept = {name: value for name, value in asked.parameters.items() if name != "client_id"}
    answer = browser.post(f"/authorize?client_id={party.client_id}", kept)
    assert page_of(answer) == MISSING
    assert browser.post("/authorize?prompt=none&prompt=x", asked.parameters).status_code == 303


NEAR: dict[str, Callable[[str], str]] = {
    "a slash more": lambda uri: uri + "/",
    "a path more": lambda uri: uri + "/x",
    "up and down": lambda uri: uri.replace("/callback", "/a/../callback"),
    "up and down, encoded": lambda uri: uri.replace("/callback", "/a/%2e%2e/callback"),
    "dots and a semicolon": lambda uri: uri.replace("/callback", "/..;/callback"),
    "an encoded letter": lambda uri: uri.replace("callback", "%63allback"),
    "a capital letter": lambda uri: uri.replace("callback", "Callback"),
    "a capital in the host": lambda uri: uri.replace("example", "Example"),
    "a capital in the scheme": lambda uri: uri.replace("https", "HTTPS"),
    "http": lambda uri: uri.replace("https", "http"),
    "the port that is meant": lambda uri: uri.replace(".example", ".example:443"),
    "another port": lambda uri: uri.replace(".example", ".example:8443"),
    "a query": lambda uri: uri + "?a=b",
    "an empty query": lambda uri: uri + "?",
    "a fragment": lambda uri: uri + "#a",
    "an empty fragment": lambda uri: uri + "#",
    "a name before the host": lambda uri: uri.replace("https://", "https://evil@"),
    "the host as a name": lambda uri: uri.replace("/callback", "@evil.example/callback"),
    "a host that begins like it": lambda uri: uri.replace(".example", ".example.evil.test"),
    "a host that ends like it": lambda uri: uri.replace("https://", "https://evil-"),
    "a backslash": lambda uri: uri.replace("https://", "https:\\\\"),
    "a backslash for a name": lambda uri: uri.replace("/callback", "\\@evil.example/callback"),
    "a tab": lambda uri: uri.replace("/callback", "\t/callback"),
    "a line break": lambda uri: uri + "\r\nSet-Cookie: a=b",
    "a space before": lambda uri: " " + uri,
    "a space after": lambda uri: uri + " ",
    "a NUL": lambda uri: uri + "\x00",
    "letters that look alike": lambda uri: uri.replace("example", "exаmple"),
    "a full-width dot": lambda uri: uri.replace(".example", "．example"),
    "javascript": lambda _uri: "javascript:alert(1)",
    "data": lambda _uri: "data:text/html,hello",
    "no scheme": lambda uri: uri.removeprefix("https:"),
    "only a path": lambda _uri: "/callback",
}


@pytest.mark.parametrize("name", NEAR)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.row("2.parameter.redirect_uri")
def test_an_address_that_is_nearly_right(provider: Provider, name: str, method: str) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked = party.ask(redirect_uri=NEAR[name](party.redirect_uri))
    answer = (
        browser.authorize(party, asked)
        if method == "GET"
        else browser.post("/authorize", asked.parameters)
    )
    assert page_of(answer) in (MISSING, INVALID)
    assert "code_issued" not in provider.facts(client_id=party.client_id)


@pytest.fixture
def gate(provider: Provider) -> tuple[Browser, RelyingParty]:
    """A service at the door, and a browser in which somebody is signed in."""
    return provider.signed_in(), provider.party()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_spelling_but_the_registered_one_is_redirected_to(
    gate: tuple[Browser, RelyingParty], data: st.DataObject
) -> None:
    browser, party = gate
    uri = party.redirect_uri
    cut = data.draw(st.integers(0, len(uri)))
    end = data.draw(st.integers(cut, min(len(uri), cut + 3)))
    middle = data.draw(
        st.text(st.sampled_from("/\\@:.?#%;&=+*- \t\r\n\x00aZ0ŵ。／＠"), max_size=4)
        | st.sampled_from(
            ["%2e", "%2f", "..", "//", "/./", "%00", "@evil.example", ".evil.example"]
        )
    )
    changed = uri[:cut] + middle + uri[end:]
    asked = party.ask(redirect_uri=changed)
    answer = browser.authorize(party, asked)
    if changed == uri:
        assert answer.status_code == 302
    else:
        assert answer.status_code == 400, changed
        assert "Location" not in answer.headers


STATES = [
    "a", "a" * 1000, "a b+c", "a%20b", "%", "%2", "&=?#", "a;b", "ŵŷ", "日本", "\"'<>", "a\\b", "+",
    " a ", "a%00b", "🏠", '{"a":[1]}', "https://a.example/?b=c#d", "iss=evil&code=x",
]  # fmt: skip


@pytest.mark.parametrize("state", STATES)
@pytest.mark.row("2.parameter.state")
def test_the_state_comes_back_byte_for_byte(provider: Provider, state: str) -> None:
    """On success and on error, and nothing in it becomes a parameter of its own."""
    party, browser = provider.party(), provider.signed_in()
    for changes, names in (
        ({}, ["code", "state", "iss"]),
        ({"nonce": None}, ["error", "error_description", "state", "iss"]),
    ):
        told = sent_back(party, browser.authorize(party, party.ask(state=state, **changes)))
        assert [name for name, _ in told] == names
        assert dict(told)["state"] == state


@pytest.mark.parametrize("state", ["%FF", "%C3%28", "a%80b", "%ED%A0%80", "%c3"])
def test_bytes_that_are_no_text_are_not_sent_back_as_other_bytes(
    provider: Provider, state: str
) -> None:
    browser = provider.signed_in()
    query = urlencode(provider.party().ask(state=None).parameters)
    assert page_of(browser.get(f"/authorize?{query}&state={state}")) == INVALID
    assert page_of(browser.post("/authorize", f"{query}&state={state}")) == INVALID
    assert browser.get(f"/authorize?{query}&state=%C3%A9").status_code == 302


def test_a_service_need_not_send_state_and_nonce_where_its_profile_says_so(
    provider: Provider,
) -> None:
    party = provider.party(more={"profile": "openid"})
    asked = party.ask(state=None, nonce=None)
    told = sent_back(party, provider.signed_in().authorize(party, asked))
    assert [name for name, _ in told] == ["code", "iss"]


def test_a_registered_query_is_kept(provider: Provider) -> None:
    address = "https://kept.example/callback?tenant=one"
    party = provider.party(
        more={"redirect_uris": [address], "sector_identifier_uri": "https://kept.example"}
    )
    answer = provider.signed_in().authorize(party, party.ask(redirect_uri=address))
    assert answer.headers["Location"].startswith(f"{address}&code=")


def test_unescaped_json_is_read_as_it_is(provider: Provider) -> None:
    """Some services put their address together by hand (wire contract section 8)."""
    party, browser = provider.party(), provider.signed_in()
    query = urlencode(party.ask().parameters) + '&vtr=["Cl.Cm"]&claims={"userinfo":{}}'
    assert browser.get(f"/authorize?{query}").status_code == 302
