"""What a team finds afterwards about each request of its client: which check failed."""

import inspect
import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from idp.domain import client_requests, throttles
from idp.domain.client_requests import ClientRequest
from idp.domain.clients import Client
from idp.oauth_server import client_auth, client_secrets, server, token_queries
from idp.oauth_server.grants import authorization_code
from idp.protocol import checks, token_checks
from idp.protocol import token_queries as query_rules
from idp.protocol.client_checks import Check
from idp.protocol.differences import Difference
from idp.protocol.id_token_hints import HINT_RULES
from idp.web import refusal_words
from tests.endpoints.provider import Browser, Provider
from tests.support.processes import ROOT
from tests.support.relying_party import RelyingParty

Doing = Callable[[Provider, RelyingParty], object]


def told(provider: Provider, party: RelyingParty, **about: object) -> list[ClientRequest]:
    with provider.records() as session:
        client = session.get_one(Client, party.client_id)
        return client_requests.last_of(session, client, **about)  # type: ignore[arg-type] # a filter


def named(party: RelyingParty, changes: dict[str, str | None]) -> dict[str, str | None]:
    """The changes, with the client's own name in them."""
    return {
        name: value and value.replace("{id}", party.client_id) for name, value in changes.items()
    }


def authorize(**changes: str | None) -> Doing:
    def do(provider: Provider, party: RelyingParty) -> object:
        return provider.browser().authorize(party, party.ask(**named(party, changes)))

    return do


def redeem(wait: int = 0, **changes: str | None) -> Doing:
    """Get a code and redeem it with something wrong."""

    def do(provider: Provider, party: RelyingParty) -> object:
        asked, code = provider.signed_in().code(party)
        provider.clock.move(wait)
        return provider.redeem(party, asked, code, **named(party, changes))

    return do


def asserting(**claims: object) -> Doing:
    """Redeem with an assertion that says something else."""

    def do(provider: Provider, party: RelyingParty) -> object:
        asked, code = provider.signed_in().code(party)
        assertion = party.assertion(provider.now, **claims)
        return provider.redeem(party, asked, code, client_assertion=assertion)

    return do


def with_a_made_up_code(provider: Provider, party: RelyingParty) -> None:
    asked, _ = provider.signed_in().code(party)
    provider.redeem(party, asked, "nothing")


def twice(provider: Provider, party: RelyingParty) -> None:
    asked, code = provider.signed_in().code(party)
    provider.redeem(party, asked, code)
    provider.redeem(party, asked, code)


def replaying(provider: Provider, party: RelyingParty) -> None:
    proof = party.proof(provider.now)
    for _ in range(2):
        asked, code = provider.signed_in().code(party)
        provider.redeem(party, asked, code, **proof)


def with_another_key(provider: Provider, party: RelyingParty) -> None:
    asked, code = provider.signed_in().code(party)
    stranger = RelyingParty(provider.issuer, party.client_id, alg="PS256")
    provider.redeem(party, asked, code, client_assertion=stranger.assertion(provider.now))


def too_late(provider: Provider, party: RelyingParty) -> None:
    _, tokens = provider.tokens(party)
    provider.clock.move(3600)
    provider.userinfo(tokens["access_token"])


def after_leaving(provider: Provider, party: RelyingParty) -> None:
    browser = provider.signed_in()
    _, tokens = provider.tokens(party, browser)
    browser.get(f"/logout?{urlencode({'id_token_hint': tokens['id_token']})}")
    provider.userinfo(tokens["access_token"])


def leaving_to(address: str) -> Doing:
    def do(provider: Provider, party: RelyingParty) -> object:
        _, tokens = provider.tokens(party)
        asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": address}
        return Browser(provider).get(f"/logout?{urlencode(asked)}")

    return do


CASES: dict[str, tuple[Doing, str, str, str]] = {
    "a slash": (
        authorize(redirect_uri="https://{id}.example/callback/"),
        "authorize",
        "the_address_is_registered",
        Difference.TRAILING_SLASH,
    ),
    "a stranger's address": (
        authorize(redirect_uri="https://evil.example/"),
        "authorize",
        "the_address_is_registered",
        Difference.NOT_REGISTERED,
    ),
    "no nonce": (authorize(nonce=None), "authorize", "a_nonce_is_sent_where_required", ""),
    "a scope": (authorize(scope="openid all"), "authorize", "the_scopes_are_registered", ""),
    "silently": (authorize(prompt="none"), "authorize", "login_required", ""),
    "no grant type": (redeem(grant_type=None), "token", "a_grant_is_named", ""),
    "used": (twice, "token", Check.CODE_USED, ""),
    "unknown": (with_a_made_up_code, "token", Check.CODE_UNKNOWN, ""),
    "late": (redeem(wait=61), "token", Check.CODE_EXPIRED, ""),
    "another address": (
        redeem(redirect_uri="http://{id}.example/callback"),
        "token",
        Check.CODE_ADDRESS,
        Difference.SCHEME,
    ),
    "no verifier": (redeem(code_verifier=None), "token", Check.PKCE_NO_VERIFIER, ""),
    "another verifier": (redeem(code_verifier="v" * 43), "token", Check.PKCE_VERIFIER, ""),
    "aud": (asserting(aud="https://elsewhere.example/"), "token", Check.ASSERTION_AUD, ""),
    "iss": (asserting(iss="somebody"), "token", Check.ASSERTION_ISS, ""),
    "expired": (asserting(exp=1), "token", Check.ASSERTION_EXPIRED, ""),
    "for a year": (asserting(exp=2**40), "token", Check.ASSERTION_TOO_LONG, ""),
    "to come": (asserting(nbf=2**40), "token", Check.ASSERTION_CLOCK, ""),
    "replayed": (replaying, "token", Check.ASSERTION_REPLAYED, ""),
    "another key": (with_another_key, "token", Check.ASSERTION_SIGNATURE, ""),
    "token too late": (too_late, "userinfo", Check.TOKEN_EXPIRED, ""),
    "token of who left": (after_leaving, "userinfo", Check.TOKEN_ENDED, ""),
    "leaving elsewhere": (
        leaving_to("https://elsewhere.example/a"),
        "logout",
        Check.LOGOUT_ADDRESS,
        Difference.NOT_REGISTERED,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_check_that_failed_is_told(provider: Provider, case: str) -> None:
    doing, where, check, difference = CASES[case]
    party = provider.party(client_id=f"wrong-{case.replace(' ', '-').replace(chr(39), '')}")
    doing(provider, party)
    newest = told(provider, party, failed=True)[0]
    assert (newest.where, newest.check, newest.difference) == (where, check, difference)
    assert newest.refused
    assert refusal_words.explained(newest.check).what
    assert str(refusal_words.explained(newest.check).cure)


def test_the_nearest_address_is_named_and_what_was_sent_is_kept_nowhere(
    provider: Provider,
) -> None:
    party = provider.party()
    sent = f"{party.redirect_uri}/"
    answer = provider.browser().authorize(party, party.ask(redirect_uri=sent), Accept="text/html")
    assert answer.status_code == 400
    [found] = told(provider, party)
    assert found.nearest == party.redirect_uri
    shown = re.search(r"<code>([0-9A-F]{16})</code>", answer.get_data(as_text=True))
    assert shown, "the citizen's page has a reference"
    assert [found] == told(provider, party, reference=shown[1])
    assert told(provider, party, reference="0" * 16) == []


def test_what_worked_is_told_by_the_services_own_name_for_the_person(provider: Provider) -> None:
    party = provider.party()
    browser = provider.signed_in()
    _, tokens = provider.tokens(party, browser)
    subject = provider.userinfo(tokens["access_token"]).get_json()["sub"]
    found = told(provider, party)
    assert [one.where for one in found] == ["userinfo", "token", "authorize"]
    assert {one.subject for one in found} == {subject}
    assert browser.citizen is not None
    assert browser.citizen.account_id not in repr(found)
    assert told(provider, party, failed=True) == []


def test_a_flood_does_not_fill_the_record(provider: Provider) -> None:
    party, other = provider.party(), provider.party()
    browser = provider.browser()
    for _ in range(throttles.LIMITS[throttles.Kind.REFUSALS].tries + 5):
        browser.authorize(party, party.ask(redirect_uri="https://evil.example/"))
    most = throttles.LIMITS[throttles.Kind.REFUSALS].tries
    assert len(told(provider, party)) == most
    browser.authorize(other, other.ask(nonce=None))
    assert len(told(provider, other)) == 1, "another client's requests are not counted with it"
    provider.clock.move(61)
    browser.authorize(party, party.ask(nonce=None))
    assert len(told(provider, party)) == most + 1


def test_nothing_is_recorded_of_a_client_that_nobody_knows(provider: Provider) -> None:
    nobody = RelyingParty(provider.issuer, client_id="nobody-at-all")
    provider.browser().authorize(nobody, nobody.ask())
    assert provider.facts(client_id="nobody-at-all") == []


def test_every_check_has_its_words() -> None:
    rules = {
        rule.__name__
        for group in (
            checks.BEFORE_TRUSTING_THE_REDIRECT,
            checks.AFTER_TRUSTING_THE_REDIRECT,
            checks.OBJECT_BEFORE_TRUSTING_THE_REDIRECT,
            checks.OBJECT_AFTER_TRUSTING_THE_REDIRECT,
            HINT_RULES,
            token_checks.BEFORE_CLIENT_AUTHENTICATION,
            query_rules.BEFORE_CLIENT_AUTHENTICATION,
        )
        for rule in group
    }
    assert rules | set(Check) <= set(refusal_words.EXPLANATIONS)
    assert set(refusal_words.DIFFERENCES) == set(Difference)


def test_every_cure_stands_in_the_documentation() -> None:
    page = (ROOT / "docs" / "service-teams.md").read_text()
    for told in refusal_words.EXPLANATIONS.values():
        assert f"| `{told.what}` | {told.cure} |" in page, told


def test_every_refusal_of_the_back_channel_names_its_check() -> None:
    """A refusal without one would be told to a team as nothing at all."""
    for module in (client_auth, client_secrets, server, token_queries, authorization_code):
        source = inspect.getsource(module)
        for raised in re.finditer(r"ContractError\(\s*(?:\"|error\.error)", source):
            depth, end = 0, raised.start()
            for end in range(raised.start(), len(source)):
                depth += {"(": 1, ")": -1}.get(source[end], 0)
                if depth == 0 and source[end] == ")":
                    break
            call = source[raised.start() : end + 1]
            assert "check=" in call, f"{module.__name__}: {call}"
