"""`onepass keys` takes a key through its life, and says in words what it will not do."""

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from idp.commands.keys import keys
from idp.domain import (
    authenticator_apps,
    identities,
    journeys,
    operators,
    outbox,
    provings,
    resealing,
    secrets,
    test_citizens,
)
from idp.domain.audit_entries import AuditEntry
from idp.domain.change_requests import ChangeRequest
from idp.domain.identities import Identity
from idp.domain.outbox import OutboxMessage
from idp.domain.provings import Proving
from idp.domain.secrets import SealedSecret
from idp.domain.sessions import BrowserSession
from idp.domain.signing_keys import JWKS_CACHE_LIFETIME
from idp.kernel.database import Base
from idp.kernel.sealing import Sealer, SealingKey, parse_sealing_keys
from idp.protocol import did_document
from idp.settings import SettingsError
from tests.commands.conftest import Terminal
from tests.support.citizens import Citizen, enrol
from tests.support.databases import load_all_models

ALONE = ("--emergency", "--as", "olwen@example.com", "--reason", "a laptop was stolen")


def test_an_installation_is_equipped_once(terminal: Terminal) -> None:
    assert "There are no keys" in terminal.run(keys, "list").output
    made = terminal.json(keys, "generate", "--missing")
    assert [(key["purpose"], key["algorithm"], key["state"]) for key in made] == [
        ("tokens", "ES256", "current"),
        ("tokens", "RS256", "current"),
        ("identity", "ES256", "current"),
        ("audit", "ES256", "current"),
    ]
    assert terminal.json(keys, "list") == made
    assert terminal.json(keys, "generate", "--missing") == []
    assert terminal.run(keys, "generate", "--missing").output == "Every ring has a current key.\n"


@pytest.fixture
def olwen(equipped: Terminal) -> None:
    """An operator."""
    services = equipped.workplace.services
    with equipped.workplace.session() as session:
        citizen = enrol(session, services, Citizen(ALONE[2]))
        operators.add(session, services, citizen.account_id)


@pytest.mark.usefixtures("olwen")
def test_a_key_goes_through_its_life(equipped: Terminal) -> None:
    made = equipped.json(keys, "generate", "--algorithm", "RS256")
    kid = made["kid"]
    assert (made["state"], made["published_at"]) == ("next", None)
    assert "Publish the key first" in equipped.refused(keys, "activate", kid)
    assert equipped.json(keys, "publish", kid[:12])["activates_at"] is not None
    assert "next, published" in equipped.run(keys, "list").output
    assert f"for {JWKS_CACHE_LIFETIME} seconds" in equipped.refused(keys, "activate", kid)
    equipped.clock.move(JWKS_CACHE_LIFETIME)
    assert equipped.json(keys, "activate", kid)["state"] == "current"
    states = {key["kid"]: key["state"] for key in equipped.json(keys, "list")}
    assert sorted(states.values()) == [*["current"] * 4, "retired"]
    assert "Activate its successor" in equipped.refused(keys, "retire", kid)
    assert equipped.json(keys, "retire", kid, *ALONE)["withdrawn_at"] is not None
    assert "withdrawn" in equipped.run(keys, "list").output
    with equipped.session() as session:
        facts = session.scalars(sa.select(AuditEntry.fact).order_by(AuditEntry.id)).all()
    assert [fact for fact in facts if fact.startswith("key_")] == [
        "key_generated",
        "key_published",
        "key_retired",
        "key_activated",
        "key_retired",
    ]


def test_an_identity_key_is_rotated_like_the_others(equipped: Terminal) -> None:
    kid = equipped.json(keys, "generate", "--purpose", "identity")["kid"]
    assert "no RS256 ring for identity" in equipped.refused(
        keys, "generate", "--purpose", "identity", "--algorithm", "RS256"
    )
    equipped.json(keys, "publish", kid)
    assert f"for {did_document.LIFETIME} seconds" in equipped.refused(keys, "activate", kid)
    equipped.clock.move(did_document.LIFETIME)
    activated = equipped.json(keys, "activate", kid)
    assert (activated["purpose"], activated["state"]) == ("identity", "current")


@pytest.mark.usefixtures("olwen")
def test_an_emergency_does_not_wait_and_is_kept_with_who_and_why(equipped: Terminal) -> None:
    kid = equipped.json(keys, "generate")["kid"]
    assert "--as" in equipped.run(keys, "activate", kid, "--emergency").stderr
    assert equipped.json(keys, "activate", kid, *ALONE)["state"] == "current"
    with equipped.session() as session:
        kept = session.scalars(sa.select(ChangeRequest)).one()
    assert (kept.state, kept.about, kept.reason) == ("done_alone", kid, "a laptop was stolen")


@pytest.mark.usefixtures("olwen")
def test_a_refused_step_changes_nothing(equipped: Terminal) -> None:
    assert "No key starts with 'zz'" in equipped.refused(keys, "publish", "zz")
    kid = equipped.json(keys, "generate")["kid"]
    (equipped.workplace.settings.keys_dir / f"{kid}.sealed").unlink()
    assert "is missing" in equipped.refused(keys, "activate", kid, *ALONE)
    states = {key["kid"]: key["state"] for key in equipped.json(keys, "list")}
    assert states[kid] == "next"


def test_a_sealing_key_is_made_without_an_installation() -> None:
    refused = SettingsError(["Something is missing."])
    runner = CliRunner()
    made = runner.invoke(keys, ["sealing"], obj=refused)
    assert len(parse_sealing_keys(made.output)) == 1
    told = runner.invoke(keys, ["list"], obj=refused)
    assert told.exit_code == 1
    assert "Something is missing." in told.stderr


def test_everything_is_sealed_anew(equipped: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    services = equipped.workplace.services
    old = equipped.workplace.settings.sealing_keys[0]
    new = SealingKey("new", bytes(range(9, 41)))
    monkeypatch.setattr(resealing, "BATCH", 2)
    with equipped.workplace.session() as session:
        for number in range(5):
            outbox.put(session, services, "email", {"to": str(number)})
        hashed = secrets.keyed_hash(session, services, "email code", "123456")
    object.__setattr__(services, "sealer", Sealer((new, old)))
    told = equipped.json(keys, "reseal")
    # Five messages, the HMAC key just made, and the audit record's.
    assert told == {"key_id": "new", "files": 4, "values": 7}
    assert equipped.json(keys, "reseal")["values"] == 0
    object.__setattr__(services, "sealer", Sealer((new,)))
    with equipped.workplace.session() as session:
        assert secrets.keyed_hash(session, services, "email code", "123456") == hashed
        assert len(outbox.lease(session, services)) == 5
        session.execute(sa.update(OutboxMessage).values(payload_sealed="v1.old.AAAA"))
    assert "does not have" in equipped.refused(keys, "reseal")


def test_every_sealed_column_is_sealed_anew_and_as_what_it_is() -> None:
    load_all_models()
    listed = {
        (column.class_.__tablename__, column.key) for column, _, _ in resealing.SEALED_COLUMNS
    }
    assert listed == {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_sealed")
    }


def test_the_purposes_are_those_of_the_modules_that_seal() -> None:
    purposes = {column.class_: purpose for column, _, purpose in resealing.SEALED_COLUMNS}
    assert purposes == {
        Identity: identities.PURPOSE,
        Proving: provings.PURPOSE,
        authenticator_apps.AuthenticatorApp: authenticator_apps._PURPOSE,
        journeys.Journey: authenticator_apps.PROPOSAL,
        BrowserSession: authenticator_apps.PROPOSAL,
        OutboxMessage: outbox._PURPOSE,
        SealedSecret: secrets._PURPOSE,
        test_citizens.TestCitizen: test_citizens.SEED,
    }


def test_words_of_a_refusal_are_a_sentence(equipped: Terminal) -> None:
    words = equipped.refused(keys, "publish", "zz")
    assert words.strip().endswith(".")
