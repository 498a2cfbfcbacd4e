"""What operators may do to an account ends its sessions, tells the services and is recorded."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from idp.domain import accounts, interventions, outbox
from idp.domain.accounts import Account
from idp.domain.services import Services
from tests.endpoints.provider import Browser, Provider
from tests.support.citizens import Citizen
from tests.support.relying_party import RelyingParty

Act = Callable[[Session, Services, Account], bool | int]
ROWS = ("5.back_channel.intervention", "5.back_channel.operator")
ACTS: list[tuple[Act, str, str, str]] = [
    (interventions.suspend, "account_suspended", "suspended", ROWS[0]),
    (interventions.block, "account_blocked", "blocked", ROWS[0]),
    (interventions.sign_out, "signed_out", "active", ROWS[1]),
]


@pytest.fixture
def party(provider: Provider) -> RelyingParty:
    """A service that wants to hear of sign-outs."""
    party = provider.party()
    party.more = {"back_channel_logout_uri": f"{party.origin}/back-channel"}
    return provider.register(party)


def act(provider: Provider, citizen: Citizen, what: Act) -> bool:
    with provider.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        return bool(what(session, provider.services, account))


def waiting(provider: Provider) -> int:
    with provider.records() as session:
        return len([each for each in outbox.messages(session) if each.kind != "email"])


def gets_in(browser: Browser, party: RelyingParty) -> bool:
    asked = party.ask(prompt="none")
    return "code=" in browser.authorize(party, asked).headers["Location"]


@pytest.mark.parametrize(
    ("what", "fact", "state"),
    [pytest.param(*case[:3], id=case[1], marks=pytest.mark.row(case[3])) for case in ACTS],
)
def test_every_session_ends_and_its_services_are_told(
    provider: Provider, party: RelyingParty, what: Act, fact: str, state: str
) -> None:
    citizen = provider.citizen()
    here, there = provider.signed_in(citizen=citizen), provider.signed_in(citizen=citizen)
    other = provider.signed_in()
    tokens = [provider.tokens(party, browser)[1] for browser in (here, there, other)]
    before = waiting(provider)
    assert act(provider, citizen, what)
    assert waiting(provider) == before + 2
    assert not gets_in(here, party)
    assert not gets_in(there, party)
    assert gets_in(other, party), "somebody else was signed out"
    answers = [provider.userinfo(each["access_token"]).status_code for each in tokens]
    assert answers == [401, 401, 200]
    facts = provider.facts(account_id=citizen.account_id)
    assert fact in facts
    assert facts.count("signed_out") == 2
    with provider.records() as session:
        account = accounts.get(session, citizen.account_id)
        assert account is not None
        assert account.state == state


def test_what_was_done_is_not_done_twice(provider: Provider) -> None:
    citizen = provider.citizen()
    assert not act(provider, citizen, interventions.restore)
    assert act(provider, citizen, interventions.suspend)
    assert not act(provider, citizen, interventions.suspend)
    assert act(provider, citizen, interventions.restore)
    assert act(provider, citizen, interventions.suspend)
    assert act(provider, citizen, interventions.block), "a suspended account can be blocked"
    assert not act(provider, citizen, interventions.block)
    assert not act(provider, citizen, interventions.restore), "a blocked one is never opened"
    assert not act(provider, citizen, interventions.sign_out), "nobody was signed in"


def test_a_restored_account_can_be_used_again(provider: Provider, party: RelyingParty) -> None:
    citizen = provider.citizen()
    act(provider, citizen, interventions.suspend)
    act(provider, citizen, interventions.restore)
    assert gets_in(provider.signed_in(citizen=citizen), party)
