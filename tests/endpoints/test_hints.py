"""Hints about who is to be signed in: `id_token_hint` and `login_hint`."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.endpoints.provider import Browser, Provider
from tests.support.relying_party import RelyingParty, Request
from tests.support.rows import with_rows


@pytest.fixture(params=["signed", "openid"])
def party(request: pytest.FixtureRequest, provider: Provider) -> RelyingParty:
    """A service whose hints count: in what it signs, or anywhere (plain OpenID Connect)."""
    return provider.party(more={"profile": "openid"} if request.param == "openid" else {})


def hinting(party: RelyingParty, now: int, **members: Any) -> Request:
    if party.more.get("profile") == "openid":
        return party.ask(**members)
    return party.ask_signed(now, **members)


def told(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query, strict_parsing=True))


def token_for(provider: Provider, party: RelyingParty, browser: Browser) -> str:
    token: str = provider.tokens(party, browser)[1]["id_token"]
    return token


@pytest.mark.row("2.parameter_in_object.id_token_hint", "5.sso.reauthentication_hint")
def test_a_hint_of_whoever_is_signed_in_changes_nothing(
    provider: Provider, party: RelyingParty
) -> None:
    browser = provider.signed_in()
    hint = token_for(provider, party, browser)
    provider.clock.move(200)
    asked = hinting(party, provider.now, id_token_hint=hint)
    assert "code" in party.answer(asked, browser.authorize(party, asked).headers["Location"])


def test_a_hint_of_somebody_else_never_answers_for_the_one_signed_in(
    provider: Provider, party: RelyingParty
) -> None:
    """AUTHZ-23."""
    hint = token_for(provider, party, provider.signed_in())
    browser = provider.signed_in()
    silent = hinting(party, provider.now, id_token_hint=hint, prompt="none")
    assert told(browser.authorize(party, silent))["error"] == "login_required"
    page = browser.authorize(party, hinting(party, provider.now, id_token_hint=hint))
    assert page.headers["Location"].endswith("/email")
    assert "code" in told(browser.authorize(party, hinting(party, provider.now)))


def test_a_hint_signs_nobody_in(provider: Provider, party: RelyingParty) -> None:
    hint = token_for(provider, party, provider.signed_in())
    browser = provider.browser()
    silent = hinting(party, provider.now, id_token_hint=hint, prompt="none")
    assert told(browser.authorize(party, silent))["error"] == "login_required"


def _forged(provider: Provider, party: RelyingParty, browser: Browser) -> str:
    head, body, tail = token_for(provider, party, browser).split(".")
    return f"{head}.{body}.{'A' * len(tail)}"


def _of_another(provider: Provider, _party: RelyingParty, browser: Browser) -> str:
    return token_for(provider, provider.party(), browser)


def _access_token(provider: Provider, party: RelyingParty, browser: Browser) -> str:
    token: str = provider.tokens(party, browser)[1]["access_token"]
    return token


WRONG = {
    "forged": (_forged, "Unable to validate id_token_hint"),
    "an access token": (_access_token, "Unable to validate id_token_hint"),
    "no token": (lambda *_: "nonsense", "Invalid id_token_hint"),
    "another client's": (_of_another, "Invalid id_token_hint for client"),
}
ROWS = {"forged": "2.query.22a", "no token": "2.query.22b", "another client's": "2.query.22c"}


@pytest.mark.parametrize("name", with_rows(WRONG, ROWS))
def test_a_hint_that_is_not_ours_is_told(
    provider: Provider, party: RelyingParty, name: str
) -> None:
    """JWT-05: an access token is no hint."""
    make, description = WRONG[name]
    browser = provider.signed_in()
    hint = make(provider, party, browser)
    answer = told(browser.authorize(party, hinting(party, provider.now, id_token_hint=hint)))
    assert (answer["error"], answer["error_description"]) == ("invalid_request", description)
    assert "code" in told(browser.authorize(party, hinting(party, provider.now)))


@pytest.mark.row("2.parameter.id_token_hint", "2.parameter.login_hint")
def test_outside_what_it_signs_a_client_of_one_login_cannot_hint(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked = party.ask(id_token_hint="nonsense", login_hint="x" * 300)
    assert "code" in told(browser.authorize(party, asked))
    page = provider.browser()
    first = page.authorize(party, party.ask(login_hint="somebody@example.com"))
    email = page.get(first.headers["Location"].replace("/start", "/email"), Accept="text/html")
    assert "somebody@example.com" not in email.text


@pytest.mark.row("2.parameter_in_object.login_hint")
def test_a_login_hint_fills_in_the_address_and_no_more(
    provider: Provider, party: RelyingParty
) -> None:
    """AUTHZ-24: known or unknown, the page is the same."""
    for address in (provider.citizen().email, "nobody@example.com"):
        browser = provider.browser()
        first = browser.authorize(party, hinting(party, provider.now, login_hint=address))
        page = first.headers["Location"].replace("/start", "/email")
        assert f'value="{address}"' in browser.get(page, Accept="text/html").text


@pytest.mark.parametrize("hint", ['"><script>alert(1)</script>', "tel:+44", "a b@example.com"])
def test_a_login_hint_that_is_no_address_is_ignored(
    provider: Provider, party: RelyingParty, hint: str
) -> None:
    browser = provider.browser()
    first = browser.authorize(party, hinting(party, provider.now, login_hint=hint))
    page = browser.get(first.headers["Location"].replace("/start", "/email"), Accept="text/html")
    assert page.status_code == 200
    assert "alert" not in page.text
    assert 'value=""' in page.text or "value=" not in page.text.partition('name="email"')[2][:200]


@pytest.mark.row("5.sso.reauthentication_level")
def test_a_hint_asks_for_its_own_level_where_the_request_names_none(provider: Provider) -> None:
    party = provider.party()
    low = provider.signed_in("Cl")
    _, tokens = provider.tokens(party, low, vtr='["Cl"]')
    hint = tokens["id_token"]
    asked = party.ask_signed(provider.now, id_token_hint=hint)
    assert "code" in told(low.authorize(party, asked))
    plain = low.authorize(party, party.ask_signed(provider.now))
    assert plain.headers["Location"].endswith("/code")
