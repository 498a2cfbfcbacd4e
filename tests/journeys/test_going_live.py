"""Going live, as a team sees it: the checklist, the questions, and what an operator decided."""

from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import audit, clients, go_live_checks, go_lives, members, operators
from idp.domain.change_requests import ChangeRequest
from idp.domain.clients import Client
from idp.domain.go_lives import Standing
from idp.domain.members import Role
from idp.domain.services import Services
from idp.domain.throttles import LIMITS, Kind
from idp.journeys.operators import registration_words
from idp.kernel.fetching import Fetched, Fetcher, FetchFailed
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.consoles import sign_in_as
from tests.support.going_live import typed
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

NEEDED = {
    "redirect_uris": "Enter at least one redirect address",
    "sector_identifier_uri": "Enter the sector identifier",
    "jwks_uri": "Enter the address of your JWKS",
    "privacy_notice": "Enter the address of your privacy notice",
    "support_contact": "Enter where citizens get support",
    "security_contact": "Enter who hears of security problems",
    "expected_volumes": "Enter how many sign-ins you expect",
    "welsh": "Select whether your service is in Welsh as well",
    "evidence": "Enter what you have tested",
    "declaration": "Confirm that what you have told us is right",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What pages show does not depend on the database."""
    return sqlite_url


@dataclass
class Room:
    """A manager and an operator in their browsers, and the manager's client."""

    manager: Person
    operator: Person
    session: Session
    client_id: str
    page: str

    def requests(self) -> list[ChangeRequest]:
        """What was asked for."""
        self.session.expire_all()
        return list(self.session.scalars(sa.select(ChangeRequest)))

    def live(self) -> list[str]:
        """The other clients there are."""
        self.session.expire_all()
        others = sa.select(Client.client_id).where(Client.client_id != self.client_id)
        return list(self.session.scalars(others))

    def send(self, act: str = "submit", **changes: str) -> Person:
        """Fill everything in rightly, but for the changes, and press a button."""
        self.manager.open(self.page)
        given = typed(**changes)
        if "jwks_uri" not in self.manager.html:
            del given["jwks_uri"]
        self.manager.send(given | {"act": act})
        return self.manager


@pytest.fixture
def secret() -> bool:
    """Whether the client uses a secret."""
    return True


@pytest.fixture
def room(app: Flask, session: Session, services: Services, secret: bool) -> Room:
    """Everybody is signed in; the client has signed somebody in before."""
    party = RelyingParty(ISSUER, method="client_secret_post" if secret else "private_key_jwt")
    client_id = clients.apply(session, services, party.registration()).client_id
    service_id = session.get_one(Client, client_id).service_id
    people = [enrol(session, services, Citizen(f"{name}@example.com")) for name in ("m", "o")]
    members.add(session, services, service_id, people[0].account_id, Role.MANAGER)
    operators.add(session, services, people[1].account_id)
    session.commit()
    browsers = [sign_in_as(app, session, services, each) for each in people]
    page = f"{ISSUER}team/services/{service_id}/clients/{client_id}/go-live"
    return Room(browsers[0], browsers[1], session, client_id, page)


@pytest.fixture
def worked(room: Room, session: Session) -> Room:
    """The client has signed somebody in."""
    fact = audit.TokensIssued(account_id="a", client_id=room.client_id, sid="s", grant_id="g")
    audit.record(session, fact, now=1)
    session.commit()
    return room


def test_a_failing_check_blocks_and_says_how_to_mend_it(room: Room) -> None:
    told = room.send().page.text
    assert "some checks are not passed" in told
    assert "Sign in to your service with a test citizen" in told
    assert room.manager.status == 400
    assert room.requests() == []


def test_what_is_typed_is_kept_whatever_is_wrong_with_it(worked: Room) -> None:
    worked.send(redirect_uris="http://tax.example/\nhttps://good.example/", evidence="We tried it")
    assert "Change http://tax.example/" in worked.manager.page.text
    worked.manager.open(worked.page)
    assert "We tried it" in worked.manager.html
    assert "https://good.example/" in worked.manager.html
    assert "Last saved on" in worked.manager.page.text
    worked.send("save", evidence="We tried it again", redirect_uris="")
    assert worked.manager.status == 200
    assert "We tried it again" in worked.manager.html
    assert worked.requests() == []


@pytest.mark.parametrize("secret", [False])
def test_everything_that_is_needed_is_asked_for(
    worked: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Fetcher, "look", _never)
    worked.manager.open(worked.page)
    assert "your testing key is taken over" in worked.manager.page.text
    worked.manager.send(dict.fromkeys(NEEDED, "") | {"act": "submit"})
    for field, words in NEEDED.items():
        if field == "jwks_uri":
            assert words not in worked.manager.page.text
        elif field != "declaration":
            assert words in worked.manager.page.text, words


def _never(*_: Any, **__: Any) -> Any:
    raise AssertionError("nothing is fetched")


def _fails(*_: Any, **__: Any) -> Any:
    raise FetchFailed("slow")


@pytest.mark.parametrize("secret", [False])
def test_keys_that_cannot_be_fetched_block(worked: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fetcher, "look", _fails)
    told = worked.send().page.text
    assert "We could not fetch anything from that address." in told
    assert worked.requests() == []


@pytest.mark.parametrize("secret", [False])
def test_keys_are_not_fetched_at_will(worked: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[str] = []

    def look(_self: Fetcher, url: str, **_: Any) -> Fetched:
        visits.append(url)
        return Fetched(404, "", b"")

    monkeypatch.setattr(Fetcher, "look", look)
    for number in range(LIMITS[Kind.KEY_FETCH].tries + 2):
        worked.send("save", jwks_uri=f"https://tax.example/{number}")
    assert len(visits) == LIMITS[Kind.KEY_FETCH].tries
    assert "We have fetched your keys often" in worked.manager.page.text


def test_of_two_who_submit_at_once_neither_submits_what_the_other_typed(
    worked: Room, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = go_live_checks.of

    def meanwhile(session: Session, client: Client, standing: Standing) -> Any:
        go_lives.keep(session, services, client.client_id, {"welsh": "yes"})
        return checks(session, client, standing)

    monkeypatch.setattr(go_live_checks, "of", meanwhile)
    worked.manager.open(worked.page)
    assert "Somebody else changed these answers" in worked.send().page.text
    assert worked.requests() == []


def test_no_more_addresses_than_a_client_may_have(worked: Room) -> None:
    many = "\n".join(f"https://tax.example/{number}" for number in range(101))
    assert "Enter 100 addresses or fewer" in worked.send(redirect_uris=many).page.text


def test_from_the_first_answer_to_a_live_client(worked: Room) -> None:
    worked.send()
    assert "You have asked to go live" in worked.manager.page.text
    assert "We signed in, refused and signed out." in worked.manager.page.text
    [asked] = worked.requests()
    worked.operator.open(f"{ISSUER}ops/requests/{asked.id}")
    told = worked.operator.page.text
    for words in ("2,000 a day", "m@example.com", "https://tax.example/callback", "Passed"):
        assert words in told
    # What is the same in both is approved as well.
    for words in (
        "Identity proving",
        "max_age allowed",
        "PKCE enforced",
        "In testing: integration",
        "2000",
    ):
        assert words in told
    assert "The same key" not in told
    worked.operator.send()
    assert "Approved" in worked.operator.page.text
    [live] = worked.live()
    assert f'href="/ops/clients/{live}"' in worked.operator.html
    worked.manager.open(worked.page)
    assert "Your service is live" in worked.manager.page.text
    assert live in worked.manager.page.text
    worked.manager.open(worked.page.replace(worked.client_id, live))
    assert worked.manager.status == 404, "a production client is live already"


@pytest.mark.parametrize("secret", [False])
def test_who_approves_sees_that_the_key_is_that_of_testing(worked: Room) -> None:
    worked.send(jwks_uri="")
    [asked] = worked.requests()
    worked.operator.open(f"{ISSUER}ops/requests/{asked.id}")
    assert "The same key as in testing" in worked.operator.page.text


def test_what_a_registration_does_not_say_is_shown_as_what_it_means() -> None:
    shown = registration_words.in_words
    assert shown("rate_limit", {}) == 2000
    assert str(shown("rate_limit", {"rate_limit": None})) == "No limit"
    assert shown("pkce_enforced", {}) == ["Yes"]
    assert shown("max_age_enabled", {}) == ["No"]
    assert shown("max_age_enabled", {"profile": "openid"}) == ["Yes"]
    levels = "accepted_levels_of_confidence"
    assert shown(levels, {}) == ["P0"]
    identity = {"identity_verification_supported": True}
    assert shown(levels, identity) == ["P0", "P2, medium confidence"]


def test_changes_are_asked_for_and_made(worked: Room) -> None:
    worked.send()
    [asked] = worked.requests()
    worked.operator.open(f"{ISSUER}ops/requests/{asked.id}/ask")
    worked.operator.send({"changes": "Name somebody for security"})
    worked.manager.open(worked.page)
    assert "Name somebody for security" in worked.manager.page.text
    worked.send(security_contact="alice@tax.example")
    assert len(worked.requests()) == 2
    assert worked.live() == []


def test_a_request_is_withdrawn_by_any_manager(worked: Room) -> None:
    worked.send()
    worked.requests()[0].requested_by = "another"
    worked.session.commit()
    headers = {"Origin": ISSUER.rstrip("/"), "Accept": "text/html", "Referer": ISSUER}
    worked.manager.request("POST", f"{worked.page}/withdraw", {}, headers)
    assert [each.state for each in worked.requests()] == ["submitted"]
    worked.manager.open(worked.page).send()
    assert "Checklist" in worked.manager.page.text
    assert [each.state for each in worked.requests()] == ["withdrawn"]


def test_what_citizens_see_is_shown_to_who_decides_and_stays_so_meanwhile(worked: Room) -> None:
    worked.manager.open(branding := f"{worked.page.partition('/clients/')[0]}/branding")
    stale = worked.manager.form().values
    worked.manager.send({"name_cy": "Enw da", "landing_page": "https://start.example/"})
    worked.send(landing_page_url="")
    [asked] = worked.requests()
    worked.operator.open(f"{ISSUER}ops/requests/{asked.id}")
    for words in (stale["name"], "Enw da", "https://start.example/"):
        assert words in worked.operator.page.text.partition("What citizens see")[2]
    headers = {"Origin": ISSUER.rstrip("/"), "Accept": "text/html", "Referer": ISSUER}
    late = worked.manager.request("POST", branding, stale | {"name": "Another"}, headers)
    assert late.status == 409
    assert "decides whether the service goes live" in worked.manager.open(branding).page.text
    worked.operator.send()
    [live] = worked.live()
    seen = worked.session.get_one(Client, live).members
    assert [seen[it] for it in ("service", "service_cy")] == [stale["name"], "Enw da"]
    assert seen["landing_page_url"] == "https://start.example/"


def test_a_refusal_gives_the_reason(worked: Room) -> None:
    worked.send()
    [asked] = worked.requests()
    worked.operator.open(f"{ISSUER}ops/requests/{asked.id}/refuse")
    worked.operator.send({"reason": "It is a shop"})
    worked.manager.open(worked.page)
    assert "It is a shop" in worked.manager.page.text


def test_the_service_lists_its_clients_on_their_way(worked: Room) -> None:
    page = worked.page.partition("/clients/")[0]
    worked.manager.open(f"{page}/go-live")
    assert "Draft" in worked.manager.page.text
    worked.send()
    worked.manager.open(f"{page}/go-live")
    assert "Submitted" in worked.manager.page.text


def test_what_was_sent_while_it_was_decided_changes_nothing(worked: Room) -> None:
    worked.manager.open(worked.page)
    form = worked.manager.form()
    worked.send()
    late = form.values | typed(evidence="Something else") | {"act": "submit"}
    del late["jwks_uri"]
    headers = {"Origin": ISSUER.rstrip("/"), "Accept": "text/html", "Referer": ISSUER}
    worked.manager.request("POST", worked.page, late, headers)
    assert len(worked.requests()) == 1
    worked.session.expire_all()
    standing = go_lives.of(worked.session, worked.client_id)
    assert standing.answers["evidence"] != "Something else"
