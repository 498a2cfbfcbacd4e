"""The pages about a client's keys and secrets, in front of Flask's test client."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from flask import Flask
from sqlalchemy.orm import Session

from idp.domain import client_proofs, clients, members, team_changes, team_keys
from idp.domain.audit_entries import AuditEntry
from idp.domain.client_keys import FETCH_INTERVAL
from idp.domain.client_proofs import KEY, NAMED_KEY, NOTED_EVERY, SECRET
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.services import Services
from idp.domain.throttles import LIMITS, Kind
from idp.journeys.service_teams.views import key_sets
from tests.endpoints.key_server import KeyServer, jwk
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty, ec_key, public_key_text, rsa_key


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the pages say does not depend on the database."""
    return sqlite_url


Team = Callable[..., tuple[Person, RelyingParty, str]]


@pytest.fixture
def team(app: Flask, session: Session, services: Services) -> Team:
    """A client of this kind, a writer of its service signed in, and where its pages are."""

    def made(role: Role = Role.WRITER, **how: Any) -> tuple[Person, RelyingParty, str]:
        how["more"] = {"profile": "openid"} | how.get("more", {})
        party = RelyingParty(services.settings.issuer, **how)
        applied = clients.apply(session, services, party.registration())
        party.secret = applied.client_secret
        service_id = session.get_one(Client, party.client_id).service_id
        writer = enrol(session, services, Citizen(f"writer.{party.client_id}@example.com"))
        members.add(session, services, service_id, writer.account_id, role)
        person = sign_in_as(app, session, services, writer)
        pages = f"{person.issuer}team/services/{service_id}/clients/{party.client_id}"
        return person, party, pages

    return made


def proves_itself(person: Person, party: RelyingParty, now: int, **more: str) -> bool:
    """Whether the client is known by its proof: its token is not, which is said next."""
    form = {"token": "x"} | party.proof(now) | more
    answer = person.client.post("/introspect", data=form, base_url=party.issuer)
    return answer.status_code == 200


class TestSecrets:
    def test_two_work_until_the_old_one_is_retired(
        self, team: Team, session: Session, clock: FixedClock
    ) -> None:
        person, party, pages = team(method="client_secret_post", id_token_alg="RS256")
        old = party.secret
        person.open(f"{pages}/secret/new")
        person.send()
        assert person.status == 400
        assert "Confirm that you will store it" in person.page.text
        person.send({"ready": "y"})
        assert person.heading == "Your new secret"
        [new] = re.findall(r'<pre class="onepass-pre" id="secret">([^<]+)</pre>', person.html)
        assert person.html.count(new) == 1
        for secret in (old, new):
            party.secret = secret
            assert proves_itself(person, party, clock.now()), secret
        party.secret = "wrong"
        assert not proves_itself(person, party, clock.now())
        person.open(f"{pages}/secret")
        assert new not in person.html
        assert f"Ends in {new[-4:]}" in person.page.text
        assert "Make a new secret" not in person.page.text, "two is all"
        person.open(f"{pages}/secret/new")
        person.send({"ready": "y"})
        assert "Two secrets work already" in person.page.text
        person.open(f"{pages}/secret")
        retire = [href for href, _ in person.page.links if "/retire" in href]
        assert len(retire) == 2
        person.open(retire[0])
        person.send()
        party.secret = old
        assert not proves_itself(person, party, clock.now())
        party.secret = new
        assert proves_itself(person, party, clock.now())
        person.open(retire[1])
        assert "only secret of the client" in person.page.text
        stored = json.dumps(
            [str(vars(each)) for each in session.scalars(sa.select(client_proofs.ClientProof))]
        )
        assert new not in stored
        facts = session.scalars(sa.select(AuditEntry.fact)).all()
        assert {"client_secret_made", "client_secret_retired"} <= set(facts)

    def test_its_last_use_is_written_down_once_an_hour(
        self, team: Team, session: Session, clock: FixedClock
    ) -> None:
        person, party, pages = team(method="client_secret_post", id_token_alg="RS256")
        for moved, expected in ((0, 0), (NOTED_EVERY - 1, 0), (1, NOTED_EVERY)):
            clock.move(moved)
            assert proves_itself(person, party, clock.now())
            person.open(f"{pages}/secret")
            session.expire_all()
            [known] = client_proofs.of_client(session, party.client_id, SECRET)
            assert known.last_used_at == clock.now() - moved * (expected == 0), moved
            assert "Last used" in person.page.text

    def test_a_client_with_a_key_has_none(self, team: Team) -> None:
        person, _party, pages = team()
        person.open(f"{pages}/secret")
        assert "proves itself with a key" in person.page.text
        person.open(f"{pages}/secret/new")
        assert person.status == 404

    def test_a_reader_sees_them_and_changes_nothing(self, team: Team) -> None:
        person, _party, pages = team(Role.READER, method="client_secret_post", id_token_alg="RS256")
        person.open(f"{pages}/secret")
        assert person.status == 200
        assert "Make a new secret" not in person.page.text
        person.open(f"{pages}/secret/new")
        assert person.status == 403


class TestAPastedKey:
    def test_another_takes_its_place(self, team: Team, session: Session, clock: FixedClock) -> None:
        person, party, pages = team()
        assert proves_itself(person, party, clock.now())
        person.open(f"{pages}/keys")
        assert "Last used" in person.page.text
        before = person.page.text
        person.open(f"{pages}/keys/replace")
        fresh = ec_key("fresh")
        pem = fresh.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        person.send({"public_key": pem.decode()})
        assert person.heading == "Keys"
        assert person.page.text != before
        assert "Not yet" in person.page.text
        assert f"writer.{party.client_id}@example.com" in person.page.text
        assert not proves_itself(person, party, clock.now())
        session.expire_all()
        [known] = client_proofs.of_client(session, party.client_id, KEY)
        assert known.proof == client_proofs.of_text(public_key_text(fresh))

    def test_of_a_live_client_waits_for_an_operator(
        self, team: Team, app: Flask, session: Session, services: Services, clock: FixedClock
    ) -> None:
        person, party, pages = team(more={"environment": "production"})
        before, fresh = party.key, ec_key("fresh")
        person.open(f"{pages}/keys/replace")
        assert "waits until an operator approves it" in person.page.text
        person.send({"public_key": public_key_text(fresh)})
        assert person.heading == "Keys"
        assert "Another key waits for an operator" in person.page.text
        fresh_thumbprint = team_keys.thumbprint(public_key_text(fresh))
        assert f"Its thumbprint: {fresh_thumbprint}" in person.page.text
        assert proves_itself(person, party, clock.now()), "the old one stays in force"
        service_id = session.get_one(Client, party.client_id).service_id
        other = enrol(session, services, Citizen("other.writer@example.com"))
        members.add(session, services, service_id, other.account_id, Role.WRITER)
        another = sign_in_as(app, session, services, other)
        another.open(f"{pages}/keys/replace")
        another.send({"public_key": public_key_text(ec_key("third"))})
        assert another.status == 400
        assert "A change by somebody else waits" in another.page.text
        session.expire_all()
        asked = team_changes.waiting(session, party.client_id)
        assert asked is not None
        assert asked.asked == {"public_key": public_key_text(fresh)}
        assert public_key_text(before) in session.get_one(Client, party.client_id).registration
        team_changes.apply_approved(session, services, asked)
        session.commit()
        [known] = client_proofs.of_client(session, party.client_id, KEY)
        assert known.proof == client_proofs.of_text(public_key_text(fresh))

    def test_of_a_live_client_is_wanted_instead_of_another_way_that_waits(
        self, team: Team, session: Session
    ) -> None:
        person, party, pages = team(more={"environment": "production"})
        key, address = public_key_text(ec_key("fresh")), "https://x.example/keys"
        person.open(f"{pages}/change/key-address")
        person.send({"value": address})
        session.expire_all()
        asked = team_changes.waiting(session, party.client_id)
        assert asked is not None
        assert asked.asked["jwks_uri"] == address
        person.open(f"{pages}/keys/replace")
        person.send({"public_key": key})
        session.expire_all()
        asked = team_changes.waiting(session, party.client_id)
        assert asked is not None
        assert asked.asked == {"public_key": key}

    @pytest.mark.parametrize("kind", ["pem", "jwk"])
    def test_a_private_key_is_refused_and_leaves_no_trace(
        self, team: Team, session: Session, kind: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        person, party, pages = team()
        mine = ec.generate_private_key(ec.SECP256R1())
        pem = mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        number = mine.private_numbers().private_value
        pasted = pem if kind == "pem" else json.dumps(jwk(mine, "x") | {"d": f"{number:x}"})
        person.open(f"{pages}/keys/replace")
        person.send({"public_key": pasted})
        assert person.status == 400
        assert "compromised" in person.page.text
        secret_parts = [pem.splitlines()[1], f"{number:x}"]
        assert not [part for part in secret_parts if part in person.html]
        session.expire_all()
        registration = session.get_one(Client, party.client_id).registration
        assert public_key_text(party.key) in registration
        entries = " ".join(session.scalars(sa.select(AuditEntry.detail)))
        said = capfd.readouterr()
        for part in secret_parts:
            assert part not in registration + entries + said.out + said.err
        assert "private_key_refused" in session.scalars(sa.select(AuditEntry.fact)).all()

    def test_what_is_no_key_is_told_apart(self, team: Team) -> None:
        person, _party, pages = team()
        person.open(f"{pages}/keys/replace")
        weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        for pasted, words in (
            ("", "Paste the public key"),
            ("hello", "That is not a public key"),
            (public_key_text(weak), "An RSA key must have 2048 bits or more"),
        ):
            person.send({"public_key": pasted})
            assert person.status == 400
            assert words in person.page.text


class TestAKeySet:
    def at(self, team: Team, address: str, **more: Any) -> tuple[Person, RelyingParty, str]:
        return team(
            kid="mine",
            more={"public_key_source": "JWKS", "public_key": None, "jwks_uri": address} | more,
        )

    def test_each_key_is_named_with_what_is_wrong(self, team: Team, session: Session) -> None:
        weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        with KeyServer() as server:
            person, party, pages = self.at(team, server.url)
            server.publish(
                [
                    jwk(party.key, "mine", alg="ES256"),
                    jwk(weak, "weak"),
                    {**jwk(rsa_key(), "x"), "kid": None},
                    jwk(rsa_key(), "twice"),
                    jwk(rsa_key("other"), "twice"),
                    jwk(rsa_key(), "private") | {"d": "AQAB"},
                    jwk(rsa_key(), "encrypts", use="enc"),
                    {"kty": "oct", "kid": "shared", "k": "AAAA"},
                    {"kty": "EC", "kid": "half a character \ud800", "alg": "\udfff"},
                ]
            )
            person.open(f"{pages}/keys")
            assert server.visits == []
            person.send()
        assert person.status == 200
        for words in (
            "Keys that can be used 1",
            "application/json",
            "It is too small",
            "It has no key id",
            "Another key has the same key id",
            "it is public now",
            "Its use is not sig",
            "It is neither RSA nor EC",
            "half a character ?",
        ):
            assert words in " ".join(person.page.text.split()), words
        assert "client_keys_fetched" in session.scalars(sa.select(AuditEntry.fact)).all()

    @pytest.mark.parametrize(
        ("spoil", "words"),
        [
            ("redirect", "Redirects are not followed"),
            ("huge", "larger than 64 kilobytes"),
            ("endless", "did not come within"),
            ("words", "not a JSON object"),
            ("gone", "The status is not 200"),
        ],
    )
    def test_a_bad_answer_is_named(
        self, team: Team, spoil: str, words: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(key_sets, "FETCH_TIMEOUT", 0.3)
        with KeyServer() as server, KeyServer("127.0.0.3") as inside:
            if spoil == "redirect":
                server.status, server.headers = 302, {"Location": inside.url}
            elif spoil == "huge":
                server.body = b" " * 50_000_000
            elif spoil == "endless":
                server.body, server.drip = b" " * 10_000, 0.01
            elif spoil == "words":
                server.body = b"<html>hello</html>"
            else:
                server.status = 404
            person, _party, pages = self.at(team, server.url)
            person.open(f"{pages}/keys")
            person.send()
            assert inside.visits == []
        assert person.status == 200
        assert words in person.page.text

    def test_an_internal_address_is_not_called(self, team: Team) -> None:
        with KeyServer("127.0.0.3") as inside:
            for address, words in (
                (inside.url.replace("http:", "https:"), "not on the public internet"),
                (inside.url, "does not begin with https"),
            ):
                person, _party, pages = self.at(team, address)
                person.open(f"{pages}/keys")
                person.send()
                assert words in person.page.text
            assert inside.visits == []

    def test_a_new_key_works_at_once_and_the_old_one_meanwhile(
        self, team: Team, clock: FixedClock, session: Session
    ) -> None:
        with KeyServer() as server:
            person, party, pages = self.at(team, server.url)
            server.publish([jwk(party.key, "mine")])
            assert proves_itself(person, party, clock.now())
            rotated = ec_key("rotated")
            server.publish([jwk(party.key, "mine"), jwk(rotated, "second")])
            person.open(f"{pages}/keys")
            assert person.status == 200
            person.send()
            assert proves_itself(person, party, clock.now())
            # A key that is gone from the set counts no more, though a day has not passed.
            server.publish([jwk(rotated, "second")])
            clock.move(FETCH_INTERVAL + 1)
            person.open(f"{pages}/keys")
            person.send()
            assert not proves_itself(person, party, clock.now())
        session.expire_all()
        used = client_proofs.of_client(session, party.client_id, NAMED_KEY)
        assert [each.proof for each in used] == [client_proofs.of_text("mine")]

    def test_it_is_not_fetched_at_will(self, team: Team) -> None:
        with KeyServer() as server:
            person, _party, pages = self.at(team, server.url)
            for _ in range(LIMITS[Kind.KEY_FETCH].tries + 2):
                person.open(f"{pages}/keys")
                person.send()
            assert len(server.visits) == LIMITS[Kind.KEY_FETCH].tries
        assert "fetched often in a short time" in person.page.text
