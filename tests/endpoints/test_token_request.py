"""`POST /token`: every refusal in the contract's words, and the same accepted."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy.orm import make_transient

from idp.domain import client_proofs
from tests.endpoints.provider import Provider, refusal
from tests.support.relying_party import ASSERTION_TYPE, RelyingParty

Change = Callable[[Provider, RelyingParty, dict[str, str]], dict[str, str] | None]

METHODS = ["private_key_jwt", "client_secret_post"]
NO_METHOD = ("invalid_request", "Invalid token authentication method used")


def without(*names: str) -> Change:
    return lambda _provider, _party, form: {n: v for n, v in form.items() if n not in names}


def having(**values: str) -> Change:
    return lambda _provider, _party, form: form | values


# what is done to a good form; the error and the words it must be answered with; for which method
ROWS: dict[str, tuple[Change, str, str, str | None]] = {
    "no grant_type": (
        without("grant_type"), "invalid_request", "Request is missing grant_type parameter", None),
    "an empty grant_type": (
        having(grant_type=""), "invalid_request", "Request is missing grant_type parameter", None),
    "the password grant": (
        having(grant_type="password"), "unsupported_grant_type", "Unsupported grant type", None),
    "client credentials": (
        having(grant_type="client_credentials"),
        "unsupported_grant_type", "Unsupported grant type", None),
    "a refresh": (
        having(grant_type="refresh_token"), "unsupported_grant_type", "Unsupported grant type",
        None),
    "no redirect_uri": (
        without("redirect_uri"), "invalid_request", "Request is missing redirect_uri parameter",
        None),
    "no code": (without("code"), "invalid_request", "Request is missing code parameter", None),
    "an empty code": (
        having(code=""), "invalid_request", "Request is missing code parameter", None),
    "nothing to authenticate by": (
        without("client_assertion", "client_assertion_type", "client_id", "client_secret"),
        *NO_METHOD, None),
    "an assertion without its type": (
        without("client_assertion_type"), *NO_METHOD, "private_key_jwt"),
    "a type without its assertion": (without("client_assertion"), *NO_METHOD, "private_key_jwt"),
    "a secret without a client": (without("client_id"), *NO_METHOD, "client_secret_post"),
    "a client without a secret": (without("client_secret"), *NO_METHOD, "client_secret_post"),
    "an empty secret": (having(client_secret=""), *NO_METHOD, "client_secret_post"),
    "both methods": (
        having(client_id="x", client_secret="y"), *NO_METHOD, "private_key_jwt"),
    "an assertion and half a secret": (
        having(client_secret="y"), *NO_METHOD, "private_key_jwt"),
    "a secret and half an assertion": (
        having(client_assertion="a.b.c"), *NO_METHOD, "client_secret_post"),
    "another type of assertion": (
        having(client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
        "invalid_request", "Invalid private_key_jwt", "private_key_jwt"),
    "an unreadable assertion": (
        having(client_assertion="not.a.token"), "invalid_request", "Invalid private_key_jwt",
        "private_key_jwt"),
    "another client_id beside the assertion": (
        having(client_id="somebody-else"), "invalid_request", "Invalid private_key_jwt",
        "private_key_jwt"),
    "an unknown client": (
        having(client_id="nobody"), "invalid_client", "Client authentication failed",
        "client_secret_post"),
    "a client_id longer than any": (
        having(client_id="x" * 65), "invalid_client", "Client authentication failed",
        "client_secret_post"),
    "a wrong secret": (
        having(client_secret="wrong"), "invalid_client", "Invalid client secret",
        "client_secret_post"),
    "a secret of other letters": (
        having(client_secret="pässwörd ✓"), "invalid_client", "Invalid client secret",
        "client_secret_post"),
    "a NUL in the code": (having(code="a\x00b"), "invalid_request", "Invalid request", None),
    "a NUL in client_id": (
        having(client_id="a\x00b"), "invalid_request", "Invalid request", "client_secret_post"),
    "a NUL in the verifier": (
        having(code_verifier="a\x00b"), "invalid_request", "Invalid request", None),
    "an unknown code": (having(code="x" * 43), "invalid_grant", "Invalid grant", None),
    "a very long code": (having(code="x" * 9000), "invalid_grant", "Invalid grant", None),
    "a code of other letters": (having(code="ŵŷ"), "invalid_grant", "Invalid grant", None),
    "another redirect_uri": (
        having(redirect_uri="https://elsewhere.example/callback"), "invalid_grant",
        "Invalid grant", None),
    "another verifier": (
        having(code_verifier="v" * 43), "invalid_grant", "PKCE code verification failed", None),
    "a verifier that is too short": (
        having(code_verifier="v" * 42), "invalid_grant", "PKCE code verification failed", None),
    "a verifier that is too long": (
        having(code_verifier="v" * 129), "invalid_grant", "PKCE code verification failed", None),
    "a verifier of other letters": (
        having(code_verifier="v" * 42 + "ŵ"), "invalid_grant", "PKCE code verification failed",
        None),
    "no verifier": (
        without("code_verifier"), "invalid_grant", "PKCE code verification failed", None),
}  # fmt: skip

WHICH_ROW = {
    "no grant_type": "3.failure.no_grant_type",
    "an empty grant_type": "3.failure.no_grant_type",
    "the password grant": "3.failure.other_grant",
    "client credentials": "3.failure.other_grant",
    "a refresh": "3.failure.other_grant",
    "no redirect_uri": "3.failure.no_redirect_uri",
    "no code": "3.failure.no_code",
    "an empty code": "3.failure.no_code",
    "nothing to authenticate by": "3.failure.no_method 3.client.public",
    "an assertion without its type": "3.failure.no_method",
    "a type without its assertion": "3.failure.no_method",
    "a secret without a client": "3.failure.no_method",
    "a client without a secret": "3.failure.no_method 3.client.public",
    "another type of assertion": "3.failure.assertion_type",
    "an unreadable assertion": "3.failure.assertion_unreadable",
    "another client_id beside the assertion": "3.failure.assertion_client_id",
    "an unknown client": "3.failure.unknown_client",
    "a wrong secret": "3.failure.secret_wrong",
    "an unknown code": "3.failure.code_unknown",
    "another redirect_uri": "3.failure.redirect_uri_differs",
    "another verifier": "3.failure.verifier_wrong",
    "a verifier that is too short": "3.failure.verifier_malformed",
    "a verifier that is too long": "3.failure.verifier_malformed",
    "a verifier of other letters": "3.failure.verifier_malformed",
    "no verifier": "3.failure.verifier_missing",
}

CASES = [
    pytest.param(
        method,
        *row[:3],
        id=f"{name}, {method}",
        marks=[pytest.mark.row(*WHICH_ROW[name].split())] if name in WHICH_ROW else [],
    )
    for name, row in ROWS.items()
    for method in METHODS
    if row[3] in (None, method)
]


@pytest.mark.parametrize(("method", "change", "error", "description"), CASES)
@pytest.mark.row("3.failure.status", "3.failure.body", "3.failure.no_challenge")
def test_a_refusal_in_the_contracts_words(
    provider: Provider, method: str, change: Change, error: str, description: str
) -> None:
    party, browser = provider.party(method=method), provider.signed_in()
    asked, code = browser.code(party)
    form = change(provider, party, party.token_form(asked, code, provider.now))
    answer = provider.token(form)
    assert refusal(answer) == (400, error, description)
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "WWW-Authenticate" not in answer.headers

    # Not attacked, the same succeeds (with a new code: some refusals use the code up).
    assert provider.tokens(party, browser)[1]["token_type"] == "Bearer"


USED_UP = {
    "another redirect_uri",
    "another verifier",
    "no verifier",
    "a verifier that is too short",
}


@pytest.mark.parametrize("name", sorted(USED_UP))
@pytest.mark.row("3.order.code")
def test_a_refused_redemption_uses_the_code_up(provider: Provider, name: str) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    form = ROWS[name][0](provider, party, party.token_form(asked, code, provider.now))
    assert provider.token(form).status_code == 400
    assert refusal(provider.redeem(party, asked, code)) == (400, "invalid_grant", "Invalid grant")


KEEPS = [
    "no code",
    "a wrong secret",
    "an unreadable assertion",
    "both methods",
    "a NUL in the code",
]


@pytest.mark.parametrize("name", KEEPS)
@pytest.mark.row("3.order.client_first")
def test_who_does_not_prove_themselves_cannot_use_up_a_code(provider: Provider, name: str) -> None:
    change, _, _, method = ROWS[name]
    party = provider.party(method=method or "private_key_jwt")
    asked, code = provider.signed_in().code(party)
    assert (
        provider.token(
            change(provider, party, party.token_form(asked, code, provider.now))
        ).status_code
        == 400
    )
    assert provider.redeem(party, asked, code).status_code == 200


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "name", ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "extra"]
)
def test_a_parameter_sent_twice_is_refused(provider: Provider, method: str, name: str) -> None:
    party = provider.party(method=method)
    asked, code = provider.signed_in().code(party)
    form = party.token_form(asked, code, provider.now) | {"extra": "1"}
    form.setdefault("client_id", party.client_id)
    doubled = [*form.items(), (name, form[name])]
    answer = provider.token(urlencode(doubled))
    assert refusal(answer) == (400, "invalid_request", "Invalid request")
    form |= party.token_form(asked, code, provider.now)
    assert provider.token(form).status_code == 200


def test_the_query_counts_for_nothing(provider: Provider) -> None:
    party = provider.party(method="client_secret_post")
    asked, code = provider.signed_in().code(party)
    form = party.token_form(asked, code, provider.now)
    for moved in ("grant_type", "code"):
        kept = {name: value for name, value in form.items() if name != moved}
        answer = provider.browser().post(f"/token?{urlencode({moved: form[moved]})}", kept)
        assert answer.get_json()["error_description"] == f"Request is missing {moved} parameter"
    secret = {"client_id": form.pop("client_id"), "client_secret": form.pop("client_secret")}
    answer = provider.browser().post(f"/token?{urlencode(secret)}", form)
    assert refusal(answer) == (400, *NO_METHOD)
    # Beside a good body the query changes nothing, not even by repetition.
    answer = provider.browser().post(f"/token?{urlencode({'code': 'x'})}", form | secret)
    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_post(provider: Provider, method: str) -> None:
    answer = provider.browser().get("/token?grant_type=authorization_code", method=method)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["Allow"].split(",")} == {"POST", "OPTIONS"}
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data; boundary=b", "text/plain", "application/xml"],
)
@pytest.mark.row("1.endpoint.token")
def test_another_content_type_is_an_empty_form(provider: Provider, content_type: str) -> None:
    party = provider.party(method="client_secret_post")
    asked, code = provider.signed_in().code(party)
    form = party.token_form(asked, code, provider.now)
    body: Any = "&".join(f"{name}={value}" for name, value in form.items())
    if content_type.startswith("multipart"):
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in form.items()
        ]
        body = "".join(parts) + "--b--\r\n"
    answer = provider.token(body, content_type=content_type)
    assert refusal(answer) == (
        400, "invalid_request", "Request is missing grant_type parameter")  # fmt: skip
    assert provider.token(form).status_code == 200


def basic(name: str, secret: str) -> dict[str, str]:
    pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside a good body"])
@pytest.mark.row("3.failure.status")
def test_basic_is_not_offered_and_says_so_to_whoever_tries(
    provider: Provider, beside: bool
) -> None:
    party = provider.party(method="client_secret_post")
    asked, code = provider.signed_in().code(party)
    form = party.token_form(asked, code, provider.now)
    kept = form if beside else {n: v for n, v in form.items() if not n.startswith("client_")}
    answer = provider.token(kept, **basic(party.client_id, str(party.secret)))
    assert refusal(answer) == (401, "invalid_client", "Invalid token authentication method used")
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="onepass"'
    assert provider.token(form).status_code == 200


@pytest.mark.row("3.failure.not_for_assertion", "3.failure.not_for_secret")
def test_a_client_uses_the_method_it_is_registered_for(provider: Provider) -> None:
    with_key = provider.party()
    with_secret = provider.party(method="client_secret_post")
    browser = provider.signed_in()

    asked, code = browser.code(with_key)
    form = with_key.token_form(asked, code, provider.now)
    form.pop("client_assertion")
    form.pop("client_assertion_type")
    secret = {"client_id": with_key.client_id, "client_secret": str(with_secret.secret)}
    assert refusal(provider.token(form | secret)) == (
        400, "invalid_client", "Client is not registered to use client_secret_post")  # fmt: skip
    assert provider.redeem(with_key, asked, code).status_code == 200

    asked, code = browser.code(with_secret)
    signing = RelyingParty(provider.issuer, client_id=with_secret.client_id)
    form = signing.token_form(asked, code, provider.now)
    assert form["client_assertion_type"] == ASSERTION_TYPE
    assert refusal(provider.token(form)) == (
        400, "invalid_client", "Client is not registered to use private_key_jwt")  # fmt: skip
    assert provider.redeem(with_secret, asked, code).status_code == 200


@pytest.mark.row("3.failure.secret_none")
def test_a_client_without_a_stored_secret(provider: Provider) -> None:
    party = provider.party(method="client_secret_post")
    asked, code = provider.signed_in().code(party)
    with provider.records() as session:
        [kept] = client_proofs.of_client(session, party.client_id, client_proofs.SECRET)
        session.delete(kept)
    provider.wiring.registry.forget()
    assert refusal(provider.redeem(party, asked, code)) == (
        400, "invalid_client", "No client secret registered")  # fmt: skip
    with provider.records() as session:
        make_transient(kept)
        session.add(kept)
    provider.wiring.registry.forget()
    assert provider.redeem(party, asked, code).status_code == 200


def test_a_refused_client_is_in_the_record(provider: Provider) -> None:
    for method in METHODS:
        party = provider.party(method=method)
        asked, code = provider.signed_in().code(party)
        form = party.token_form(asked, code, provider.now)
        wrong = "client_secret" if method == "client_secret_post" else "client_assertion"
        provider.token(form | {wrong: form[wrong][:-5] + "AAAAA"})
        assert "client_authentication_refused" in provider.facts(client_id=party.client_id)


@pytest.mark.row("1.endpoint.token", "3.response.body", "3.response.refresh_token")
def test_the_answer_is_what_the_contract_says(provider: Provider) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    answer = provider.redeem(party, asked, code)
    assert set(answer.get_json()) == {"access_token", "token_type", "expires_in", "id_token"}
    assert answer.get_json()["expires_in"] == 180
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.mimetype == "application/json"
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
