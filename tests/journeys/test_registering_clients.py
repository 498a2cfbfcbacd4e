"""Registering a client at the console, question by question, and changing it afterwards."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import client_drafts, clients, members, team_changes
from idp.domain.audit_entries import AuditEntry
from idp.domain.client_drafts import ClientDraft
from idp.domain.clients import Client, Service
from idp.domain.members import Role
from idp.domain.services import Services
from idp.domain.team_services import Seen, create
from tests.support.building import ISSUER
from tests.support.citizens import Citizen, enrol
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty, ec_key, public_key_text

CALLBACK = "http://localhost:3000/callback"
KEY = ec_key("registering")
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PRIVATE = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What pages say does not depend on the database."""
    return sqlite_url


class Team:
    """A manager in front of the pages of one service."""

    def __init__(self, app: Flask, session: Session, services: Services) -> None:
        self.session, self.services = session, services
        self.citizen = enrol(session, services)
        seen = Seen("Apply for a permit", None)
        self.service = create(session, services, self.citizen.account_id, "Permits", seen)
        session.commit()
        self.person = sign_in_as(app, session, services, self.citizen)
        self.page = f"{ISSUER}team/services/{self.service.id}"

    def answer(self, field: str, value: str, **more: str) -> Person:
        self.person.open(f"{self.page}/clients/new/{field}")
        sent = {"value": value} | more
        form = self.person.form().values
        self.person._go(
            "POST", self.person.url, {k: v for k, v in form.items() if k == "csrf_token"} | sent, {}
        )
        return self.person

    def change(self, client_id: str, field: str, value: str, **more: str) -> Person:
        self.person.open(f"{self.page}/clients/{client_id}/change/{field}")
        token = self.person.form().values["csrf_token"]
        self.person._go("POST", self.person.url, {"csrf_token": token, "value": value} | more, {})
        return self.person

    def draft(self) -> dict[str, Any]:
        self.session.expire_all()
        return client_drafts.find(self.session, self.service.id, self.citizen.account_id) or {}

    def clients(self) -> list[Client]:
        self.session.expire_all()
        theirs = select(Client).where(Client.service_id == self.service.id)
        return list(self.session.scalars(theirs.order_by(Client.created_at)))

    def register(self) -> Client:
        self.answer("redirect-addresses", CALLBACK)
        self.answer("authentication", "client_secret_basic")
        self.person.send()
        return self.clients()[-1]

    def live(self, **more: Any) -> RelyingParty:
        party = RelyingParty(
            ISSUER, more={"service": "Apply for a permit", "environment": "production", **more}
        )
        clients.apply(self.session, self.services, party.registration())
        self.session.commit()
        return party

    def facts(self) -> list[str]:
        self.session.expire_all()
        return list(self.session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))


@pytest.fixture
def team(app: Flask, session: Session, services: Services) -> Team:
    """A team with a service and no client."""
    return Team(app, session, services)


def test_the_shortest_way_asks_two_questions_and_shows_a_secret_once(team: Team) -> None:
    person = team.person
    person.open(f"{team.page}/clients/new")
    assert person.heading == "Where do people come back to when they have signed in?"
    assert "Question 1 of 3" in person.page.text
    team.answer("redirect-addresses", CALLBACK)
    assert person.heading == "How does your client prove who it is?"
    team.answer("authentication", "client_secret_basic")
    assert person.heading == "Check your answers"
    check, filled = person.url, person.form().values
    person.send()
    assert person.heading == "Client registered"
    [client] = team.clients()
    assert client.client_id in person.page.text
    assert client.members == {
        "client_id": client.client_id,
        "client_name": "Apply for a permit",
        "contacts": [team.citizen.email],
        "pkce_enforced": True,
        "profile": "openid",
        "redirect_uris": [CALLBACK],
        "scopes": ["openid", "email"],
        "sector_identifier_uri": "http://localhost:3000",
        "service": "Apply for a permit",
        "subject_type": "pairwise",
        "token_endpoint_auth_method": "client_secret_basic",
    }
    assert client.secret_hash
    assert team.facts()[-1] == "client_registered"
    assert not team.draft()
    secret = person.html.split('id="client-secret">')[1].split("<")[0]
    assert len(secret) >= 43
    # Sent again, there is nothing to register any more.
    headers = {"Origin": ISSUER.rstrip("/"), "Accept": "text/html", "Referer": ISSUER}
    again = person.request("POST", check, filled, headers)
    assert (again.status, again.headers["Location"]) == (303, team.page.removeprefix(ISSUER[:-1]))
    person.open(f"{team.page}/clients/{client.client_id}")
    assert person.status == 200
    assert secret not in person.html
    assert len(team.clients()) == 1


@pytest.mark.parametrize(
    ("method", "field", "typed", "expected"),
    [
        (
            "jwks",
            "key-address",
            "https://permits.example/jwks.json",
            {"jwks_uri": "https://permits.example/jwks.json"},
        ),
        ("key", "public-key", PUBLIC, {"public_key": public_key_text(KEY)}),
    ],
)
def test_a_key_is_asked_for_on_a_page_of_its_own(
    team: Team, method: str, field: str, typed: str, expected: dict[str, str]
) -> None:
    team.answer("redirect-addresses", "https://permits.example/callback")
    team.answer("authentication", method)
    assert team.person.url.endswith(f"/new/{field}")
    team.answer(field, typed)
    assert team.person.heading == "Check your answers"
    team.person.send()
    assert "Client registered" in team.person.page.text
    [client] = team.clients()
    assert team.person.url.endswith(f"/clients/{client.client_id}?registered=1")
    assert client.members["token_endpoint_auth_method"] == "private_key_jwt"
    assert {**client.members, **expected} == client.members


def test_a_private_key_is_not_kept_anywhere(team: Team, capfd: pytest.CaptureFixture[str]) -> None:
    team.answer("redirect-addresses", CALLBACK)
    team.answer("public-key", PRIVATE)
    assert team.person.status == 400
    assert "That is a private key" in team.person.page.text
    bare = "".join(PRIVATE.splitlines()[1:-1])
    team.answer("name", bare)
    assert "That is a private key" in team.person.page.text
    assert bare not in team.person.html
    told = capfd.readouterr()
    for line in PRIVATE.splitlines()[1:-1]:
        assert line not in team.person.html
        assert line not in told.out + told.err
        assert line not in json.dumps(team.draft())
    assert team.facts()[-1] == "private_key_refused"
    team.answer("public-key", PUBLIC)
    assert team.person.heading == "Check your answers"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("redirect-addresses", "", "You must have at least one"),
        ("redirect-addresses", "permits", "Enter a whole address"),
        ("redirect-addresses", "javascript:alert(1)", "Enter a whole address"),
        ("redirect-addresses", "https://*.example/callback", "Enter a whole address"),
        ("redirect-addresses", "https://permits.example/#top", "Take away the #"),
        ("redirect-addresses", "http://permits.example/", "must begin with https://"),
        ("redirect-addresses", "https://permits.example/?code=1", "Take code, state"),
        ("redirect-addresses", "https://\u202epermits.exämple/", "Enter a whole address"),
        ("redirect-addresses", f"https://permits.example/{'x' * 3000}", "2048 characters or fewer"),
        (
            "redirect-addresses",
            f"https://permits.example/{'x' * 5000}",
            "not something we can read",
        ),
        ("redirect-addresses", "https://permits.example/\x00", "not something we can read"),
        ("after-sign-out", "ftp://permits.example/", "Enter a whole address"),
        ("back-channel", "http://permits.example/", "must begin with https://"),
        ("name", "", "Enter a name for the client"),
        ("name", ":permit", "no colon at the beginning"),
        ("name", "x" * 255, "Use up to 254"),
        ("contacts", "nobody", "That is no email address"),
        ("authentication", "none", "Select one of the answers"),
        ("pkce", "perhaps", "Select yes or no"),
        ("scopes", "everything", "not something we can read"),
        ("public-key", "a key", "That is no public key"),
        ("public-key", "x" * 20_000, "That is no public key"),
        ("key-address", "", "Enter a whole address"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_name_and_nothing_is_kept(
    team: Team, field: str, value: str, words: str
) -> None:
    person = team.answer(field, value)
    assert person.status == 400
    assert words in person.page.text
    assert not team.draft()


def test_ten_thousand_addresses_in_one_post_are_refused(team: Team) -> None:
    person = team.person
    person.open(f"{team.page}/clients/new/redirect-addresses")
    token = person.form().values["csrf_token"]
    address = f"{team.page}/clients/new/redirect-addresses"
    many = [("value", f"https://permits.example/{n}") for n in range(10_000)]
    for sent, status in ((many, 413), (many[:500], 400)):
        answer = person.client.post(
            address,
            data={"csrf_token": token, "value": [value for _, value in sent]},
            headers={"Origin": ISSUER.rstrip("/"), "Accept": "text/html"},
        )
        assert answer.status_code == status
    assert not team.draft()


def test_lists_are_filled_and_emptied_one_entry_at_a_time(team: Team) -> None:
    first, second = "https://permits.example/one", "https://permits.example/two"
    team.answer("redirect-addresses", first, add="yes")
    assert team.person.url.endswith("/redirect-addresses")
    team.answer("redirect-addresses", second, add="yes")
    team.answer("redirect-addresses", second, add="yes")
    assert "in the list already" in team.person.page.text
    assert team.draft()["redirect_uris"] == [first, second]
    team.answer("redirect-addresses", "", remove=first)
    assert team.draft()["redirect_uris"] == [second]
    team.answer("redirect-addresses", "", remove=second)
    assert "You must have at least one" in team.person.page.text
    team.answer("redirect-addresses", "", remove="https://never.example/")
    assert team.draft()["redirect_uris"] == [second]
    team.answer("redirect-addresses", "")
    assert team.person.heading == "How does your client prove who it is?"


def test_a_list_has_an_end(team: Team) -> None:
    full = {"redirect_uris": [f"https://permits.example/{n}" for n in range(100)]}
    client_drafts.keep(
        team.session, team.services, team.service.id, team.citizen.account_id, full, begun={}
    )
    team.session.commit()
    person = team.answer("redirect-addresses", "https://permits.example/more")
    assert "100 in the list at most" in person.page.text


def test_several_hosts_need_a_sector(team: Team) -> None:
    team.answer("redirect-addresses", "https://permits.example/one", add="yes")
    team.answer("redirect-addresses", "https://other.example/two")
    assert team.person.url.endswith("/new/sector")
    team.answer("sector", "https://permits.example")
    assert team.person.heading == "How does your client prove who it is?"


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([("identity", "yes")], "Choose at least one identity claim"),
        (
            [("identity", "yes"), ("authentication", "client_secret_post")],
            "Choose a key to use identity proving",
        ),
        ([("confidence", "P2")], "Turn on identity proving"),
        (
            [("authentication", "client_secret_post"), ("signed-requests", "yes")],
            "Signed requests need a key",
        ),
        (
            [("authentication", "client_secret_post"), ("profile", "one_login")],
            "With a secret, choose plain",
        ),
    ],
)
def test_fields_are_judged_together_at_the_end(
    team: Team, answers: list[tuple[str, str]], words: str
) -> None:
    team.answer("redirect-addresses", CALLBACK)
    team.answer("public-key", PUBLIC)
    for field, value in answers:
        team.answer(field, value)
    assert team.person.heading == "Check your answers"
    assert words in team.person.page.text
    team.person.send()
    assert team.person.status == 400
    assert not team.clients()
    assert team.draft()


def test_everything_can_be_said_before(team: Team) -> None:
    for field, value in [
        ("name", "Permits"),
        ("contacts", "team@permits.example"),
        ("service-type", "OPTIONAL"),
        ("channel", "generic_app"),
        ("redirect-addresses", CALLBACK),
        ("after-sign-out", "http://localhost:3000/"),
        ("back-channel", "http://localhost:3000/out"),
        ("public-key", PUBLIC),
        ("scopes", "phone"),
        ("identity", "yes"),
        ("claims", "https://vocab.account.gov.uk/v1/address"),
        ("confidence", "P2"),
        ("algorithm", "RS256"),
        ("pkce", "no"),
        ("signed-requests", "yes"),
        ("max-age", "yes"),
    ]:
        assert team.answer(field, value).status == 200, field
    assert "Without the return code" in team.person.page.text
    assert "max_age people sign in more often" in team.person.page.text
    team.person.send()
    assert "Client registered" in team.person.page.text
    kept = team.clients()[0].members
    assert kept["scopes"] == ["openid", "phone"]
    assert kept["contacts"] == [team.citizen.email, "team@permits.example"]
    assert (kept["identity_verification_supported"], kept["pkce_enforced"]) == (True, False)


def test_a_draft_is_thrown_away_or_left_for_another_day(team: Team) -> None:
    team.answer("redirect-addresses", CALLBACK)
    team.answer("authentication", "client_secret_basic")
    team.person.open(f"{team.page}/clients/new")
    assert team.person.heading == "Check your answers"
    team.person.send(form=1)
    assert team.person.heading == "Apply for a permit"
    assert not team.draft()


def test_an_integration_team_changes_at_once(team: Team) -> None:
    client = team.register()
    person = team.change(client.client_id, "redirect-addresses", f"{CALLBACK}/")
    assert "Changed: Redirect addresses" in person.page.text
    assert team.clients()[0].members["redirect_uris"] == [CALLBACK, f"{CALLBACK}/"]
    assert team.facts()[-1] == "client_changed"
    entry = team.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert '"changed":["redirect_uris"]' in entry.detail
    before = len(team.facts())
    team.change(client.client_id, "pkce", "yes")
    assert len(team.facts()) == before
    for field, value, words in [
        ("identity", "yes", "Choose a key to use identity proving"),
        ("profile", "one_login", "With a secret, choose plain"),
        ("redirect-addresses", "http://x", "must begin with https://"),
    ]:
        person = team.change(client.client_id, field, value)
        assert person.status == 400
        assert words in person.page.text
    assert len(team.facts()) == before


def test_another_way_of_proving_shows_a_secret_once(team: Team) -> None:
    client = team.register()
    team.change(client.client_id, "authentication", "key")
    assert team.person.url.endswith("/change/public-key")
    team.change(client.client_id, "public-key", PUBLIC)
    assert team.clients()[0].secret_hash is None
    person = team.change(client.client_id, "authentication", "client_secret_post")
    assert person.heading == "Your client secret"
    person.open(f"{team.page}/clients/{client.client_id}")
    assert "client-secret" not in person.html


def test_identity_proving_is_turned_on_and_off_on_a_client(team: Team) -> None:
    client = team.register()
    team.change(client.client_id, "public-key", PUBLIC)
    team.change(client.client_id, "confidence", "P2")
    assert "Turn on identity proving" in team.person.page.text
    team.change(client.client_id, "identity", "yes")
    assert "Choose at least one identity claim" in team.person.page.text
    team.change(client.client_id, "claims", "https://vocab.account.gov.uk/v1/address")
    team.change(client.client_id, "confidence", "P2")
    assert "Choose at least one identity claim" not in team.person.page.text
    team.change(client.client_id, "identity", "no")
    assert team.clients()[0].members["claims"] is None


def test_a_live_client_waits_for_approval_and_the_old_stays(team: Team) -> None:
    party = team.live()
    person = team.change(party.client_id, "redirect-addresses", f"{party.origin}/other")
    assert "A change waits for an operator" in person.page.text
    assert team.clients()[0].members["redirect_uris"] == [party.redirect_uri]
    team.change(party.client_id, "pkce", "no")
    asked = team_changes.waiting(team.session, party.client_id)
    assert asked is not None
    assert asked.asked == {
        "pkce_enforced": False,
        "redirect_uris": [party.redirect_uri, f"{party.origin}/other"],
    }
    person.send()
    assert team_changes.waiting(team.session, party.client_id) is None
    team.change(party.client_id, "redirect-addresses", "http://x")
    assert "must begin with https://" in person.page.text
    team.change(party.client_id, "redirect-addresses", "https://localhost/")
    assert "may not use localhost" in person.page.text
    person.open(f"{team.page}/clients/{party.client_id}/change/sector")
    assert person.url.endswith(party.client_id)
    assert "Fixed: the client is live" in person.page.text


def test_a_live_client_keeps_its_sector_and_one_change_at_a_time(team: Team, app: Flask) -> None:
    party = team.live(sector_identifier_uri=None)
    person = team.change(party.client_id, "redirect-addresses", "https://other.example/")
    assert "set a sector identifier" in person.page.text
    other = enrol(team.session, team.services, Citizen("other@example.com"))
    members.add(team.session, team.services, team.service.id, other.account_id, Role.WRITER)
    team.session.commit()
    team.change(party.client_id, "sector", "https://other.example")
    assert "every citizen would be new to it" in person.page.text
    team.change(party.client_id, "pkce", "no")
    team.person = sign_in_as(app, team.session, team.services, other)
    team.change(party.client_id, "max-age", "yes")
    assert "A change by somebody else waits" in team.person.page.text


def test_no_other_service_is_reached_through_an_address(
    team: Team, session: Session, services: Services
) -> None:
    other = clients.apply(session, services, RelyingParty(ISSUER).registration())
    session.commit()
    for path in ("", "/change/name"):
        team.person.open(f"{team.page}/clients/{other.client_id}{path}")
        assert team.person.status == 404
    team.person.open(f"{team.page}/clients/new/no-such-field")
    assert team.person.status == 404
    assert session.scalars(select(ClientDraft)).all() == []
    assert session.scalar(select(Service.id).limit(1))
