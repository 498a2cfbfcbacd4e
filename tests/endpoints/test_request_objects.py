"""Signed authorization requests (RFC 9101): every row of the contract, beside one that succeeds."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from werkzeug.test import TestResponse

from idp.domain import request_objects
from idp.protocol.parameters import parse_authorization
from idp.protocol.request_object import Signature
from tests.endpoints.key_server import KeyServer, jwk
from tests.endpoints.provider import Browser, Provider
from tests.support.relying_party import RelyingParty, Request, ec_key
from tests.support.rows import with_rows

PASSPORT = "https://vocab.account.gov.uk/v1/passport"
NO_CHALLENGE_METHOD = (
    "Request is missing code_challenge_method parameter. "
    "code_challenge_method is required when code_challenge is present."
)
DENIED = "Access denied by resource owner or authorization server"


def come(browser: Browser, party: RelyingParty, asked: Request) -> TestResponse:
    return browser.authorize(party, asked)


def refused(answer: TestResponse, party: RelyingParty) -> dict[str, str]:
    """What the service was told at its address."""
    assert answer.status_code == 302, answer.text
    location = urlsplit(answer.headers["Location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == party.redirect_uri
    return dict(parse_qsl(location.query, strict_parsing=True))


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def stays_here(answer: TestResponse, sentence: str, status: int = 400) -> None:
    assert answer.status_code == status
    assert "Location" not in answer.headers
    assert answer.text == sentence


@pytest.fixture
def party(provider: Provider) -> RelyingParty:
    """A service that signs its requests."""
    return provider.party(more={"jar_validation_required": True})


@pytest.mark.row("2.parameter.request", "1.discovery.request_parameter_supported")
def test_a_signed_request_is_answered_like_any_other(
    provider: Provider, party: RelyingParty
) -> None:
    asked = party.ask_signed(provider.now)
    answer = come(provider.signed_in(), party, asked)
    code = party.answer(asked, answer.headers["Location"])["code"]
    tokens = provider.redeem(party, asked, code)
    assert tokens.status_code == 200
    party.verify(tokens.get_json()["id_token"], provider.jwks(), asked, provider.now)


@pytest.mark.row("2.object.algorithms")
@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256"])
def test_every_algorithm_of_clients_serves(provider: Provider, alg: str) -> None:
    party = provider.party(alg=alg)
    asked = party.ask_signed(provider.now)
    answer = come(provider.signed_in(), party, asked)
    assert "code" in party.answer(asked, answer.headers["Location"])


def test_a_person_who_has_to_sign_in_comes_back_after_the_object_has_expired(
    provider: Provider, party: RelyingParty
) -> None:
    browser = provider.browser()
    asked = party.ask_signed(provider.now)
    page = come(browser, party, asked)
    assert page.status_code == 303
    provider.clock.move(600)
    journey = page.headers["Location"].rpartition("/")[0] + "/"
    browser.citizen = provider.citizen()
    browser.sign_in()
    answer = browser.get(journey)
    assert "code" in party.answer(asked, answer.headers["Location"])


def test_by_post_the_object_counts_too(provider: Provider, party: RelyingParty) -> None:
    asked = party.ask_signed(provider.now)
    browser = provider.signed_in()
    ticket = browser.post("/authorize", asked.parameters)
    assert ticket.status_code == 303
    answer = browser.get(ticket.headers["Location"])
    assert "code" in party.answer(asked, answer.headers["Location"])


@pytest.mark.row("2.object.only", "2.parameter_in_object.scope", "2.parameter_in_object.state")
def test_what_stands_outside_counts_for_nothing(provider: Provider, party: RelyingParty) -> None:
    """JAR-03: nobody on the way can change a signed request."""
    beside = {
        "state": "another",
        "nonce": "another",
        "redirect_uri": "https://evil.example/",
        "vtr": '["Cl"]',
        "code_challenge": "A" * 43,
        "prompt": "login",
        "max_age": "0",
        "scope": "openid email",
    }
    asked = party.ask_signed(provider.now, beside, scope="openid")
    answer = come(provider.signed_in(), party, asked)
    code = party.answer(asked, answer.headers["Location"])["code"]
    tokens = provider.redeem(party, asked, code).get_json()
    claims = party.verify(tokens["id_token"], provider.jwks(), asked, provider.now)
    assert claims["vot"] == "Cl.Cm"
    assert provider.userinfo(tokens["access_token"]).get_json().keys() == {"sub"}


@pytest.mark.row(
    "2.parameter_in_object.vtr", "2.parameter_in_object.claims", "2.parameter_in_object.max_age"
)
@pytest.mark.parametrize("written", ["as JSON", "as text"])
def test_json_may_be_written_as_json_or_as_text(provider: Provider, written: str) -> None:
    party = provider.party(more={"claims": [PASSPORT], "max_age_enabled": True})
    members: dict[str, Any] = {
        "vtr": ["Cl"],
        "claims": {"userinfo": {PASSPORT: None}},
        "max_age": 600,
    }
    if written == "as text":
        members = {name: json.dumps(value) for name, value in members.items()}
    asked = party.ask_signed(provider.now, **members)
    browser = provider.signed_in()
    answer = come(browser, party, asked)
    code = party.answer(asked, answer.headers["Location"])["code"]
    tokens = provider.redeem(party, asked, code).get_json()
    assert jwt.decode(tokens["id_token"], options={"verify_signature": False})["vot"] == "Cl"
    provider.clock.move(601)
    late = come(browser, party, party.ask_signed(provider.now, **members))
    assert "/password" in late.headers["Location"], "max_age was not seen"


@pytest.mark.row(
    "2.parameter_in_object.prompt",
    "2.parameter_in_object.response_mode",
    "2.parameter_in_object.code_challenge",
    "2.parameter_in_object.rp_sid",
    "2.parameter_in_object.analytics",
    "2.parameter_in_object.nonce",
    "2.object.error_mode",
)
def test_the_other_members_mean_what_they_mean_outside(
    provider: Provider, party: RelyingParty
) -> None:
    asked = party.ask_signed(
        provider.now,
        {"response_mode": "query"},
        prompt="none",
        response_mode="fragment",
        rp_sid="never echoed",
        cookie_consent="accept",
        _ga="never echoed",
    )
    answer = come(provider.browser(), party, asked)
    location = urlsplit(answer.headers["Location"])
    assert location.query == ""
    told = parse_qs(location.fragment)
    assert told == {
        "error": ["login_required"],
        "error_description": ["Login required"],
        "state": [asked.state],
        "iss": [provider.issuer],
    }
    wrong = party.ask_signed(provider.now)
    code = party.answer(wrong, come(provider.signed_in(), party, wrong).headers["Location"])["code"]
    other = provider.redeem(party, wrong, code, code_verifier="x" * 43)
    assert other.get_json()["error_description"] == "PKCE code verification failed"


def test_the_language_of_the_object_is_spoken(provider: Provider, party: RelyingParty) -> None:
    browser = provider.browser()
    page = come(browser, party, party.ask_signed(provider.now, ui_locales="fr cy"))
    start = browser.get(page.headers["Location"], Accept="text/html")
    assert '<html lang="cy"' in start.text


# ------------------------------------------------------------ before the address is trusted


def _unsigned(party: RelyingParty, provider: Provider, alg: str = "none") -> str:
    asked = party.ask()
    members = asked.parameters | {"iss": party.client_id, "aud": f"{provider.issuer}authorize"}
    return f"{encoded({'alg': alg})}.{encoded(members)}."


OTHER_KEY = {"key": ec_key("somebody else")}
HERE: dict[str, tuple[dict[str, Any], str]] = {
    "another key": (OTHER_KEY, "Trust chain validation failed"),
    "expired": ({"exp": -31}, "Invalid request"),
    "not yet": ({"nbf": 31}, "Invalid request"),
    "exp in words": ({"exp": "soon"}, "Invalid request"),
    "exp yes": ({"exp": True}, "Invalid request"),
    "no address": ({"redirect_uri": None}, "Invalid request"),
    "another address": ({"redirect_uri": "https://evil.example/"}, "Invalid request"),
    "an address that is a list": ({"redirect_uri": ["https://evil.example/"]}, "Invalid request"),
    "an unknown mode": ({"response_mode": "web_message"}, "Invalid request"),
    "crit": ({"headers": {"crit": ["exp"]}}, "Invalid request"),
    "the type of a token": ({"headers": {"typ": "at+jwt"}}, "Invalid request"),
    "made like an assertion": ({"sub": "OWN"}, "Invalid request"),
}
HERE_ROWS = {
    "another key": "2.object.b",
    "expired": "2.object.c",
    "not yet": "2.object.c",
    "no address": "2.object.d_address 2.parameter_in_object.redirect_uri",
    "another address": "2.object.d_address 2.parameter_in_object.redirect_uri",
    "an unknown mode": "2.object.d_mode",
    "made like an assertion": "2.object.sub",
}


@pytest.mark.parametrize("name", with_rows(HERE, HERE_ROWS))
def test_a_refusal_that_stays_here(provider: Provider, party: RelyingParty, name: str) -> None:
    members, sentence = HERE[name]
    changed = {
        member: provider.now + value if isinstance(value, int) and value is not True else value
        for member, value in members.items()
    }
    if changed.get("sub") == "OWN":
        changed["sub"] = party.client_id
    browser = provider.signed_in()
    stays_here(come(browser, party, party.ask_signed(provider.now, **changed)), sentence)
    assert come(browser, party, party.ask_signed(provider.now)).status_code == 302


@pytest.mark.row("2.object.c_optional", "7.skew.request_object")
def test_times_may_be_left_out_and_clocks_may_differ(
    provider: Provider, party: RelyingParty
) -> None:
    browser, now = provider.signed_in(), provider.now
    for members in ({"exp": None, "nbf": None}, {"exp": now - 29}, {"nbf": now + 30}):
        asked = party.ask_signed(now, **members)
        assert "code" in party.answer(asked, come(browser, party, asked).headers["Location"])


@pytest.mark.row("2.object.a")
@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "NONE"])
def test_an_unsigned_object_is_none(provider: Provider, party: RelyingParty, alg: str) -> None:
    """JWT-01."""
    asked = party.ask_signed(provider.now, {"request": _unsigned(party, provider, alg)})
    stays_here(come(provider.signed_in(), party, asked), "Invalid request")


@pytest.mark.row("2.object.b")
def test_a_public_key_is_no_shared_secret(provider: Provider, party: RelyingParty) -> None:
    """JWT-02: HS256 keyed with what everybody knows."""
    public = party.registration()["public_key"]
    members = party.ask().parameters | {"iss": party.client_id}
    signed = jwt.encode(members, public, algorithm="HS256")
    asked = party.ask_signed(provider.now, {"request": signed})
    stays_here(come(provider.signed_in(), party, asked), "Trust chain validation failed")


@pytest.mark.row("2.object.encrypted")
@pytest.mark.parametrize(
    "request_text",
    ["a.b.c", "", "a.b.c.d.e", "e30.e30.e30", "x" * 4000, f"{encoded([])}.{encoded({})}.x",
     f"{encoded({'alg': 'dir', 'enc': 'A128GCM'})}..a.b.c"],
)  # fmt: skip
def test_what_is_no_signed_object_is_refused(
    provider: Provider, party: RelyingParty, request_text: str
) -> None:
    """JWT-08, JWT-09, JWT-10."""
    asked = party.ask_signed(provider.now, {"request": request_text or "."})
    if len(request_text) > 3000:
        assert come(provider.signed_in(), party, asked).status_code in (400, 414)
        return
    stays_here(come(provider.signed_in(), party, asked), "Invalid request")


def test_an_object_longer_than_any_address_is_not_read(
    provider: Provider, party: RelyingParty
) -> None:
    """Asked of the reader itself: a longer address never gets as far."""
    asked = parse_authorization({"client_id": party.client_id, "request": "x" * 8193})
    read = request_objects.read(
        asked, None, provider.wiring.client_keys, issuer=provider.issuer, now=provider.now
    )
    assert read.signature is Signature.UNREADABLE


def test_a_changed_object_is_refused(provider: Provider, party: RelyingParty) -> None:
    """JWT-06, AUTHZ-27."""
    asked = party.ask_signed(provider.now)
    head, body, tail = asked.parameters["request"].split(".")
    members = json.loads(base64.urlsafe_b64decode(body + "==")) | {"scope": "openid"}
    for changed in (f"{head}.{encoded(members)}.{tail}", f"{head}.{body}.", f"{head}.{body}.AAAA"):
        asked.parameters["request"] = changed
        stays_here(come(provider.signed_in(), party, asked), "Trust chain validation failed")


def test_a_member_that_stands_twice_is_refused(provider: Provider, party: RelyingParty) -> None:
    """JWT-08: readers do not agree on which one counts."""
    asked = party.ask()
    text = json.dumps(asked.parameters | {"iss": party.client_id})
    doubled = text[:-1] + ',"redirect_uri":"https://evil.example/"}'
    signed = jwt.api_jws.encode(doubled.encode(), party.key, algorithm="ES256")
    answer = come(provider.signed_in(), party, party.ask_signed(provider.now, {"request": signed}))
    stays_here(answer, "Invalid request")


def test_a_header_in_which_a_member_stands_twice_is_refused(
    provider: Provider, party: RelyingParty
) -> None:
    """JWT-08: as above."""
    members = party.ask().parameters | {"iss": party.client_id}
    head = base64.urlsafe_b64encode(b'{"alg":"none","alg":"ES256"}').rstrip(b"=").decode()
    signing_input = f"{head}.{encoded(members)}"
    raw = jwt.get_algorithm_by_name("ES256").sign(signing_input.encode(), party.key)
    signed = f"{signing_input}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"
    answer = come(provider.signed_in(), party, party.ask_signed(provider.now, {"request": signed}))
    stays_here(answer, "Invalid request")


def test_no_key_of_the_senders_choice_is_ever_used(provider: Provider, party: RelyingParty) -> None:
    """JWT-03: keys come from the registry."""
    numbers = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(ec_key("somebody else").public_key()))
    asked = party.ask_signed(
        provider.now, **OTHER_KEY, headers={"jwk": numbers, "jku": "https://evil.example/k"}
    )
    stays_here(come(provider.signed_in(), party, asked), "Trust chain validation failed")


def test_the_object_of_another_client_is_no_ones(provider: Provider, party: RelyingParty) -> None:
    other = provider.party()
    theirs = other.ask_signed(provider.now).parameters["request"]
    asked = party.ask_signed(provider.now, {"request": theirs})
    stays_here(come(provider.signed_in(), party, asked), "Trust chain validation failed")


def test_a_client_with_a_secret_alone_has_no_key_to_sign_with(provider: Provider) -> None:
    party = provider.party(method="client_secret_post")
    stays_here(
        come(provider.signed_in(), party, party.ask_signed(provider.now)),
        "Trust chain validation failed",
    )


def test_a_client_nobody_knows_is_answered_here(provider: Provider, party: RelyingParty) -> None:
    asked = party.ask_signed(provider.now, {"client_id": "nobody"})
    stays_here(come(provider.browser(), party, asked), "Invalid request")
    asked.parameters.pop("client_id")
    stays_here(come(provider.browser(), party, asked), "Request is missing parameters")


@pytest.mark.parametrize("beside", [{"scope": ""}, {"response_type": ""}, {"prompt": "maybe"}])
def test_what_cannot_be_read_beside_it_is_told_where_an_address_is_given(
    provider: Provider, party: RelyingParty, beside: dict[str, str]
) -> None:
    browser = provider.signed_in()
    stays_here(come(browser, party, party.ask_signed(provider.now, beside)), "Invalid request")
    known = beside | {"redirect_uri": party.redirect_uri, "state": "outside"}
    told = refused(come(browser, party, party.ask_signed(provider.now, known)), party)
    assert told == {
        "error": "invalid_request",
        "error_description": "Invalid request",
        "state": "outside",
        "iss": provider.issuer,
    }


# ------------------------------------------------------------- after the address is trusted

INVALID_SCOPE = "Invalid, unknown or malformed scope"


@pytest.mark.parametrize("mode", ["form_post", "unknown"])
def test_a_mode_beside_it_that_is_not_offered_tells_nobody(
    provider: Provider, party: RelyingParty, mode: str
) -> None:
    browser = provider.signed_in()
    beside = {"redirect_uri": party.redirect_uri, "prompt": "maybe"}
    asked = party.ask_signed(provider.now, beside | {"response_mode": mode})
    stays_here(come(browser, party, asked), "Invalid request")
    asked = party.ask_signed(provider.now, beside | {"response_mode": "fragment"})
    location = come(browser, party, asked).headers["Location"]
    assert location.startswith(f"{party.redirect_uri}#error=invalid_request")


def test_a_state_that_is_no_text_is_not_sent_back(provider: Provider, party: RelyingParty) -> None:
    """JSON can escape half a character; an address cannot carry it."""
    browser = provider.signed_in()
    told = refused(come(browser, party, party.ask_signed(provider.now, state="\ud800")), party)
    assert told["error"] == "invalid_request"
    assert "state" not in told
    whole = party.ask_signed(provider.now, state="🏠")
    assert "code" in party.answer(whole, come(browser, party, whole).headers["Location"])


# members, beside the object, error, description
BACK: dict[str, tuple[dict[str, Any], dict[str, str], str, str]] = {
    "no state": ({"state": None}, {}, "invalid_request", "Request is missing state parameter"),
    "outer token": (
        {}, {"response_type": "token"}, "unsupported_response_type", "Unsupported response type"),
    "outer scope": ({}, {"scope": "openid phone"}, "invalid_scope", INVALID_SCOPE),
    "no client": ({"client_id": None}, {}, "unauthorized_client", "Unauthorized client"),
    "another client": ({"client_id": "x"}, {}, "unauthorized_client", "Unauthorized client"),
    "a request inside": ({"request": "a.b.c"}, {}, "invalid_request", "Invalid request"),
    "a registration": ({"registration": {"client_name": "Evil"}}, {}, "registration_not_supported",
                       "Registration parameter not supported"),
    "an address inside": (
        {"request_uri": "https://a.example"}, {}, "invalid_request", "Invalid request"),
    "another audience": ({"aud": "https://other.example/"}, {}, "access_denied", DENIED),
    "the token endpoint": ({"aud": "TOKEN"}, {}, "access_denied", DENIED),
    "the issuer": ({"aud": "ISSUER"}, {}, "access_denied", DENIED),
    "no audience": ({"aud": None}, {}, "access_denied", DENIED),
    "another issuer": ({"iss": "x"}, {}, "unauthorized_client", "Unauthorized client"),
    "no issuer": ({"iss": None}, {}, "unauthorized_client", "Unauthorized client"),
    "a prompt inside": ({"prompt": "maybe"}, {}, "invalid_request", "Invalid request"),
    "a nonce that is a number": ({"nonce": 7}, {}, "invalid_request", "Invalid request"),
    "a vtr that is a number": ({"vtr": 7}, {}, "invalid_request", "Invalid request"),
    "inner token": (
        {"response_type": "token"}, {}, "unsupported_response_type", "Unsupported response type"),
    "inner scope": ({"scope": "openid phone"}, {}, "invalid_scope", INVALID_SCOPE),
    "claims": (
        {"claims": {"userinfo": {PASSPORT: None}}}, {}, "invalid_request",
        "Request contains invalid claims"),
    "no nonce": ({"nonce": None}, {}, "invalid_request", "Request is missing nonce parameter"),
    "no challenge": (
        {"code_challenge": None}, {}, "invalid_request",
        "Request is missing code_challenge parameter, but PKCE is enforced."),
    "an empty challenge": (
        {"code_challenge": ""}, {}, "invalid_request",
        "Invalid value for code_challenge parameter."),
    "no method": ({"code_challenge_method": None}, {}, "invalid_request", NO_CHALLENGE_METHOD),
    "plain": (
        {"code_challenge_method": "plain"}, {}, "invalid_request",
        "Invalid value for code_challenge_method parameter."),
    "vtr": ({"vtr": ["Cl.P2"]}, {}, "invalid_request", "Request vtr not valid"),
    "vtr not permitted": (
        {"vtr": ["Cl.Cm.P2"]}, {}, "invalid_request", "Request vtr is not permitted"),
    "languages": ({"ui_locales": "en_GB"}, {}, "invalid_request",
                  "ui_locales parameter is invalid"),
    "languages in a list": ({"ui_locales": ["en"]}, {}, "invalid_request",
                            "ui_locales parameter is invalid"),
    "a negative age": (
        {"max_age": -1}, {}, "invalid_request", "Max age is negative in request object"),
    "a negative age in words": (
        {"max_age": "-1"}, {}, "invalid_request", "Max age is negative in request object"),
    "half an age": (
        {"max_age": 1.5}, {}, "invalid_request", "Max age could not be parsed to an integer"),
    "an age in words": (
        {"max_age": "soon"}, {}, "invalid_request", "Max age could not be parsed to an integer"),
    "a long hint": (
        {"login_hint": "x" * 257}, {}, "invalid_request", "login_hint parameter is invalid"),
    "a channel": (
        {"channel": "strategic_app"}, {}, "invalid_request",
        "Invalid value for channel parameter."),
    "select_account": (
        {"prompt": "select_account"}, {}, "unmet_authentication_requirements",
        "Unmet authentication requirements"),
}  # fmt: skip
BACK_ROWS = {
    "no state": "2.object.e 2.parameter_in_object.state",
    "outer token": "2.object.g_type 2.parameter_in_object.response_type",
    "outer scope": "2.object.g_scope 2.parameter_in_object.scope",
    "no client": "2.object.h 2.parameter_in_object.client_id",
    "another client": "2.object.h",
    "a request inside": "2.object.i 2.parameter_in_object.request",
    "an address inside": "2.object.i 2.parameter_in_object.request_uri",
    "another audience": "2.object.j",
    "no audience": "2.object.j",
    "another issuer": "2.object.k",
    "no issuer": "2.object.k",
    "inner token": "2.object.l_type 2.parameter_in_object.response_type",
    "inner scope": "2.object.l_scope",
    "claims": "2.object.l_claims",
    "no nonce": "2.object.l_nonce 2.parameter_in_object.nonce",
    "no challenge": "2.object.l_pkce 2.parameter_in_object.code_challenge",
    "an empty challenge": "2.object.l_pkce",
    "no method": "2.object.l_pkce",
    "plain": "2.object.l_pkce",
    "vtr": "2.object.l_vtr",
    "vtr not permitted": "2.object.l_vtr",
    "languages": "2.object.m 2.parameter_in_object.ui_locales",
    "a negative age": "2.object.n_negative",
    "an age in words": "2.object.n_unreadable 2.parameter_in_object.max_age",
    "a long hint": "2.object.o",
    "a channel": "2.object.p 2.parameter_in_object.channel",
}


@pytest.mark.parametrize("name", with_rows(BACK, BACK_ROWS))
def test_a_refusal_at_the_service(provider: Provider, party: RelyingParty, name: str) -> None:
    members, beside, error, description = BACK[name]
    audiences = {"TOKEN": f"{provider.issuer}token", "ISSUER": provider.issuer}
    if members.get("aud") in audiences:
        members = members | {"aud": audiences[members["aud"]]}
    browser = provider.signed_in()
    asked = party.ask_signed(provider.now, beside, **members)
    told = refused(come(browser, party, asked), party)
    expected = {"error": error, "error_description": description, "iss": provider.issuer}
    if "state" not in members:
        expected["state"] = asked.state
    assert told == expected
    assert "code" in refused(come(browser, party, party.ask_signed(provider.now)), party)


ORDER = ["no state", "outer token", "outer scope", "no client", "a request inside",
         "another audience", "another issuer", "inner token", "inner scope", "claims", "no nonce",
         "no challenge", "vtr", "languages", "a negative age", "a long hint", "a channel",
         "select_account"]  # fmt: skip


@pytest.mark.parametrize("first", range(len(ORDER) - 1))
def test_of_two_faults_the_first_in_the_contracts_order_is_told(
    provider: Provider, party: RelyingParty, first: int
) -> None:
    one, other = BACK[ORDER[first]], BACK[ORDER[first + 1]]
    asked = party.ask_signed(provider.now, other[1] | one[1], **(other[0] | one[0]))
    told = refused(come(provider.browser(), party, asked), party)
    assert (told["error"], told["error_description"]) == one[2:]


@pytest.mark.parametrize(
    ("switched", "description"),
    [({"active": False}, "client deactivated"), ({"deprecated": True}, "client deprecated")],
)
def test_a_client_switched_off_hears_that_alone(
    provider: Provider, switched: dict[str, bool], description: str
) -> None:
    party = provider.party(more=switched)
    asked = party.ask_signed(provider.now, {"response_type": "token"}, nonce=None)
    told = refused(come(provider.browser(), party, asked), party)
    assert (told["error"], told["error_description"]) == ("unauthorized_client", description)


# --------------------------------------------------------------------- keys, other profiles


@pytest.mark.row("2.object.b2")
def test_a_key_that_cannot_be_looked_up_is_no_fault_of_the_person(
    provider: Provider, key_server: KeyServer
) -> None:
    source = {"public_key_source": "JWKS", "public_key": None, "jwks_uri": key_server.url}
    party = provider.party(alg="PS256", more=source)
    key_server.publish([jwk(party.key, "one")])
    browser = provider.signed_in()
    good = party.ask_signed(provider.now, headers={"kid": "one"})
    assert "code" in refused(come(browser, party, good), party)
    for headers in ({"kid": "another"}, {}):
        asked = party.ask_signed(provider.now, headers=headers)
        stays_here(come(browser, party, asked), "Unexpected server error", 500)


def test_where_rfc_9101_is_enough_the_object_needs_nothing_beside_it(provider: Provider) -> None:
    """As npm's openid-client sends it: the client's name outside, the issuer as audience."""
    party = provider.party(more={"profile": "openid"})
    asked = party.ask_signed(provider.now, aud=provider.issuer)
    for name in ("response_type", "scope"):
        del asked.parameters[name]
    answer = come(provider.signed_in(), party, asked)
    assert "code" in party.answer(asked, answer.headers["Location"])
    wrong = party.ask_signed(provider.now, {"response_type": "token"}, aud=provider.issuer)
    told = refused(come(provider.signed_in(), party, wrong), party)
    assert told["error"] == "unsupported_response_type"
