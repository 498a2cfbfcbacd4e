"""Clients' secrets: generated ones by a keyed hash, imported ones verified once and remembered."""

import hmac
import threading

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from idp.domain import client_secrets
from idp.domain.client_proofs import ProofUses
from idp.domain.client_secrets import ClientSecrets, NoSecret, UnreadableSecret
from idp.domain.clients import RegisteredClient
from idp.domain.passwords import Hasher, TooBusy
from tests.protocol.examples import a_client
from tests.support.clock import FixedClock
from tests.support.entropy import SeededEntropy
from tests.support.secrets import one_logins_hash

SECRET = "a secret of One Login's making"


def unheard(clock: FixedClock) -> ProofUses:
    """Notes of uses that nobody reads: the database is not there."""
    nowhere = sa.create_engine("sqlite://")
    return ProofUses(clock, lambda: Session(nowhere))


@pytest.fixture
def hasher(tmp_path_factory: pytest.TempPathFactory) -> Hasher:
    return Hasher(memory_kib=64, time_cost=1, gate_dir=tmp_path_factory.mktemp("gate"))


@pytest.fixture
def secrets(hasher: Hasher, clock: FixedClock, entropy: SeededEntropy) -> ClientSecrets:
    return ClientSecrets(hasher, clock, entropy, unheard(clock))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every hash that was computed."""
    done: list[str] = []
    real = PasswordHasher.verify

    def counted(self: PasswordHasher, encoded: str, secret: bytes) -> bool:
        done.append(encoded)
        return real(self, encoded, secret)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    return done


def imported(encoded: str | None = None, client_id: str = "tax") -> RegisteredClient:
    policy = a_client(client_id=client_id)
    return RegisteredClient(policy, "Tax", "Treth", (), None, encoded or one_logins_hash(SECRET))


def test_an_imported_secret_is_verified_once(secrets: ClientSecrets, work: list[str]) -> None:
    assert all(secrets.matches(imported(), SECRET) for _ in range(10))
    assert len(work) == 1


def test_a_wrong_one_is_refused(secrets: ClientSecrets, work: list[str]) -> None:
    assert not secrets.matches(imported(), "wrong")
    assert not secrets.matches(imported(), "wrong")
    assert len(work) == 2, "a refusal is not remembered"
    assert secrets.matches(imported(), SECRET)


def test_while_the_right_one_is_remembered_a_wrong_one_costs_nothing(
    secrets: ClientSecrets, work: list[str]
) -> None:
    assert secrets.matches(imported(), SECRET)
    assert not any(secrets.matches(imported(), f"guess {number}") for number in range(50))
    assert len(work) == 1


def test_it_is_forgotten_after_five_minutes(
    secrets: ClientSecrets, work: list[str], clock: FixedClock
) -> None:
    assert secrets.matches(imported(), SECRET)
    clock.move(client_secrets.REMEMBERED_FOR)
    assert not secrets.matches(imported(), "wrong")
    assert secrets.matches(imported(), SECRET)
    assert len(work) == 3


def test_a_busy_client_is_verified_anew_before_it_is_forgotten(
    secrets: ClientSecrets, work: list[str], clock: FixedClock
) -> None:
    assert secrets.matches(imported(), SECRET)
    clock.move(client_secrets.REMEMBERED_FOR - client_secrets.VERIFIED_AHEAD + 1)
    assert not secrets.matches(imported(), "wrong")
    assert len(work) == 1
    assert all(secrets.matches(imported(), SECRET) for _ in range(3))
    assert len(work) == 2
    clock.move(client_secrets.VERIFIED_AHEAD)
    assert secrets.matches(imported(), SECRET)
    assert len(work) == 2, "five minutes from the second time on"


def test_one_request_verifies_anew_while_the_others_go_on(
    secrets: ClientSecrets, hasher: Hasher, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert secrets.matches(imported(), SECRET)
    clock.move(client_secrets.REMEMBERED_FOR - 1)
    inside, leave = threading.Event(), threading.Event()

    def slow(encoded: str, secret: str) -> bool:
        inside.set()
        return leave.wait(20)

    monkeypatch.setattr(hasher, "verify_secret", slow)
    thread = threading.Thread(target=secrets.matches, args=(imported(), SECRET))
    thread.start()
    assert inside.wait(20)
    assert secrets.matches(imported(), SECRET)
    assert not secrets.matches(imported(), "wrong")
    leave.set()
    thread.join()


def test_when_it_cannot_be_verified_anew_what_is_remembered_counts(
    secrets: ClientSecrets, hasher: Hasher, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert secrets.matches(imported(), SECRET)

    def busy(encoded: str, secret: str) -> bool:
        raise TooBusy

    monkeypatch.setattr(hasher, "verify_secret", busy)
    clock.move(client_secrets.REMEMBERED_FOR - 1)
    assert secrets.matches(imported(), SECRET)
    clock.move(1)
    with pytest.raises(TooBusy):
        secrets.matches(imported(), SECRET)


def test_another_hash_is_another_secret(secrets: ClientSecrets, work: list[str]) -> None:
    assert secrets.matches(imported(), SECRET)
    replaced = imported(one_logins_hash("the next secret"))
    assert not secrets.matches(replaced, SECRET)
    assert secrets.matches(replaced, "the next secret")
    assert secrets.matches(imported(client_id="housing"), SECRET)
    assert len(work) == 4


def test_another_process_verifies_for_itself(
    secrets: ClientSecrets, hasher: Hasher, clock: FixedClock, work: list[str]
) -> None:
    other = ClientSecrets(hasher, clock, SeededEntropy("another", clock), unheard(clock))
    assert secrets.matches(imported(), SECRET)
    assert other.matches(imported(), SECRET)
    assert len(work) == 2
    assert SECRET not in repr(other._known)
    assert secrets._known["tax"].digest != other._known["tax"].digest


def test_few_are_remembered(
    secrets: ClientSecrets, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_secrets, "CACHED_CLIENTS", 2)
    for number in range(4):
        assert secrets.matches(imported(client_id=f"c{number}"), SECRET)
    assert set(secrets._known) == {"c2", "c3"}


BOMB = "$argon2id$v=19$m=4194304,t=4000000,p=1$c29tZSBzYWx0IHRoYXQ$aGFzaCBvZiBhIHNlY3JldA"


@pytest.mark.parametrize("stored", [BOMB, "no hash at all", BOMB[:40]])
def test_what_cannot_be_looked_at_is_not(
    secrets: ClientSecrets, work: list[str], stored: str
) -> None:
    with pytest.raises(UnreadableSecret):
        secrets.matches(imported(stored), SECRET)
    assert work == []


def test_a_client_without_any(secrets: ClientSecrets) -> None:
    with pytest.raises(NoSecret):
        secrets.matches(RegisteredClient(a_client(), "Tax", "Treth", (), None), SECRET)


def test_a_generated_secret_needs_no_argon2(secrets: ClientSecrets, work: list[str]) -> None:
    key = b"k" * 32
    stored = hmac.new(key, SECRET.encode(), "sha256").hexdigest()
    client = RegisteredClient(a_client(), "Tax", "Treth", ("0" * 64, stored), key)
    assert secrets.matches(client, SECRET)
    assert not secrets.matches(client, "wrong")
    assert not secrets.matches(client, "\ud800")
    assert work == []


def test_a_program_is_taken_at_its_word(hasher: Hasher) -> None:
    """A person's password is normalised; a program sends the same bytes every time."""
    encoded = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("caf\u00e9")
    assert hasher.verify_secret(encoded, "caf\u00e9")
    assert not hasher.verify_secret(encoded, "cafe\u0301")
    assert not hasher.verify_secret("no hash", "whatever it is")


def test_programs_leave_people_a_place(hasher: Hasher) -> None:
    encoded = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(SECRET)
    assert hasher._secret_inside.acquire(blocking=False)
    try:
        with pytest.raises(TooBusy):
            hasher.verify_secret(encoded, SECRET)
        assert hasher.hash("marmalade ladder 27")
    finally:
        hasher._secret_inside.release()
    assert hasher.verify_secret(encoded, SECRET)
