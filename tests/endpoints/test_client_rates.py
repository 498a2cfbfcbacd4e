"""A client over its own rate hears so at its registered address; a request counts once."""

import pytest

from idp.domain.audit_entries import AuditEntry
from tests.endpoints.provider import Browser, Provider
from tests.support.relying_party import RelyingParty, Request

UNAVAILABLE = {
    "error": "temporarily_unavailable",
    "error_description": "The authorization server is temporarily unavailable",
}


def limited(provider: Provider, limit: int | None, **about: object) -> RelyingParty:
    return provider.party(more={"rate_limit": limit, **about})


def answer_to(
    browser: Browser, party: RelyingParty, asked: Request | None = None
) -> dict[str, str]:
    asked = asked or party.ask()
    answer = browser.authorize(party, asked)
    assert answer.status_code == 302, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return party.answer(asked, answer.headers.get("Location"))


@pytest.mark.row("2.query.20", "7.rate.client", "6.field.rate_limit")
def test_over_its_rate_a_service_hears_so_at_its_own_address(provider: Provider) -> None:
    party, browser = limited(provider, 3), provider.signed_in()
    for _ in range(3):
        assert set(answer_to(browser, party)) == {"code"}
    assert answer_to(browser, party) == UNAVAILABLE
    provider.clock.move(59)
    assert answer_to(browser, party) == UNAVAILABLE
    provider.clock.move(1)
    assert set(answer_to(browser, party)) == {"code"}
    # Other services, and other things about this one, go on.
    assert set(answer_to(browser, limited(provider, 1))) == {"code"}


def test_who_is_not_signed_in_counts_once_whatever_they_do(provider: Provider) -> None:
    """The short way gives up after it has asked; the pages of a journey come back to the door."""
    party = limited(provider, 2)
    browser = provider.browser()
    answer = browser.authorize(party, party.ask())
    assert answer.status_code == 303
    for _ in range(3):
        assert browser.get(answer.headers["Location"]).status_code in (200, 303)
    resumed = f"/j/{answer.headers['Location'].split('/j/')[1].split('/')[0]}/"
    assert browser.get(resumed).status_code == 303
    assert browser.authorize(party, party.ask()).status_code == 303
    assert answer_to(browser, party) == UNAVAILABLE
    # Who is on the way already is not held up.
    assert browser.get(resumed).status_code == 303


def test_a_posted_request_counts_once(provider: Provider) -> None:
    party, browser = limited(provider, 2), provider.signed_in()
    for _ in range(2):
        posted = browser.post("/authorize", party.ask().parameters)
        assert posted.status_code == 303
        assert browser.get(posted.headers["Location"]).status_code == 302
    asked = party.ask()
    answer = browser.post("/authorize", asked.parameters)
    assert answer.status_code == 303
    assert party.answer(asked, answer.headers["Location"]) == UNAVAILABLE


@pytest.mark.row("6.field.rate_limit")
def test_zero_is_always_refused_and_none_never(provider: Provider) -> None:
    browser = provider.signed_in()
    assert answer_to(browser, limited(provider, 0)) == UNAVAILABLE
    party = limited(provider, None)
    for _ in range(5):
        assert set(answer_to(browser, party)) == {"code"}


WRONG: dict[str, dict[str, str | None]] = {
    "no state": {"state": None},
    "no nonce": {"nonce": None},
    "another response type": {"response_type": "token"},
    "another scope": {"scope": "openid x"},
    "no challenge": {"code_challenge": None},
    "a bad vector": {"vtr": "nonsense"},
    "a negative age": {"max_age": "-2"},
    "another channel": {"channel": "x"},
    "a choice of account": {"prompt": "select_account"},
}


@pytest.mark.row("2.query.20")
@pytest.mark.parametrize("name", WRONG)
def test_it_replaces_what_else_is_wrong(on_sqlite: Provider, name: str) -> None:
    party, browser = limited(on_sqlite, 1), on_sqlite.signed_in()
    asked = party.ask(**WRONG[name])
    first = browser.authorize(party, asked).headers["Location"]
    assert "error=" in first
    assert "temporarily_unavailable" not in first
    again = browser.authorize(party, asked).headers["Location"]
    assert "error=temporarily_unavailable" in again
    assert again.startswith(party.redirect_uri)


def test_a_client_switched_off_hears_that_first(provider: Provider) -> None:
    party, browser = limited(provider, 0, active=False), provider.signed_in()
    assert answer_to(browser, party)["error"] == "unauthorized_client"


def test_what_cannot_be_answered_there_is_not_counted(provider: Provider) -> None:
    party, browser = limited(provider, 1), provider.signed_in()
    for _ in range(3):
        asked = party.ask(redirect_uri="https://elsewhere.example/callback")
        assert browser.authorize(party, asked).status_code == 400
    assert set(answer_to(browser, party)) == {"code"}
    asked = party.ask(redirect_uri="https://elsewhere.example/callback")
    answer = browser.authorize(party, asked)
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_a_signed_request_counts_once_it_is_the_clients(provider: Provider) -> None:
    party, browser = limited(provider, 1), provider.signed_in()
    forged = party.ask_signed(provider.now)
    forged.parameters["request"] = forged.parameters["request"][:-6] + "AAAAAA"
    assert browser.authorize(party, forged).status_code == 400
    elsewhere = party.ask_signed(provider.now, redirect_uri="https://elsewhere.example/")
    assert browser.authorize(party, elsewhere).status_code == 400
    assert set(answer_to(browser, party, party.ask_signed(provider.now))) == {"code"}
    assert answer_to(browser, party, party.ask_signed(provider.now)) == UNAVAILABLE
    wrong = party.ask_signed(provider.now, vtr="nonsense", iss="somebody")
    assert answer_to(browser, party, wrong) == UNAVAILABLE


def test_a_stranger_cannot_use_up_the_rate_of_a_client_that_signs(provider: Provider) -> None:
    party = limited(provider, 1, jar_validation_required=True)
    browser = provider.signed_in()
    for _ in range(3):
        assert answer_to(browser, party, party.ask())["error"] == "access_denied"
    assert set(answer_to(browser, party, party.ask_signed(provider.now))) == {"code"}
    assert answer_to(browser, party, party.ask_signed(provider.now)) == UNAVAILABLE
    assert answer_to(browser, party, party.ask())["error"] == "access_denied"


def test_it_comes_back_in_the_fragment_when_that_was_asked(provider: Provider) -> None:
    party, browser = limited(provider, 0), provider.signed_in()
    location = browser.authorize(party, party.ask(response_mode="fragment")).headers["Location"]
    assert location.startswith(f"{party.redirect_uri}#error=temporarily_unavailable")


def test_a_new_limit_counts_as_soon_as_it_is_known(provider: Provider) -> None:
    party, browser = limited(provider, 1), provider.signed_in()
    assert set(answer_to(browser, party)) == {"code"}
    assert answer_to(browser, party) == UNAVAILABLE
    provider.clock.move(1)
    party.more["rate_limit"] = 2
    provider.register(party)
    assert set(answer_to(browser, party)) == {"code"}
    assert answer_to(browser, party) == UNAVAILABLE


def test_the_record_says_which_rule(provider: Provider) -> None:
    party, browser = limited(provider, 0), provider.signed_in()
    answer_to(browser, party)
    with provider.records() as session:
        entry = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert entry is not None
    assert "the_client_keeps_to_its_rate" in entry.detail
