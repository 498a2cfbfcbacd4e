"""A client's secrets and keys in the hands of its team, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from idp.domain import (
    client_proofs,
    clients,
    members,
    proof_reminders,
    team_keys,
    team_secrets,
)
from idp.domain.audit_entries import AuditEntry
from idp.domain.client_proofs import KEY, NAMED_KEY, NOTED_EVERY, SECRET, ProofUses
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.outbox import OutboxMessage
from idp.domain.team_keys import NotHere
from idp.domain.team_secrets import LastSecret, TooManySecrets
from tests.domain.conftest import Installation
from tests.support.citizens import Citizen, enrol
from tests.support.relying_party import RelyingParty, ec_key, public_key_text
from tests.support.secrets import one_logins_hash

BY_SECRET = {"method": "client_secret_post", "id_token_alg": "RS256"}


def applied(at: Installation, **how: object) -> str:
    """A client of this kind; its id."""
    party = RelyingParty(at.settings.issuer, **how)  # type: ignore[arg-type]
    with at.session() as session, session.begin():
        return clients.apply(session, at.services, party.registration()).client_id


def live(at: Installation, client_id: str) -> list[str]:
    with at.session() as session:
        found = team_secrets.of_client(session, session.get_one(Client, client_id))
        return [each.name for each in found]


def test_of_two_who_make_a_secret_at_once_one_does(bare: Installation) -> None:
    client_id = applied(bare, **BY_SECRET)
    barrier = Barrier(2)

    def make(_number: int) -> bool:
        barrier.wait(30)
        with bare.session() as session, session.begin():
            try:
                team_secrets.make(session, bare.services, client_id, by="somebody")
            except TooManySecrets:
                return False
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(make, range(2))) == [False, True]
    assert len(live(bare, client_id)) == 2


def test_of_two_who_retire_both_at_once_one_stays(bare: Installation) -> None:
    client_id = applied(bare, **BY_SECRET)
    with bare.session() as session, session.begin():
        team_secrets.make(session, bare.services, client_id, by="somebody")
    barrier = Barrier(2)

    def retire(name: str) -> bool:
        barrier.wait(30)
        with bare.session() as session, session.begin():
            try:
                return team_secrets.retire(session, bare.services, client_id, name, by="x")
            except LastSecret:
                return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(retire, live(bare, client_id))) == [False, True]
    [left] = live(bare, client_id)
    with bare.session() as session:
        mirrored = session.get_one(Client, client_id).secret_hash
        assert mirrored == client_proofs.hashes(session, client_id)[0]
        assert mirrored.startswith(left)


def test_an_imported_secret_is_one_of_the_two_and_can_be_retired(bare: Installation) -> None:
    how = {**BY_SECRET, "more": {"client_secret_hash": one_logins_hash("theirs")}}
    client_id = applied(bare, **how)
    assert live(bare, client_id) == ["imported"]
    with bare.session() as session, session.begin():
        team_secrets.make(session, bare.services, client_id, by="somebody")
        assert team_secrets.retire(session, bare.services, client_id, "imported", by="x")
    assert len(live(bare, client_id)) == 1
    with bare.session() as session, session.begin():
        assert not team_secrets.retire(session, bare.services, client_id, "imported", by="x")
        assert session.get_one(Client, client_id).imported_secret_hash is None


def test_who_applies_the_registration_again_keeps_both_secrets(bare: Installation) -> None:
    client_id = applied(bare, **BY_SECRET)
    with bare.session() as session, session.begin():
        team_secrets.make(session, bare.services, client_id, by="somebody")
        again = clients.apply(session, bare.services, {"client_id": client_id, "client_name": "B"})
        assert again.client_secret is None
    assert len(live(bare, client_id)) == 2
    with bare.session() as session, session.begin():
        key = {"public_key_source": "STATIC", "public_key": public_key_text(ec_key())}
        method = {"token_endpoint_auth_method": "private_key_jwt"}
        clients.apply(session, bare.services, {"client_id": client_id, **method, **key})
        assert client_proofs.hashes(session, client_id) == ()
        assert len(client_proofs.of_client(session, client_id, KEY)) == 1


def test_a_live_clients_key_is_not_replaced_here(bare: Installation) -> None:
    client_id = applied(bare, more={"environment": "production"})
    fresh = public_key_text(ec_key("fresh"))
    with bare.session() as session, session.begin(), pytest.raises(NotHere):
        team_keys.replace(session, bare.services, client_id, fresh, by="somebody")


def test_a_pasted_key_has_a_thumbprint_if_it_can_be_read() -> None:
    assert team_keys.thumbprint(public_key_text(ec_key()))
    assert team_keys.thumbprint("no key") is None


def test_too_many_uses_are_forgotten_rather_than_kept(
    bare: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_proofs, "MOST_NOTED", 1)
    client_id = applied(bare)
    uses = ProofUses(bare.clock, bare.session)
    for name in ("one", "two"):
        uses.note(client_id, client_proofs.of_text(name), NAMED_KEY)
    uses.write_down()
    with bare.session() as session:
        [written] = client_proofs.of_client(session, client_id, NAMED_KEY)
    assert written.proof == client_proofs.of_text("two")


def test_uses_are_written_once_an_hour_and_nothing_fails_without_the_database(
    bare: Installation,
) -> None:
    client_id = applied(bare, **BY_SECRET)
    uses = ProofUses(bare.clock, bare.session)
    with bare.session() as session:
        [proof] = client_proofs.hashes(session, client_id)

    def last() -> list[int | None]:
        kinds = (SECRET, NAMED_KEY)
        with bare.session() as session:
            return [
                each.last_used_at
                for kind in kinds
                for each in client_proofs.of_client(session, client_id, kind)
            ]

    began = bare.clock.now()
    uses.note(client_id, proof, SECRET)
    assert last() == [None], "noting writes nothing"
    uses.note(client_id, client_proofs.of_text("a name"), NAMED_KEY)
    uses.write_down()
    assert last() == [began, began]
    bare.clock.move(NOTED_EVERY - 1)
    uses.note(client_id, proof, SECRET)
    uses.write_down()
    assert last() == [began, began]
    bare.clock.move(1)
    uses.note(client_id, proof, SECRET)
    uses.note("nobody", client_proofs.of_text("gone"), SECRET)
    uses.write_down()
    assert last() == [began + NOTED_EVERY, began]
    nowhere = ProofUses(bare.clock, lambda: Session(sa.create_engine("sqlite://")))
    nowhere.note(client_id, proof, SECRET)
    nowhere.write_down()


def test_managers_are_told_once_of_a_secret_and_a_key_that_are_a_year_old(
    bare: Installation,
) -> None:
    clients_of = [applied(bare, **BY_SECRET), applied(bare)]
    with bare.session() as session, session.begin():
        manager = enrol(session, bare.services, Citizen("manager@example.com"))
        reader = enrol(session, bare.services, Citizen("reader@example.com"))
        for client_id in clients_of:
            service_id = session.get_one(Client, client_id).service_id
            members.add(session, bare.services, service_id, manager.account_id, Role.MANAGER)
            members.add(session, bare.services, service_id, reader.account_id, Role.READER)

    def remind() -> int:
        with bare.session() as session, session.begin():
            return proof_reminders.remind(session, bare.services)

    bare.clock.move(proof_reminders.OLD_AFTER - 1)
    assert remind() == 0
    bare.clock.move(1)
    assert remind() == 2
    assert remind() == 0
    with bare.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 2
        facts = session.scalars(sa.select(AuditEntry.fact)).all()
        assert facts.count("team_reminded") == 2
