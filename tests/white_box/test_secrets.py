"""Whole lives of accounts and clients are driven, also through errors: no secret is written."""

import json
import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask
from joserfc.jwk import ECKey
from sqlalchemy.orm import Session

from idp.domain import clients, members, notices, outbox, registration_keys
from idp.domain.audit_entries import AuditEntry, SealedEntry
from idp.domain.members import Role
from idp.domain.services import Services
from idp.kernel.database import Base, db
from idp.settings import Settings
from idp.worker import Worker
from tests.support.building import register
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.consoles import sign_in_as
from tests.support.person import Person
from tests.support.relying_party import RelyingParty, basic, ec_key
from tests.support.secrets import one_logins_hash
from tests.white_box.conftest import ON_BOTH

PASSWORD = "unmistakable tin kettle 9"
WRONG_PASSWORD = "another tin kettle 9 typed wrong"
IMPORTED = "an unmistakable tin secret"


@pytest.fixture
def worker(settings: Settings, services: Services) -> Iterator[Worker]:
    """The worker, on this test's database."""
    engine = sa.create_engine(settings.database_url)
    yield Worker(services, engine)
    engine.dispose()


def all_of(session: Session, *tables: type[Base]) -> str:
    """Every row of these tables, as text."""
    rows = (row for table in tables for row in session.execute(sa.select(table.__table__)))
    return "\n".join(str(tuple(row)) for row in rows)


def assert_in_neither(log: str, record: str, secrets: set[str], codes: set[str]) -> None:
    for words, where in ((log, "log"), (record, "record")):
        for secret in secrets:
            assert len(secret) > 5
            assert secret not in words, f"the {where} holds {secret[:12]}…"
        for code in codes:
            # Six digits stand in many a number; a code stands alone.
            assert not re.search(rf"(?<![\w.]){code}(?!\w)", words), f"the {where} holds {code}"


def cookies_of(person: Person) -> set[str]:
    names = ("onepass-session", "onepass-browser")
    found = (person.client.get_cookie(name, domain="id.onepass.localhost") for name in names)
    return {cookie.value for cookie in found if cookie is not None}


def signs_in_again(
    person: Person, party: RelyingParty, citizen: Citizen, clock: FixedClock
) -> set[str]:
    """Sign in, after a wrong password and a wrong code; the codes that were given."""
    clock.move(60)
    wrong, right = citizen.wrong_code(clock.now()), citizen.code(clock.now())
    person.open(party.url(party.ask()))
    person.send(button=1)
    for name, value in (
        ("email", citizen.email),
        ("password", WRONG_PASSWORD),
        ("password", PASSWORD),
        ("code", wrong),
        ("code", right),
    ):
        person.send({name: value})
    assert person.url.endswith("/passkey-offer"), "the right code was not taken"
    return {wrong, right}


@pytest.mark.threat("AUDIT-02")
def test_audit_02_neither_the_log_nor_the_record_holds_a_secret(
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    app: Flask,
    person: Person,
    worker: Worker,
    session: Session,
    services: Services,
    settings: Settings,
    clock: FixedClock,
) -> None:
    party = register(session, services, RelyingParty(settings.issuer, method="client_secret_post"))
    session.commit()
    secrets = {PASSWORD, WRONG_PASSWORD, party.secret or ""}
    citizen = Citizen(email="kettle@example.com", password=PASSWORD)

    asked = party.ask()
    person.open(party.url(asked))
    person.send(button=0)
    secrets |= {person.form().values["csrf_token"]}
    person.send({"email": citizen.email})
    worker.run_once()
    mail = notices.in_mailbox(session, 1)[0]
    email_code = next(word for word in mail.body.split() if word.isdigit() and len(word) == 6)
    person.send({"code": email_code})
    person.send({"password": PASSWORD})
    secrets |= cookies_of(person)
    seed = person.html.split('onepass-key">')[1].split("</code>")[0]
    citizen.seed = "".join(part for part in seed.replace("</span>", "").split("<span>"))
    app_code = citizen.code(clock.now())
    person.send({"code": app_code})
    secrets |= cookies_of(person) | {citizen.seed}
    person.open(f"{person.url.rsplit('/create', 1)[0]}/")
    assert person.left_to is not None

    code = party.answer(asked, person.left_to)["code"]
    form = party.token_form(asked, code, clock.now())
    tokens = person.client.post("/token", data=form).get_json()
    person.client.get("/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    person.client.post("/token", data=form)
    person.client.post("/token", data=form | {"client_secret": WRONG_PASSWORD})
    person.open(f"{settings.issuer}logout?id_token_hint={tokens['id_token']}")
    worker.run_once()
    secrets |= {code, tokens["access_token"], tokens["id_token"], asked.verifier, asked.state}
    secrets |= {asked.nonce, form["code_verifier"]}

    codes = {email_code, app_code} | signs_in_again(person, party, citizen, clock)
    secrets |= cookies_of(person)

    written = capfd.readouterr()
    log = written.err + written.out + caplog.text
    assert log.count("request_answered") > 20, "the requests' log was not captured"
    assert "outbox_message" in log, "the other log was not captured"
    record = all_of(session, AuditEntry, SealedEntry)
    assert "second_factor_refused" in record
    assert_in_neither(log, record, secrets, codes)


@pytest.mark.threat("AUDIT-02")
def test_audit_02_the_log_holds_no_secret_of_a_client_or_a_team(
    capfd: pytest.CaptureFixture[str],
    app: Flask,
    person: Person,
    session: Session,
    services: Services,
    settings: Settings,
) -> None:
    party = RelyingParty(
        settings.issuer,
        method="client_secret_basic",
        more={"profile": "openid", "client_secret_hash": one_logins_hash(IMPORTED)},
    )
    register(session, services, party).secret = IMPORTED
    key = registration_keys.issue(session, services, "A team", 60)
    session.commit()
    secrets = {IMPORTED, one_logins_hash(IMPORTED), key.text, party.headers["Authorization"][6:]}
    for path in ("introspect", "revoke", "token"):
        form = {"token": "no token"}
        person.client.post(f"/{path}", data=form, headers=party.headers)
        person.client.post(f"/{path}", data=form | {"client_secret": IMPORTED})
        person.client.post(f"/{path}", data=form, headers=basic(party.client_id, WRONG_PASSWORD))
    bearer = {"Authorization": f"Bearer {key.text}"}
    asked = party.registration()
    assert person.client.post("/connect/register", json=asked, headers=bearer).status_code == 400
    del asked["client_id"], asked["client_secret_hash"]
    asked["service"] = "Kettles"
    made = person.client.post("/connect/register", json=asked, headers=bearer)
    secrets |= {made.get_json()["client_secret"], WRONG_PASSWORD}

    log = capfd.readouterr().err
    assert log.count("request_answered") == 11, "the requests' log was not captured"
    for secret in secrets:
        assert secret not in log, f"the log holds {secret[:12]}…"


@pytest.mark.threat("AUDIT-02")
def test_audit_02_neither_holds_what_the_team_console_shows_and_takes(
    capfd: pytest.CaptureFixture[str], app: Flask, session: Session, services: Services
) -> None:
    """A new secret, a private key that somebody pastes, all that a test citizen signs in with."""
    writer = enrol(session, services, Citizen("writer@example.com"))
    person = sign_in_as(app, session, services, writer)
    pages = {}
    for method in ("client_secret_post", "private_key_jwt"):
        more = {"profile": "openid"}
        party = RelyingParty(person.issuer, method=method, id_token_alg="RS256", more=more)
        clients.apply(session, services, party.registration())
        service_id = session.get_one(clients.Client, party.client_id).service_id
        members.add(session, services, service_id, writer.account_id, Role.WRITER)
        session.commit()
        pages[method] = f"{person.issuer}team/services/{service_id}/clients/{party.client_id}"

    person.open(f"{pages['client_secret_post']}/secret/new")
    person.send({"ready": "y"})
    secrets = set(re.findall(r'id="secret">([^<]+)</pre>', person.html))
    mine = ec_key("nobody else's")
    jwk = ECKey.import_key(mine).as_dict(private=True)
    pem = mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for pasted in (pem, json.dumps(jwk), f"see: {json.dumps(jwk)}"):
        person.open(f"{pages['private_key_jwt']}/keys/replace")
        person.send({"public_key": pasted})
        assert person.status == 400
    secrets |= {str(jwk["d"]), *pem.splitlines()[1:3]}
    person.open(f"{person.issuer}team/services/{service_id}/test-citizens/new")
    person.send({"name": "nia", "state": "ready"})
    shown = dict(re.findall(r"<dt[^>]*>([^<]+)</dt>\s*<dd[^>]*>([^<]*)", person.html))
    seed = shown["Key for an authenticator app"]
    secrets |= {shown["Password"], seed, seed.replace(" ", "")}
    person.open(person.url)
    secrets |= cookies_of(person)
    assert len(secrets) == 9

    log = capfd.readouterr().err
    assert log.count("request_answered") > 8, "the requests' log was not captured"
    record = all_of(session, AuditEntry)
    for fact in ("client_secret_made", "private_key_refused", "test_citizen_made"):
        assert fact in record
    assert_in_neither(log, record, secrets, set())


@pytest.mark.threat("AUDIT-02")
@ON_BOTH
def test_audit_02_an_error_of_the_database_is_logged_without_its_values(
    capfd: pytest.CaptureFixture[str], app: Flask, person: Person
) -> None:
    def broken() -> None:
        db.session.execute(
            sa.text("INSERT INTO accounts (id, email) VALUES ('x', :secret)"),
            {"secret": "a value nobody may read"},
        )

    app.before_request_funcs.setdefault(None, []).append(broken)
    person.open("http://id.onepass.localhost:8000/about")
    assert person.status == 500
    log = capfd.readouterr().err
    assert "request_failed" in log
    assert "a value nobody may read" not in log


@pytest.mark.threat("KEY-03")
def test_key_03_what_waits_to_be_mailed_is_sealed(
    person: Person, session: Session, services: Services, settings: Settings
) -> None:
    party = register(session, services, RelyingParty(settings.issuer))
    session.commit()
    person.open(party.url(party.ask()))
    person.send(button=0)
    person.send({"email": "sealed@example.com"})
    rows = session.execute(sa.select(outbox.OutboxMessage.payload_sealed)).scalars().all()
    assert rows
    assert not any("sealed@" in row or "code" in row for row in rows)
