"""`/connect/register`: a service team registers its own clients, with a key, within its bounds."""

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from idp.domain import registration_keys, team_clients, throttles
from idp.domain.audit_entries import AuditEntry
from idp.domain.clients import Client, Service
from idp.domain.registration_keys import Issued, RegistrationKey
from idp.protocol.team_registration import REQUIRED
from idp.web import limits
from tests.endpoints.conftest import build, close
from tests.endpoints.provider import Browser, Provider, refusal
from tests.protocol.test_client_policy import BAD_LEVELS, BAD_LOGOUT
from tests.support.building import PRODUCTION, KeyRoom
from tests.support.databases import SqliteTemplate
from tests.support.relying_party import RelyingParty, public_key_text, rsa_key

PATH = "/connect/register"
DAY = 86_400


class Team:
    """A service team with a key, which calls from an address of its own."""

    def __init__(self, provider: Provider, name: str, lifetime: int = 30 * DAY) -> None:
        self.provider, self.name = provider, name
        with provider.records() as session:
            self.issued: Issued = registration_keys.issue(
                session, provider.services, name, lifetime
            )
        self.machine = Browser(provider)

    def send(
        self, body: object, client_id: str = "", *, key: str | None = None, **headers: str
    ) -> TestResponse:
        """POST a registration, or PUT one to a client's address."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {key or self.issued.text}"} | headers
        return self.machine.client.open(
            f"{PATH}/{client_id}" if client_id else PATH,
            method="PUT" if client_id else "POST",
            data=raw,
            content_type=sent.pop("content_type", "application/json"),
            base_url=self.provider.origin,
            environ_overrides={"REMOTE_ADDR": self.machine.address},
            headers={name: value for name, value in sent.items() if value},
        )

    def register(self, **about: Any) -> tuple[RelyingParty, dict[str, Any]]:
        """A new client of this team, and what was answered about it."""
        party = newcomer(self.provider, **about)
        answer = self.send(asked_for(party))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.get_json()
        party.client_id, party.secret = told["client_id"], told.get("client_secret")
        return party, told


_numbers = itertools.count(1)


def newcomer(provider: Provider, **about: Any) -> RelyingParty:
    """A service that has no id yet: its address and its key do not hang on one."""
    home = f"https://team-{next(_numbers)}.example"
    return RelyingParty(provider.issuer, home=home, alg="RS256", **about)


def asked_for(party: RelyingParty) -> dict[str, Any]:
    """What a team sends: everything but the id."""
    fields = party.registration()
    del fields["client_id"]
    return fields


@pytest.fixture
def team(provider: Provider, request: pytest.FixtureRequest) -> Team:
    """A team of this test alone."""
    return Team(provider, request.node.name[:60])


def registration_of(provider: Provider, client_id: str) -> dict[str, Any]:
    with provider.records() as session:
        stored: dict[str, Any] = json.loads(session.get_one(Client, client_id).registration)
    return stored


class TestKeys:
    @pytest.mark.row("1.endpoint.register")
    def test_with_a_key_a_client_is_registered(self, provider: Provider, team: Team) -> None:
        party, told = team.register()
        assert told["redirect_uris"] == [party.redirect_uri]
        assert "client_secret" not in told
        assert provider.facts(client_id=told["client_id"]) == ["client_applied_by_team"]
        assert provider.tokens(party)[1]["id_token"]

    @pytest.mark.parametrize(
        ("header", "challenge"),
        [
            ("", "Bearer"),
            ("Bearer", "Bearer"),
            ("Bearer  ", "Bearer"),
            ("Basic YTpi", "Bearer"),
            ("Bearer wrong", 'Bearer error="invalid_token"'),
            ("Bearer " + "x" * 9000, 'Bearer error="invalid_token"'),
            ("Bearer ŵ", 'Bearer error="invalid_token"'),
        ],
    )
    @pytest.mark.parametrize("client_id", ["", "somebody"])
    def test_without_one_nobody_is_let_in(
        self, provider: Provider, team: Team, header: str, challenge: str, client_id: str
    ) -> None:
        """REG-01, REG-06."""
        body = asked_for(newcomer(provider))
        answer = team.send(body, client_id, Authorization=header.encode().decode("latin-1"))
        assert refusal(answer) == (401, "invalid_token", "A registration key is needed")
        assert answer.headers["WWW-Authenticate"] == challenge
        assert answer.headers["Cache-Control"] == "no-store"
        assert team.send(body).status_code == 200

    def test_a_key_that_ended_is_no_key(self, provider: Provider, team: Team) -> None:
        short, body = Team(provider, team.name, 60), asked_for(newcomer(provider))
        assert short.send(body).status_code == 200
        provider.clock.move(60)
        assert short.send(body).status_code == 401
        assert team.send(body).status_code == 200

    def test_a_key_that_was_taken_back_is_no_key(self, provider: Provider, team: Team) -> None:
        body, lost = asked_for(newcomer(provider)), Team(provider, team.name)
        assert lost.send(body).status_code == 200
        with provider.records() as session:
            assert registration_keys.revoke(session, lost.issued.key.id, provider.now)
        assert lost.send(body).status_code == 401
        assert team.send(body).status_code == 200

    def test_a_key_is_stored_as_a_hash_and_its_use_is_noted(
        self, provider: Provider, team: Team
    ) -> None:
        team.register()
        with provider.records() as session:
            key = session.get_one(RegistrationKey, team.issued.key.id)
            rows = session.execute(sa.text("SELECT * FROM registration_keys")).all()
        assert key.last_used_at == provider.now
        assert team.issued.text not in repr(rows)
        assert len(team.issued.text) == len(registration_keys.PREFIX) + 43

    def test_wrong_keys_are_counted_by_source(self, provider: Provider, team: Team) -> None:
        body = asked_for(newcomer(provider))
        for _ in range(limits.FAILURES_AT_TOKEN):
            assert team.send(body, key="wrong").status_code == 401
        answer = team.send(body, key="wrong")
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
        provider.clock.move(60)
        assert team.send(body).status_code == 200

    def test_a_key_may_register_so_often_and_no_more(
        self, provider: Provider, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """REG-08."""
        limit = throttles.Limit(3, 3600)
        monkeypatch.setitem(throttles.LIMITS, throttles.Kind.REGISTRATION, limit)
        for _ in range(3):
            assert team.send({}).status_code == 400
        body = asked_for(newcomer(provider))
        answer = team.send(body)
        assert refusal(answer) == (429, "temporarily_unavailable", "Too many requests")
        assert 0 < int(answer.headers["Retry-After"]) <= 3600
        other = asked_for(newcomer(provider))
        assert Team(provider, "another team").send(other).status_code == 200
        provider.clock.move(3600)
        assert team.send(body).status_code == 200

    def test_a_team_may_have_so_many_clients_and_no_more(
        self, provider: Provider, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """REG-08."""
        monkeypatch.setattr(team_clients, "MOST_CLIENTS", 2)
        party, _ = team.register()
        team.register()
        answer = team.send(asked_for(newcomer(provider)))
        assert refusal(answer)[:2] == (403, "access_denied")
        assert team.send({"client_name": "Changed"}, party.client_id).status_code == 200
        assert Team(provider, "a team with room").register()


class TestRegistering:
    @pytest.mark.row("6.registration.placeholders", "1.endpoint.register_client")
    def test_first_with_placeholders_then_in_earnest(self, provider: Provider, team: Team) -> None:
        """As One Login's admin tool does."""
        first = {
            "client_name": "Apply for a permit",
            "redirect_uris": ["http://localhost/"],
            "contacts": ["team@permits.example"],
            "public_key": public_key_text(rsa_key()),
            "scopes": ["openid", "email", "phone"],
            "sector_identifier_uri": "http://localhost/",
            "subject_type": "pairwise",
            "service_type": "MANDATORY",
        }
        told = team.send(first).get_json()
        assert {name: told[name] for name in first} == first
        party = newcomer(provider)
        answer = team.send(asked_for(party), told["client_id"])
        assert answer.status_code == 200
        party.client_id = told["client_id"]
        assert answer.get_json()["redirect_uris"] == [party.redirect_uri]
        provider.wiring.registry.forget()
        assert provider.tokens(party)[1]["id_token"]
        assert "phone" not in answer.get_json()["scopes"]

    @pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
    def test_a_secret_is_told_once(self, provider: Provider, team: Team, method: str) -> None:
        """REG-07."""
        made = newcomer(provider, method=method, more={"profile": "openid"})
        told = team.send(asked_for(made)).get_json()
        assert (len(told["client_secret"]), told["client_secret_expires_at"]) == (43, 0)
        again = team.send(told, told["client_id"])
        assert again.status_code == 200, again.text
        assert "client_secret" not in again.get_json()
        assert told["client_secret"] not in json.dumps(registration_of(provider, told["client_id"]))
        made.client_id, made.secret = told["client_id"], told["client_secret"]
        assert provider.tokens(made)[1]["id_token"]

    def test_what_is_not_sent_stays(self, provider: Provider, team: Team) -> None:
        party, told = team.register()
        changed = team.send({"client_name": "Another name"}, party.client_id).get_json()
        assert changed == told | {"client_name": "Another name"}
        assert provider.facts(client_id=party.client_id) == ["client_applied_by_team"] * 2

    @pytest.mark.row("6.registration.missing", "6.field.contacts", "6.field.sector_identifier_uri")
    @pytest.mark.parametrize("name", REQUIRED)
    def test_a_member_that_is_missing(self, provider: Provider, team: Team, name: str) -> None:
        body = asked_for(newcomer(provider))
        without = {member: value for member, value in body.items() if member != name}
        assert refusal(team.send(without)) == (400, "invalid_request", f"Missing {name}")
        assert team.send(body).status_code == 200

    @pytest.mark.row("6.registration.error", "6.field.contacts", "6.field.sector_identifier_uri")
    @pytest.mark.parametrize(
        ("changes", "error", "words"),
        [
            ({"contacts": ["nobody"]}, "invalid_client_metadata", "Invalid Contacts"),
            ({"sector_identifier_uri": "tax"}, "invalid_client_metadata",
             "Invalid Sector Identifier URI"),
            ({"redirect_uris": ["http://tax.example/"]}, "invalid_redirect_uri",
             "Invalid Redirect URIs"),
            ({"redirect_uris": ["https://tax.example/#x"]}, "invalid_redirect_uri",
             "Invalid Redirect URIs"),
            ({"redirect_uris": ["https://*.tax.example/"]}, "invalid_redirect_uri",
             "Invalid Redirect URIs"),
            ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri",
             "Invalid Redirect URIs"),
            ({"redirect_uris": "https://tax.example/"}, "invalid_redirect_uri",
             "Invalid Redirect URIs"),
            ({"redirect_uris": []}, "invalid_redirect_uri", "Invalid Redirect URIs"),
            ({"redirect_uris": ["https://a.example/"] * 2000}, "invalid_redirect_uri",
             "Invalid Redirect URIs"),
            ({"scopes": ["openid", "am"]}, "invalid_client_metadata", "Insufficient Scope"),
            ({"scopes": 7}, "invalid_client_metadata", "Insufficient Scope"),
            ({"claims": {"a": 1}}, "invalid_client_metadata", "Insufficient Claim"),
            ({"client_name": {"a": []}}, "invalid_client_metadata", "Invalid Client Name"),
            ({"id_token_signing_algorithm": "none"}, "invalid_client_metadata",
             "Invalid ID Token Signing Algorithm"),
            ({"id_token_signing_algorithm": "HS256"}, "invalid_client_metadata",
             "Invalid ID Token Signing Algorithm"),
            ({"token_endpoint_auth_method": "none"}, "invalid_client_metadata",
             "Invalid Token Endpoint Authentication Method"),
            ({"public_key": "AAAA"}, "invalid_client_metadata", "Invalid Public Key"),
            ({"public_key": None, "public_key_source": "JWKS",
              "jwks_uri": "http://169.254.169.254/keys"}, "invalid_client_metadata",
             "Invalid JWKS URI"),
            ({"service": "a\nb"}, "invalid_client_metadata", "Invalid Service"),
            ({"service_cy": "\ud800"}, "invalid_client_metadata", "Invalid Service"),
            ({"pkce_enforced": "no"}, "invalid_client_metadata", "Invalid pkce_enforced"),
        ],
    )  # fmt: skip
    def test_a_broken_rule(
        self, provider: Provider, team: Team, changes: dict[str, Any], error: str, words: str
    ) -> None:
        """REG-02, REG-03, REG-05."""
        body = asked_for(newcomer(provider))
        assert refusal(team.send(body | changes)) == (400, error, words)
        party, before = team.register()
        assert refusal(team.send(changes, party.client_id)) == (400, error, words)
        assert team.send({}, party.client_id).get_json() == before, "something was changed"

    @pytest.mark.row("6.registration.order")
    def test_the_first_broken_rule_is_told(self, provider: Provider, team: Team) -> None:
        body = asked_for(newcomer(provider))
        in_order = [
            ("post_logout_redirect_uris", ["x"], BAD_LOGOUT),
            ("redirect_uris", ["x"], "Invalid Redirect URIs"),
            ("sector_identifier_uri", "x", "Invalid Sector Identifier URI"),
            ("back_channel_logout_uri", "x", "Invalid Back-Channel Logout URI"),
            ("public_key_source", "x", "Invalid Public Key Source"),
            ("public_key", "x", "Invalid Public Key"),
            ("jwks_uri", "x", "Invalid JWKS URI"),
            ("scopes", ["x"], "Insufficient Scope"),
            ("service_type", "x", "Invalid Service Type"),
            ("subject_type", "x", "Invalid Subject Type"),
            ("claims", ["x"], "Insufficient Claim"),
            ("client_type", "x", "Invalid Client Type"),
            ("accepted_levels_of_confidence", ["x"], BAD_LEVELS),
            ("id_token_signing_algorithm", "x", "Invalid ID Token Signing Algorithm"),
            ("channel", "x", "Invalid Channel"),
            ("landing_page_url", "x", "Invalid Landing Page URI"),
        ]
        broken: dict[str, Any] = {}
        for name, value, words in reversed(in_order):
            broken[name] = value
            assert refusal(team.send(body | broken))[2] == words

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 400),
            (b"{", 400),
            (b"[]", 400),
            (b"null", 400),
            (b'"x"', 400),
            (b"\xff\xfe{", 400),
            (b'{"client_name": "a", "client_name": "b"}', 400),
            (b'{"rate": NaN}', 400),
            (b"[" * 30_000, 400),
            (b'{"a":' * 10_000, 400),
            (b'{"n": ' + b"1" * 9000 + b"}", 400),
            (b'{"client_name": "' + b"x" * 70_000 + b'"}', 413),
        ],
    )
    def test_a_body_that_is_no_registration(
        self, provider: Provider, team: Team, body: bytes, status: int
    ) -> None:
        """JWT-08, DOS-04."""
        answer = team.send(body)
        assert (answer.status_code, answer.get_json()["error"]) == (status, "invalid_request")
        party, _ = team.register()
        assert team.send(body, party.client_id).status_code == status

    def test_ten_thousand_addresses(self, provider: Provider, team: Team) -> None:
        body = asked_for(newcomer(provider))
        many = body | {"redirect_uris": [f"https://a.example/{n}" for n in range(10_000)]}
        assert team.send(many).status_code == 413
        assert team.send(body).status_code == 200

    def test_another_content_type(self, provider: Provider, team: Team) -> None:
        body = asked_for(newcomer(provider))
        for content_type in ("text/plain", "application/x-www-form-urlencoded"):
            answer = team.send(body, content_type=content_type)
            assert refusal(answer) == (400, "invalid_request", "Invalid request")
        assert team.send(body).status_code == 200

    @pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
    def test_other_methods(self, provider: Provider, method: str) -> None:
        assert provider.browser().get(PATH, method=method).status_code == 405
        assert provider.browser().get(f"{PATH}/x", method=method).status_code == 405

    def test_a_name_with_markup_is_text_to_whoever_sees_it(
        self, provider: Provider, team: Team
    ) -> None:
        """REG-09."""
        name = "<script>alert(1)</script>"
        party, _ = team.register(more={"client_name": name, "service": name})
        browser = provider.browser()
        page = browser.authorize(party, party.ask())
        while page.status_code in (302, 303):
            page = browser.get(page.headers["Location"], Accept="text/html")
        assert page.status_code == 200
        assert "&lt;script&gt;alert" in page.text
        assert name not in page.text


class TestBounds:
    @pytest.mark.parametrize(
        "changes",
        [
            {"rate_limit": None}, {"RateLimit": 9999}, {"client_secret_hash": "x"},
            {"active": True}, {"IsDeprecated": False}, {"permit_missing_nonce": True},
            {"TestClient": True}, {"environment": "production"}, {"client_id": "admin"},
        ],
        ids=str,
    )  # fmt: skip
    def test_what_is_for_operators(
        self, provider: Provider, team: Team, changes: dict[str, Any]
    ) -> None:
        """REG-05."""
        body = asked_for(newcomer(provider))
        answer = team.send(body | changes)
        assert refusal(answer)[:2] == (400, "invalid_client_metadata")
        assert refusal(answer)[2].endswith("is for operators")
        party, before = team.register()
        assert team.send(changes, party.client_id).status_code == 400
        assert team.send({}, party.client_id).get_json() == before

    @pytest.mark.row("6.field.token_endpoint_auth_method")
    def test_a_one_login_clients_secret_is_for_operators(
        self, provider: Provider, team: Team
    ) -> None:
        method = {"token_endpoint_auth_method": "client_secret_post", "public_key": None}
        body = asked_for(newcomer(provider))
        words = "token_endpoint_auth_method is for operators"
        assert refusal(team.send(body | method)) == (400, "invalid_client_metadata", words)
        party, _ = team.register()
        assert refusal(team.send(method, party.client_id))[2] == words
        identity = {"identity_verification_supported": True}
        answer = team.send(body | method | identity | {"profile": "openid"})
        assert refusal(answer)[2] == "Identity verification needs private_key_jwt"
        assert team.send(body | method | {"profile": "openid"}).status_code == 200

    def test_a_secret_does_not_come_along_to_another_profile(
        self, provider: Provider, team: Team
    ) -> None:
        party, _ = team.register(method="client_secret_post", more={"profile": "openid"})
        answer = team.send({"profile": "one_login"}, party.client_id)
        assert refusal(answer)[2] == "token_endpoint_auth_method is for operators"

    @pytest.mark.row("6.registration.unknown_client")
    def test_a_client_nobody_knows(self, provider: Provider, team: Team) -> None:
        for client_id in ("nobody", "x" * 500, "%F0%9F%98%80"):
            answer = team.send({}, client_id)
            assert refusal(answer) == (400, "invalid_client", "Client not found")
        party, _ = team.register()
        assert team.send({}, party.client_id).status_code == 200

    def test_a_client_of_others_is_nobody(self, provider: Provider, team: Team) -> None:
        """REG-06."""
        operators = provider.party()
        other, _ = Team(provider, "another team").register()
        for client_id in (operators.client_id, other.client_id):
            before = registration_of(provider, client_id)
            answer = team.send({"redirect_uris": ["https://evil.example/"]}, client_id)
            assert refusal(answer) == (400, "invalid_client", "Client not found")
            assert registration_of(provider, client_id) == before

    def test_a_client_in_production_is_out_of_reach(self, provider: Provider, team: Team) -> None:
        party, told = team.register()
        with provider.records() as session:
            stored = session.get_one(Client, party.client_id)
            stored.registration = json.dumps(told | {"environment": "production"})
        answer = team.send({"client_name": "x"}, party.client_id)
        assert refusal(answer) == (400, "invalid_client", "Client not found")

    def test_a_new_key_of_the_same_team_takes_over(self, provider: Provider, team: Team) -> None:
        party, _ = team.register()
        later = Team(provider, team.name)
        assert later.send({"client_name": "Renamed"}, party.client_id).status_code == 200

    def test_a_services_name_is_not_for_others_to_use(self, provider: Provider, team: Team) -> None:
        """A citizen would take the client for the service's own."""
        owner = provider.party(more={"service": f"Fishing {team.issued.key.id}"})
        mine = {"service": f"Fishing {team.issued.key.id}", "service_cy": "Pysgota",
                "landing_page_url": "https://evil.example/"}  # fmt: skip
        body = asked_for(newcomer(provider))
        assert refusal(team.send(body | mine))[2] == "Invalid Service"
        party, _ = team.register()
        assert refusal(team.send(mine, party.client_id))[2] == "Invalid Service"
        with provider.records() as session:
            [service] = session.scalars(
                sa.select(Service).where(Service.name == owner.more["service"])
            )
        assert (service.name_cy, service.landing_page_url) == (None, f"{owner.origin}/")
        # Its own it may use for several clients.
        own = {"service": f"Hunting {team.issued.key.id}"}
        assert [team.send(body | own).status_code for _ in range(2)] == [200, 200]

    @pytest.mark.parametrize(
        "change",
        [
            {"service": "Fishing {} "},
            {"service": " Fishing {}"},
            {"service": "FISHING {}"},
            {"service": "Fishing  {}"},
            {"service": "Ｆishing {}"},
            {"service": "Fіshing {}"},
            {"service": "Flshing-{}."},
            {"service": "Pysgota {}"},
            {"service": "Angling", "service_cy": "Pysgota {}"},
            {"service": "Angling", "service_cy": "Fishing {}"},
            {"client_name": "Fishing {} ", "service": None},
        ],
        ids=str,
    )
    def test_nor_is_a_name_that_citizens_would_take_for_it(
        self, provider: Provider, team: Team, change: dict[str, str | None]
    ) -> None:
        number = team.issued.key.id
        provider.party(more={"service": f"Fishing {number}", "service_cy": f"Pysgota {number}"})
        written = {name: text and text.format(number) for name, text in change.items()}
        body = asked_for(newcomer(provider)) | {"client_name": "Angling club"}
        assert refusal(team.send(body | written))[2] == "Invalid Service"
        party, _ = team.register()
        assert refusal(team.send(written, party.client_id))[2] == "Invalid Service"
        own = {"service": f"Fishing {number} from a boat", "service_cy": f"Pysgota {number} o gwch"}
        assert [team.send(body | own).status_code for _ in range(2)] == [200, 200]

    def test_a_suspended_client_stays_suspended(self, provider: Provider, team: Team) -> None:
        party, _ = team.register()
        with provider.records() as session:
            session.get_one(Client, party.client_id).state = "suspended"
        assert team.send({"client_name": "Renamed"}, party.client_id).status_code == 200
        with provider.records() as session:
            assert session.get_one(Client, party.client_id).state == "suspended"

    def test_the_record_says_who_registered_what_and_who_was_refused(
        self, provider: Provider, team: Team
    ) -> None:
        party, _ = team.register()
        team.send({"rate_limit": 1}, party.client_id)
        team.send({}, key="wrong")
        key_id = team.issued.key.id
        with provider.records() as session:
            about = session.scalars(
                sa.select(AuditEntry)
                .where(AuditEntry.detail.contains(key_id))
                .order_by(AuditEntry.id)
            ).all()
            unknown = session.scalars(
                sa.select(AuditEntry)
                .where(AuditEntry.fact == "team_registration_refused")
                .order_by(AuditEntry.id)
            ).all()[-1]
        assert [entry.fact for entry in about] == [
            "registration_key_issued",
            "client_applied_by_team",
            "team_registration_refused",
        ]
        assert json.loads(about[-1].detail)["reason"] == "rate_limit is for operators"
        assert json.loads(unknown.detail) == {"key_id": None, "reason": "unknown key"}

    def test_two_teams_that_ask_for_one_name_at_once(self, provider: Provider, team: Team) -> None:
        teams = [team, Team(provider, "the other team")]
        name = {"service": f"One name {team.issued.key.id}"}
        barrier = Barrier(2)

        def act(number: int) -> int:
            body = asked_for(newcomer(provider)) | name
            barrier.wait(20)
            return teams[number].send(body).status_code

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(act, range(2))) == [200, 400]

    def test_two_changes_at_once_are_both_kept(self, provider: Provider, team: Team) -> None:
        party, _ = team.register()
        changes = [{"client_name": "Renamed"}, {"contacts": ["new@example.com"]}]
        barrier = Barrier(2)

        def act(number: int) -> int:
            sender = Team(provider, team.name)
            barrier.wait(20)
            return sender.send(changes[number], party.client_id).status_code

        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(act, range(2))) == [200, 200]
        stored = registration_of(provider, party.client_id)
        assert (stored["client_name"], stored["contacts"]) == ("Renamed", ["new@example.com"])


class TestOpenAndClosed:
    """On installations of their own: others' keys would open these."""

    @pytest.fixture
    def closed(
        self, sqlite_template: SqliteTemplate, tmp_path: Path, key_room: KeyRoom
    ) -> Iterator[Provider]:
        made = build(sqlite_template.copy_to(tmp_path / "onepass.db"), tmp_path, key_room)
        yield made
        close(made.app)

    @pytest.fixture
    def production(
        self, sqlite_template: SqliteTemplate, tmp_path: Path, key_room: KeyRoom
    ) -> Iterator[Provider]:
        folder = tmp_path / "production"
        folder.mkdir()
        made = build(
            sqlite_template.copy_to(folder / "onepass.db"),
            folder,
            key_room,
            **PRODUCTION,
            ONEPASS_ISSUER="https://id.onepass.example/",
        )
        yield made
        close(made.app)

    @staticmethod
    def discovery(provider: Provider) -> dict[str, Any]:
        document: dict[str, Any] = (
            provider.browser().get("/.well-known/openid-configuration").get_json()
        )
        return document

    @pytest.mark.row("1.discovery.registration_endpoint")
    def test_it_is_open_while_there_is_a_key(self, closed: Provider) -> None:
        body = asked_for(newcomer(closed))
        for path in (PATH, f"{PATH}/x"):
            answer = closed.browser().post(path, json.dumps(body), content_type="application/json")
            assert answer.status_code == (404 if path == PATH else 405)
        assert "registration_endpoint" not in self.discovery(closed)
        team = Team(closed, "the first", 60)
        assert team.send(body).status_code == 200
        closed.clock.move(registration_keys.BELIEVED_FOR)
        assert self.discovery(closed)["registration_endpoint"] == f"{closed.issuer}connect/register"
        closed.clock.move(60)
        assert team.send(body).status_code == 404
        assert team.send(body, "x").status_code == 404
        assert "registration_endpoint" not in self.discovery(closed)

    @pytest.mark.row("1.endpoint.register", "1.endpoint.register_client")
    def test_production_mode_knows_no_keys(self, production: Provider) -> None:
        team = Team(production, "a team")
        body = asked_for(newcomer(production))
        assert team.send(body).status_code == 404
        assert team.send({}, "x").status_code == 404
        assert "registration_endpoint" not in self.discovery(production)

    def test_discovery_does_not_need_the_answer(
        self, closed: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> bool:
            raise sa.exc.OperationalError("SELECT", None, Exception("gone"))

        monkeypatch.setattr(registration_keys, "any_live", broken)
        assert self.discovery(closed)["issuer"] == closed.issuer
