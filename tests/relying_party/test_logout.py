"""Signing out of a department: asked for here, or told by the provider."""

import base64
import json
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.relying_party.fake_provider import EVENTS, Claims
from tests.relying_party.visiting import Visit


def test_signing_out_here_goes_on_to_the_provider_and_comes_back(tax: Visit) -> None:
    tax.sign_in()
    response = tax.sign_out()
    assert response.status_code == 303
    assert response.location.startswith(f"{tax.provider.issuer}logout?")
    sent = parse_qs(urlsplit(response.location).query)
    assert sent["post_logout_redirect_uri"] == ["http://tax.localhost/signed-out"]
    payload = sent["id_token_hint"][0].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert claims["aud"] == "tax-account"
    assert not tax.signed_in()

    unconfirmed = tax.get("/signed-out").text
    assert "Onepass has not confirmed" in unconfirmed
    assert sent["id_token_hint"][0] not in unconfirmed
    back = tax.get(f"/signed-out?state={sent['state'][0]}").text
    assert "Onepass ended your sign-in too" in back
    assert "The state is the one we sent" in back
    for later in ("/signed-out", "/signed-out?lng=en", "/signed-out?state=made-up"):
        assert "Onepass ended your sign-in too" in tax.get(later).text, "it was forgotten"


def test_a_made_up_state_confirms_nothing(tax: Visit) -> None:
    tax.sign_in()
    tax.sign_out()
    assert "Onepass has not confirmed" in tax.get("/signed-out?state=made-up").text


def test_signing_out_needs_our_own_form(tax: Visit) -> None:
    tax.sign_in()
    for data in ({}, {"csrf_token": "0" * 64}, {"csrf_token": "é"}):
        response = tax.browser.post("/sign-out", data=data)
        assert response.status_code == 400
        assert "We could not accept that form" in response.text
    stranger = tax.another_browser()
    stranger.sign_in()
    token = stranger.form_token("/account")
    assert tax.browser.post("/sign-out", data={"csrf_token": token}).status_code == 400
    assert stranger.another_browser().browser.post("/sign-out").status_code == 400
    assert tax.signed_in()


def test_signing_out_works_when_the_provider_is_away(tax: Visit) -> None:
    tax.sign_in()
    token = tax.form_token("/account")
    tax.app.extensions["department"].logout.discovery._provider = None
    tax.provider.change_discovery = lambda _: {}
    response = tax.browser.post("/sign-out", data={"csrf_token": token})
    assert response.location == "/signed-out"
    assert "Onepass has not confirmed" in tax.get("/signed-out").text


def test_signing_out_twice_is_no_fault(tax: Visit) -> None:
    tax.sign_in()
    token = tax.form_token("/account")
    tax.browser.post("/sign-out", data={"csrf_token": token})
    again = tax.browser.post("/sign-out", data={"csrf_token": token})
    assert again.location == "/signed-out"


def test_a_notice_ends_every_session_of_that_citizen(tax: Visit) -> None:
    second, somebody_else = tax.another_browser(), tax.another_browser()
    tax.sign_in()
    second.sign_in()
    tax.provider.subject = "urn:fdc:onepass:2026:bea"
    somebody_else.sign_in()
    tax.provider.subject = "urn:fdc:onepass:2026:ada"

    response = tax.notify(tax.provider.logout_token("tax-account"))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert not tax.signed_in()
    assert not second.signed_in()
    assert somebody_else.signed_in()
    assert tax.get("/account").location == "/signed-out"
    page = tax.get("/signed-out").text
    assert "in a back-channel notice at" in page
    assert "It has a number of its own" in page


def test_a_notice_for_nobody_here_is_good_too(tax: Visit) -> None:
    assert tax.notify(tax.provider.logout_token("tax-account")).status_code == 200


def test_how_a_session_ended_is_not_told_again_by_a_later_notice(tax: Visit) -> None:
    tax.sign_in()
    tax.sign_out()
    tax.notify(tax.provider.logout_token("tax-account"))
    assert "You signed out here at" in tax.get("/signed-out").text


def test_a_notice_is_used_once(tax: Visit) -> None:
    token = tax.provider.logout_token("tax-account")
    assert tax.notify(token).status_code == 200
    tax.sign_in()
    again = tax.notify(token)
    assert again.status_code == 400
    assert again.get_json()["error_description"] == "replay is wrong"
    assert tax.signed_in()
    assert (
        tax.notify(tax.provider.logout_token("tax-account", {"jti": "notice-2"})).status_code == 200
    )
    assert not tax.signed_in()


def test_of_many_copies_at_once_one_is_believed(tax: Visit) -> None:
    token = tax.provider.logout_token("tax-account")
    seen: list[int] = []
    barrier = threading.Barrier(8)

    def post() -> None:
        barrier.wait()
        seen.append(tax.notify(token).status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == [200] + [400] * 7


BAD: list[tuple[str, dict[str, object], str]] = [
    ("another issuer", {"iss": "http://127.0.0.1:1/"}, "issuer"),
    ("another audience", {"aud": "library"}, "audience"),
    ("a list of audiences", {"aud": ["tax-account"]}, "audience"),
    ("no expiry", {"exp": None}, "expiry"),
    ("expired", {"exp": 1}, "expiry"),
    ("no time of issue", {"iat": None}, "issued"),
    ("issued in the future", {"iat": 9_999_999_999}, "issued"),
    ("not yet valid", {"nbf": 9_999_999_999}, "not_before"),
    ("no events", {"events": None}, "events"),
    ("another event", {"events": {"urn:other": {}}}, "events"),
    ("events as a list", {"events": list(EVENTS)}, "events"),
    ("a nonce", {"nonce": "n"}, "no_nonce"),
    ("no subject", {"sub": None}, "subject"),
    ("no number", {"jti": None}, "jti"),
    ("a number that is no text", {"jti": 7}, "jti"),
]


@pytest.mark.parametrize(
    ("changes", "check"), [(c, k) for _, c, k in BAD], ids=[name for name, _, _ in BAD]
)
def test_a_bad_notice_ends_nothing(tax: Visit, changes: dict[str, object], check: str) -> None:
    tax.sign_in()
    response = tax.notify(tax.provider.logout_token("tax-account", changes))
    assert response.status_code == 400
    assert response.get_json() == {
        "error": "invalid_request",
        "error_description": f"{check} is wrong",
    }
    assert tax.signed_in()
    assert tax.notify(tax.provider.logout_token("tax-account")).status_code == 200


@pytest.mark.parametrize(
    ("header", "check"),
    [
        ({"typ": None}, "type"),
        ({"typ": "JWT"}, "type"),
        ({"typ": "at+jwt"}, "type"),
        ({"alg": "RS256", "kid": "rs-1"}, "algorithm"),
        ({"kid": None}, "key"),
        ({"kid": "made-up"}, "key"),
        ({"kid": "rs-1"}, "key"),
    ],
)
def test_a_notice_with_a_bad_header_ends_nothing(tax: Visit, header: Claims, check: str) -> None:
    tax.sign_in()
    response = tax.notify(tax.provider.logout_token("tax-account", header=header))
    assert response.get_json()["error_description"] == f"{check} is wrong"
    assert response.status_code == 400
    assert tax.signed_in()


def test_an_id_token_does_not_pass_for_a_notice(tax: Visit) -> None:
    answer = tax.leave()
    asked = tax.provider.codes[answer["code"]]
    assert tax.notify(tax.provider.id_token(asked)).status_code == 400


def test_the_library_expects_notices_by_the_same_key_as_everybody(library: Visit) -> None:
    library.sign_in()
    assert library.notify(library.provider.logout_token("library")).status_code == 200
    assert not library.signed_in()


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "x" * 9000])
def test_what_is_no_token_is_refused(tax: Visit, token: str) -> None:
    assert tax.notify(token).status_code == 400


def test_a_notice_must_come_as_one_form_value(tax: Visit) -> None:
    post = tax.app.test_client().post
    token = tax.provider.logout_token("tax-account")
    assert post("/back-channel-logout").status_code == 400
    assert post("/back-channel-logout", json={"logout_token": token}).status_code == 400
    twice = {"logout_token": [token, token]}
    assert post("/back-channel-logout", data=twice).status_code == 400
    large = {"logout_token": token, "more": "x" * 40_000}
    assert post("/back-channel-logout", data=large).status_code == 413
    assert tax.app.test_client().get("/back-channel-logout").status_code == 405


def test_a_notice_that_cannot_be_checked_may_be_sent_again(tax: Visit) -> None:
    token = tax.provider.logout_token("tax-account")
    tax.provider.change_discovery = lambda claims: {**claims, "issuer": "http://127.0.0.1:1/"}
    assert tax.notify(token).status_code == 503
    tax.provider.change_discovery = lambda claims: claims
    assert tax.notify(token).status_code == 200
