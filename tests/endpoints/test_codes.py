"""Codes: whose they are, how long they live, what dies with whom."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import text

from idp.domain import sessions
from idp.domain.clients import Client
from idp.domain.sessions import BrowserSession
from tests.endpoints.provider import Browser, Provider, refusal

INVALID_GRANT = (400, "invalid_grant", "Invalid grant")
PKCE = (400, "invalid_grant", "PKCE code verification failed")


@pytest.mark.row("2.after.code")
def test_a_code_is_long_random_and_kept_as_a_hash(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    codes = {browser.code(party)[1] for _ in range(20)}
    assert len(codes) == 20
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", code) for code in codes)
    assert len({code[:6] for code in codes}) == 20, "codes share a beginning"
    with provider.records() as session:
        for code in codes:
            stored = session.execute(
                text("SELECT count(*) FROM grants WHERE code_hash = :code"), {"code": code}
            )
            assert stored.scalar() == 0


@pytest.mark.row("3.failure.code_expired", "7.lifetime.code")
def test_a_code_lives_for_a_minute(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked, code = browser.code(party)
    provider.clock.move(59)
    assert provider.redeem(party, asked, code).status_code == 200
    asked, code = browser.code(party)
    provider.clock.move(60)
    assert refusal(provider.redeem(party, asked, code)) == INVALID_GRANT


@pytest.mark.row("2.after.code", "3.failure.code_used", "3.access_token.stored", "7.lifetime.code")
def test_a_code_used_again_revokes_what_it_gave(provider: Provider) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    access_token = provider.redeem(party, asked, code).get_json()["access_token"]
    assert provider.userinfo(access_token).status_code == 200
    assert refusal(provider.redeem(party, asked, code)) == INVALID_GRANT
    assert provider.userinfo(access_token).status_code == 401
    assert "code_replayed" in provider.facts(client_id=party.client_id)


@pytest.mark.row("3.failure.code_of_another", "3.order.code")
def test_a_code_in_another_clients_hands_is_dead_afterwards(provider: Provider) -> None:
    owner, other = provider.party(), provider.party()
    asked, code = provider.signed_in().code(owner)
    answer = provider.redeem(other, asked, code, redirect_uri=owner.redirect_uri)
    assert refusal(answer) == INVALID_GRANT
    assert refusal(provider.redeem(owner, asked, code)) == INVALID_GRANT


@pytest.mark.parametrize(
    "change",
    [
        lambda code: code[:-1],
        lambda code: code + "A",
        lambda code: code[:-1] + ("A" if code[-1] != "A" else "B"),
        lambda code: code.swapcase(),
        lambda code: f" {code}",
    ],
    ids=["shortened", "lengthened", "one letter", "the case", "a space"],
)
def test_a_code_that_is_almost_right(provider: Provider, change: Callable[[str], str]) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    assert refusal(provider.redeem(party, asked, change(code))) == INVALID_GRANT
    assert provider.redeem(party, asked, code).status_code == 200


def test_other_artefacts_are_no_codes(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked, tokens = provider.tokens(party, browser)
    cookie = browser.client.get_cookie("onepass-session", domain=provider.host)
    assert cookie is not None
    for artefact in (tokens["access_token"], tokens["id_token"], cookie.value, party.client_id):
        assert refusal(provider.redeem(party, asked, artefact)) == INVALID_GRANT


class TestProofKey:
    def test_a_challenge_asks_for_its_verifier(self, provider: Provider) -> None:
        party, browser = provider.party(), provider.signed_in()
        for verifier in (None, "", "v" * 43, "short", "ŵ" * 43):
            asked, code = browser.code(party)
            answer = provider.redeem(party, asked, code, code_verifier=verifier)
            assert refusal(answer) == PKCE
            assert refusal(provider.redeem(party, asked, code)) == INVALID_GRANT, "not burned"
        assert provider.tokens(party, browser)

    def test_the_challenge_is_no_verifier(self, provider: Provider) -> None:
        party = provider.party()
        asked, code = provider.signed_in().code(party)
        challenge = asked.parameters["code_challenge"]
        assert refusal(provider.redeem(party, asked, code, code_verifier=challenge)) == PKCE

    def test_padding_does_not_make_another_spelling(self, provider: Provider) -> None:
        party = provider.party()
        asked, code = provider.signed_in().code(party)
        padded = f"{asked.verifier}="
        assert refusal(provider.redeem(party, asked, code, code_verifier=padded)) == PKCE

    @pytest.mark.row("3.failure.verifier_unasked")
    def test_a_verifier_without_a_challenge_is_a_downgrade(self, provider: Provider) -> None:
        """PKCE-05: the challenge was stripped from the request on its way."""
        party, browser = provider.party(more={"pkce_enforced": False}), provider.signed_in()
        bare = {"code_challenge": None, "code_challenge_method": None}
        asked, code = browser.code(party, **bare)
        assert refusal(provider.redeem(party, asked, code)) == PKCE
        assert refusal(provider.redeem(party, asked, code, code_verifier=None)) == INVALID_GRANT
        asked, code = browser.code(party, **bare)
        assert provider.redeem(party, asked, code, code_verifier=None).status_code == 200

    @pytest.mark.row("2.parameter.code_challenge")
    def test_a_client_that_need_not_may_still_use_it(self, provider: Provider) -> None:
        party, browser = provider.party(more={"pkce_enforced": False}), provider.signed_in()
        assert provider.tokens(party, browser)
        asked, code = browser.code(party)
        assert refusal(provider.redeem(party, asked, code, code_verifier=None)) == PKCE


def sign_out(provider: Provider, browser: Browser) -> None:
    with provider.records() as session:
        row = session.get_one(BrowserSession, browser.session().sid)
        sessions.end(session, provider.services, row, "signed_out")


def suspend(provider: Provider, browser: Browser) -> None:
    assert browser.citizen is not None
    provider.set_account_state(browser.citizen, "suspended")


def block(provider: Provider, browser: Browser) -> None:
    assert browser.citizen is not None
    provider.set_account_state(browser.citizen, "blocked")


ENDS = [sign_out, suspend, block]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.row("3.failure.session_gone")
def test_what_ends_between_code_and_tokens_ends_the_code(
    provider: Provider, end: Callable[[Provider, Browser], None]
) -> None:
    party, browser = provider.party(), provider.signed_in()
    asked, code = browser.code(party)
    end(provider, browser)
    assert refusal(provider.redeem(party, asked, code)) == INVALID_GRANT


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.row("3.access_token.stored", "4.error.invalid_token")
def test_what_ends_after_the_tokens_ends_the_access_token(
    provider: Provider, end: Callable[[Provider, Browser], None]
) -> None:
    party, browser = provider.party(), provider.signed_in()
    _, tokens = provider.tokens(party, browser)
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    end(provider, browser)
    assert provider.userinfo(tokens["access_token"]).status_code == 401


def test_a_suspended_account_works_again_when_it_is_active(provider: Provider) -> None:
    party, browser = provider.party(), provider.signed_in()
    _, tokens = provider.tokens(party, browser)
    suspend(provider, browser)
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert browser.citizen is not None
    provider.set_account_state(browser.citizen, "active")
    assert provider.userinfo(tokens["access_token"]).status_code == 200


def test_a_client_switched_off_between_code_and_tokens(provider: Provider) -> None:
    party = provider.party()
    asked, code = provider.signed_in().code(party)
    _, tokens = provider.tokens(party)
    with provider.records() as session:
        session.get_one(Client, party.client_id).state = "suspended"
    provider.wiring.registry.forget()
    assert refusal(provider.redeem(party, asked, code)) == (
        400, "unauthorized_client", "client deactivated")  # fmt: skip
    assert provider.userinfo(tokens["access_token"]).status_code == 401


def test_what_happened_is_in_the_record(provider: Provider) -> None:
    party = provider.party()
    asked, tokens = provider.tokens(party)
    provider.userinfo(tokens["access_token"])
    facts = provider.facts(client_id=party.client_id)
    assert facts == ["client_applied", "code_issued", "tokens_issued", "claims_released"]
    asked, code = provider.signed_in().code(party)
    provider.redeem(party, asked, code, code_verifier="v" * 43)
    assert provider.facts(client_id=party.client_id)[-2:] == ["code_refused", "request_refused"]
