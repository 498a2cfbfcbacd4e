"""Signing in at a department: what it asks, and which answers it refuses."""

import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from tests.relying_party.visiting import Visit


def refused(response: TestResponse, status: int, words: str) -> None:
    assert response.status_code == status, response.text
    assert words in response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("name", ["tax", "driving", "library", "housing"])
def test_a_citizen_signs_in_at_every_department(name: str, request: pytest.FixtureRequest) -> None:
    visit: Visit = request.getfixturevalue(name)
    assert not visit.signed_in()
    assert visit.sign_in().location == "/account"
    page = visit.get("/account?lng=en")
    assert page.status_code == 200
    assert "You are signed in as ada@example.com." in page.text


def test_the_request_asks_for_everything_the_contract_wants(tax: Visit) -> None:
    tax.leave()
    asked = next(iter(tax.provider.codes.values())).parameters
    assert asked.pop("state") != asked.pop("nonce")
    assert len(asked.pop("code_challenge")) == 43
    assert asked == {
        "response_type": "code",
        "client_id": "tax-account",
        "redirect_uri": "http://tax.localhost/callback",
        "scope": "openid email",
        "code_challenge_method": "S256",
        "vtr": '["Cl.Cm"]',
        "ui_locales": "en",
    }


def test_the_welsh_department_asks_for_welsh_until_told_otherwise(housing: Visit) -> None:
    housing.leave()
    housing.get("/?lng=en")
    housing.leave()
    asked = [each.parameters["ui_locales"] for each in housing.provider.codes.values()]
    assert asked == ["cy", "en"]


def test_the_driving_agency_signs_its_requests(driving: Visit) -> None:
    driving.leave()
    keys = KeySet.import_key_set(driving.get("/.well-known/jwks.json").get_json())
    token = jwt.decode(driving.provider.objects[0], keys, algorithms=["PS256"])
    assert token.header["typ"] == "oauth-authz-req+jwt"
    assert token.claims["iss"] == token.claims["client_id"] == driving.department.client_id
    assert token.claims["aud"] == f"{driving.provider.issuer}authorize"
    assert token.claims["exp"] == driving.clock.now() + 60
    assert token.claims["vtr"] == '["Cl.Cm.P2"]'


@pytest.mark.parametrize(("name", "algorithm"), [("tax", "ES256"), ("driving", "PS256")])
def test_the_token_call_is_signed_with_the_departments_own_key(
    name: str, algorithm: str, request: pytest.FixtureRequest
) -> None:
    visit: Visit = request.getfixturevalue(name)
    visit.sign_in()
    visit.sign_in()
    keys = KeySet.import_key_set(visit.get("/.well-known/jwks.json").get_json())
    seen = []
    for form in visit.provider.forms:
        token = jwt.decode(form["client_assertion"], keys, algorithms=[algorithm])
        assert token.claims["iss"] == token.claims["sub"] == visit.department.client_id
        assert token.claims["aud"] == f"{visit.provider.issuer}token"
        assert token.claims["exp"] == visit.clock.now() + 60
        assert form["client_assertion_type"].endswith("jwt-bearer")
        assert "client_secret" not in form
        seen.append(token.claims["jti"])
    assert len(set(seen)) == 2


def test_the_library_sends_its_secret_and_shows_it_nowhere(
    library: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    library.sign_in()
    secret = library.department.place.client_secret
    assert secret is not None
    assert library.provider.forms[0]["client_secret"] == secret
    assert "client_assertion" not in library.provider.forms[0]
    assert secret not in library.get("/account").text
    assert secret[:6] not in library.get("/account").text
    assert secret not in caplog.text
    assert secret not in repr(library.department)


def test_the_page_shows_the_exchange_with_its_secrets_masked(tax: Visit) -> None:
    answer = tax.leave()
    tax.arrive(answer)
    page = tax.get("/account").text
    form = tax.provider.forms[0]
    for secret in (
        answer["code"],
        answer["state"],
        form["code_verifier"],
        form["client_assertion"],
        "the-access-token",
    ):
        assert secret not in page
    for word in ("code_challenge", "Bearer", "vot", "at_hash", "jwks.json", "ada@example.com"):
        assert word in page
    assert page.count('class="dept-check"') == 18
    assert "dept-check--failed" not in page


def test_a_state_is_used_once(tax: Visit) -> None:
    answer = tax.leave()
    assert tax.arrive(answer).status_code == 303
    refused(tax.arrive(answer), 400, "This sign-in cannot be used")
    assert len(tax.provider.forms) == 1


def test_a_state_belongs_to_the_browser_that_began(tax: Visit) -> None:
    answer = tax.leave()
    stranger = tax.another_browser()
    stranger.get("/account")
    refused(stranger.arrive(answer), 400, "This sign-in cannot be used")
    other = tax.another_browser()
    other.leave()
    refused(other.arrive(answer), 400, "This sign-in cannot be used")
    assert not tax.provider.forms
    # The stranger's try has not spoilt the real one.
    assert tax.arrive(answer).status_code == 303


def test_a_sign_in_must_be_finished_within_13_hours(tax: Visit) -> None:
    answer = tax.leave()
    tax.clock.move(13 * 3600 + 1)
    refused(tax.arrive(answer), 400, "This sign-in cannot be used")


@pytest.mark.parametrize(
    "answer",
    [{}, {"state": "made-up", "code": "x"}, {"code": "x"}, {"state": "é", "iss": "x"}],
    ids=["nothing", "made up", "no state", "not ascii"],
)
def test_an_answer_without_a_state_of_ours_is_refused(tax: Visit, answer: dict[str, str]) -> None:
    tax.leave()
    refused(tax.arrive(answer), 400, "This sign-in cannot be used")


@pytest.mark.parametrize("issuer", [None, "", "http://127.0.0.1:1/"])
def test_the_answer_must_name_our_provider(tax: Visit, issuer: str | None) -> None:
    answer = tax.leave()
    del answer["iss"]
    if issuer is not None:
        answer["iss"] = issuer
    refused(tax.arrive(answer), 400, "not from another provider")
    assert not tax.provider.forms


def test_an_error_without_our_issuer_is_not_believed_either(tax: Visit) -> None:
    answer = tax.leave()
    wrong = {"state": answer["state"], "error": "access_denied"}
    refused(tax.arrive(wrong), 400, "not from another provider")


def test_a_repeated_part_is_refused(tax: Visit) -> None:
    answer = tax.leave()
    query = "&".join(f"{name}={value}" for name, value in answer.items())
    response = tax.get(f"/callback?{query}&state={answer['state']}")
    refused(response, 400, "This sign-in cannot be used")


def test_an_answer_without_a_code_is_refused(tax: Visit) -> None:
    answer = tax.leave()
    del answer["code"]
    refused(tax.arrive(answer), 400, "There is a code")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("access_denied", 403, "You did not sign in"),
        ("login_required", 403, "You need to sign in"),
        ("interaction_required", 403, "You need to sign in"),
        ("temporarily_unavailable", 503, "Onepass is busy"),
        ("server_error", 503, "Onepass is busy"),
        ("unauthorized_client", 503, "This service cannot use Onepass"),
        ("invalid_scope", 502, "Onepass could not accept our request"),
        ("<script>", 502, "&lt;script&gt;"),
    ],
)
def test_every_error_gets_its_page(tax: Visit, error: str, status: int, words: str) -> None:
    answer = tax.leave()
    response = tax.arrive({"state": answer["state"], "iss": answer["iss"], "error": error})
    refused(response, status, words)
    assert "<script" not in response.text
    assert ("Retry-After" in response.headers) == (status == 503)


def test_losing_the_sign_in_at_the_provider_ends_the_session_here(housing: Visit) -> None:
    housing.sign_in()
    answer = housing.leave("/sign-in?then=change-bank-details")
    housing.arrive({"state": answer["state"], "iss": answer["iss"], "error": "login_required"})
    assert not housing.signed_in()
    assert "We ended your session" in housing.get("/signed-out?lng=en").text


def test_a_refused_code_opens_nothing(tax: Visit) -> None:
    tax.provider.token_status = 400
    refused(tax.arrive(tax.leave()), 502, "invalid_grant")
    assert not tax.signed_in()


def test_a_provider_that_is_away_is_said_to_be_away(tax: Visit) -> None:
    answer = tax.leave()
    tax.provider.__exit__(None, None, None)
    refused(tax.arrive(answer), 503, "Onepass is not answering")
    fresh = tax.another_browser()
    assert fresh.get("/sign-in").status_code == 303


def test_a_provider_that_was_never_there_is_said_to_be_away(tax: Visit) -> None:
    tax.provider.change_discovery = lambda _: {}
    response = tax.get("/sign-in")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "60"


def test_the_session_secret_changes_at_every_sign_in(tax: Visit) -> None:
    tax.sign_in()
    first = tax.browser.get_cookie("dept-tax", domain="localhost")
    tax.sign_in()
    second = tax.browser.get_cookie("dept-tax", domain="localhost")
    assert first is not None
    assert second is not None
    assert first.value != second.value
    stolen = tax.another_browser()
    stolen.browser.set_cookie("dept-tax", first.value, domain="localhost")
    assert not stolen.signed_in()


def test_two_tabs_can_sign_in_one_after_the_other(tax: Visit) -> None:
    first, second = tax.leave(), tax.leave()
    assert tax.arrive(second).status_code == 303
    assert tax.arrive(first).status_code == 303


def test_a_session_ends_by_itself(tax: Visit) -> None:
    tax.sign_in()
    for _ in range(13):
        tax.clock.move(3300)
        assert tax.signed_in()
    tax.clock.move(3300)
    assert not tax.signed_in()
    tax.sign_in()
    tax.clock.move(3600)
    assert not tax.signed_in()


def test_an_unknown_action_begins_nothing(tax: Visit) -> None:
    assert tax.get("/sign-in?then=pay-a-fine").status_code == 404
    assert tax.get("/sign-in?then=https://evil.example/").status_code == 404


def test_tokens_must_be_there_and_be_bearer(tax: Visit) -> None:
    tax.provider.change_answer = lambda body: {**body, "token_type": "DPoP"}
    refused(tax.arrive(tax.leave()), 400, "The access token is a bearer token")
    tax.provider.change_answer = lambda body: {**body, "id_token": None}
    refused(tax.arrive(tax.leave()), 502, "no_tokens")


def test_the_details_must_be_of_the_same_person(tax: Visit) -> None:
    tax.provider.change_userinfo = lambda claims: {**claims, "sub": "somebody else"}
    refused(tax.arrive(tax.leave()), 400, "The details are about the person in the ID token")
    assert not tax.signed_in()


def test_details_that_cannot_be_had_open_nothing(tax: Visit) -> None:
    tax.provider.userinfo_status = 401
    refused(tax.arrive(tax.leave()), 502, "userinfo 401")
    assert not tax.signed_in()


def test_the_level_asked_is_in_the_request(library: Visit) -> None:
    library.leave()
    library.leave("/sign-in?then=pay-a-fine")
    levels = [json.loads(each.parameters["vtr"]) for each in library.provider.codes.values()]
    assert levels == [["Cl"], ["Cl.Cm"]]
