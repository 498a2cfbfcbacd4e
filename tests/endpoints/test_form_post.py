"""Answers that the browser posts to the service (OAuth 2.0 Form Post Response Mode)."""

import re
from html import unescape

import pytest
from werkzeug.test import TestResponse

from tests.endpoints.provider import Provider
from tests.support.relying_party import RelyingParty


@pytest.fixture
def party(provider: Provider) -> RelyingParty:
    """A service of plain OpenID Connect."""
    return provider.party(more={"profile": "openid"})


def posted(answer: TestResponse, party: RelyingParty) -> dict[str, str]:
    """What the form of the page posts to the service."""
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert f'action="{party.redirect_uri}"' in answer.text
    fields = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', answer.text)
    return {name: unescape(value) for name, value in fields}


@pytest.mark.row("2.parameter.response_mode")
def test_a_code_is_posted(provider: Provider, party: RelyingParty) -> None:
    asked = party.ask(response_mode="form_post")
    answer = provider.signed_in().authorize(party, asked)
    fields = posted(answer, party)
    assert fields.keys() == {"code", "state", "iss"}
    assert (fields["state"], fields["iss"]) == (asked.state, provider.issuer)
    assert provider.redeem(party, asked, fields["code"]).status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_browser_may_post_there_and_run_the_one_line_that_does(
    provider: Provider, party: RelyingParty
) -> None:
    answer = provider.signed_in().authorize(party, party.ask(response_mode="form_post"))
    policy = answer.headers["Content-Security-Policy"]
    assert f"form-action 'self' {party.origin};" in policy
    nonce = re.search(r"'nonce-(.*?)'", policy)
    assert nonce is not None
    assert f'<script nonce="{nonce[1]}">document.getElementById("answer").submit()' in answer.text
    assert "unsafe-inline" not in policy


def test_an_error_is_posted_too(provider: Provider, party: RelyingParty) -> None:
    asked = party.ask(response_mode="form_post", scope="openid phone")
    fields = posted(provider.browser().authorize(party, asked), party)
    assert fields["error"] == "invalid_scope"
    silent = party.ask(response_mode="form_post", prompt="none")
    assert posted(provider.browser().authorize(party, silent), party)["error"] == "login_required"


def test_whatever_stands_in_state_stays_text(provider: Provider, party: RelyingParty) -> None:
    """AUTHZ-14."""
    state = "\"><script>alert(1)</script>'&amp;"
    asked = party.ask(response_mode="form_post", state=state)
    answer = provider.signed_in().authorize(party, asked)
    assert "<script>alert" not in answer.text
    assert posted(answer, party)["state"] == state


def test_after_a_post_the_answer_is_posted(provider: Provider, party: RelyingParty) -> None:
    asked = party.ask(response_mode="form_post")
    browser = provider.signed_in()
    ticket = browser.post("/authorize", asked.parameters).headers["Location"]
    assert "code" in posted(browser.get(ticket), party)


def test_others_are_not_answered_this_way(provider: Provider, party: RelyingParty) -> None:
    other = provider.party()
    answer = provider.signed_in().authorize(other, other.ask(response_mode="form_post"))
    assert (answer.status_code, answer.text) == (400, "Invalid request")
