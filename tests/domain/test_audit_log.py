"""Arrivals are sealed in order, once, and their checkpoints leave the database."""

import json
import threading

import pytest
import sqlalchemy as sa

from idp.domain import audit, checkpoints, leases
from idp.domain.audit_entries import AuditEntry, Checkpoint, SealedEntry
from idp.domain.audit_log import LEASE, AuditLogBroken, seal_arrivals, unsealed
from idp.domain.audit_verification import verify
from tests.domain.conftest import Installation


def record(installation: Installation, *names: str) -> None:
    with installation.session() as session:
        for name in names:
            audit.record(
                session, audit.AccountCreated(account_id=name), now=installation.clock.now()
            )
        session.commit()


def seal(installation: Installation, limit: int = 1000) -> int:
    with installation.session() as session:
        return seal_arrivals(session, installation.services, limit)


def log_of(installation: Installation) -> list[tuple[int, str | None]]:
    with installation.session() as session:
        rows = session.execute(
            sa.select(SealedEntry.log_index, SealedEntry.account_id).order_by(SealedEntry.log_index)
        ).all()
    return [(row.log_index, row.account_id) for row in rows]


def lines(installation: Installation) -> list[dict[str, object]]:
    return [
        json.loads(line) for line in installation.settings.checkpoint_file.read_text().splitlines()
    ]


def test_nothing_to_seal_is_nothing_sealed(installation: Installation) -> None:
    assert seal(installation) == 0
    with installation.session() as session:
        verdict = verify(session, installation.services)
    assert verdict.holds
    assert (verdict.entries, verdict.checkpoints, verdict.unsealed) == (0, 0, 0)


def test_arrivals_move_into_the_log_in_batches(installation: Installation) -> None:
    record(installation, "a", "b", "c")
    with installation.session() as session:
        assert unsealed(session) == (3, installation.clock.now())
    assert [seal(installation, 2), seal(installation, 2), seal(installation, 2)] == [2, 1, 0]
    assert log_of(installation) == [(0, "a"), (1, "b"), (2, "c")]
    with installation.session() as session:
        assert unsealed(session) == (0, None)
        verdict = verify(session, installation.services)
    assert verdict.holds
    assert (verdict.entries, verdict.checkpoints, verdict.file_checkpoints) == (3, 2, 2)


def test_a_checkpoint_is_signed_with_the_audit_key_and_written_outside(
    installation: Installation,
) -> None:
    record(installation, "a", "b")
    seal(installation)
    (line,) = lines(installation)
    assert sorted(line) == ["at", "kid", "root_hash", "signature", "size"]
    said = installation.services.keyring.verify(
        str(line["signature"]), typ=checkpoints.TYP, purpose="audit"
    )
    assert said == {
        "iss": installation.settings.issuer,
        "size": 2,
        "root_hash": line["root_hash"],
        "iat": installation.clock.now(),
    }
    assert installation.settings.checkpoint_file.stat().st_mode & 0o777 == 0o600


def test_what_a_crash_kept_from_the_file_is_written_later(installation: Installation) -> None:
    path = installation.settings.checkpoint_file
    for name in ("a", "b", "c"):
        record(installation, name)
        seal(installation)
    whole = path.read_bytes()
    ends = [index for index, byte in enumerate(whole) if byte == ord("\n")]
    for cut in (0, 10, ends[0] + 1, ends[0] + 30, ends[1], len(whole) - 1):
        path.write_bytes(whole[:cut])
        with installation.session() as session:
            assert verify(session, installation.services).holds
        assert seal(installation) == 0
        assert path.read_bytes() == whole
    path.unlink()
    assert seal(installation) == 0
    assert path.read_bytes() == whole
    path.write_bytes(b'{"size": "many"}\n' + b"[]\n")
    seal(installation)
    assert path.read_bytes().endswith(whole)


def test_a_row_of_a_transaction_still_open_is_sealed_after_it(installation: Installation) -> None:
    """Its id is lower than those already sealed, and it is neither lost nor waited for."""
    if installation.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    with installation.session() as slow:
        audit.record(slow, audit.AccountCreated(account_id="slow"), now=1)
        record(installation, "quick")
        assert seal(installation) == 1
        slow.commit()
    assert seal(installation) == 1
    assert [name for _, name in log_of(installation)] == ["quick", "slow"]


def test_sealers_at_once_seal_everything_once(installation: Installation) -> None:
    record(installation, *(f"account-{number}" for number in range(60)))
    barrier = threading.Barrier(3)
    faults: list[BaseException] = []

    def work() -> None:
        services = installation.another_process()
        try:
            barrier.wait(10)
            for _ in range(10):
                with installation.session() as session:
                    seal_arrivals(session, services, 7)
        except BaseException as fault:  # noqa: BLE001 - told to the main thread
            faults.append(fault)

    sealers = [threading.Thread(target=work) for _ in range(3)]
    for sealer in sealers:
        sealer.start()
    for sealer in sealers:
        sealer.join()
    assert not faults
    assert [name for _, name in log_of(installation)] == [f"account-{n}" for n in range(60)]
    with installation.session() as session:
        verdict = verify(session, installation.services)
    assert verdict.holds
    assert verdict.file_checkpoints == verdict.checkpoints == 9


def test_another_sealer_at_work_is_not_disturbed(installation: Installation) -> None:
    record(installation, "a")
    with installation.session() as session:
        assert leases.take(session, LEASE, "somebody", now=installation.clock.now(), lifetime=60)
        session.commit()
    assert seal(installation) == 0
    installation.clock.move(60)
    assert seal(installation) == 1


def test_a_lease_is_prolonged_given_back_and_free_after_the_clock_stepped_back(
    bare: Installation,
) -> None:
    def take(owner: str, now: int) -> bool:
        with bare.session() as session:
            taken = leases.take(session, "work", owner, now=now, lifetime=60)
            session.commit()
        return taken

    assert take("first", 1000)
    assert not take("second", 1059)
    assert take("first", 1059)
    assert not take("second", 1100)
    assert take("second", 900)
    with bare.session() as session:
        leases.give_back(session, "work", "first")
        session.commit()
    assert not take("first", 910)
    with bare.session() as session:
        leases.give_back(session, "work", "second")
        session.commit()
    assert take("first", 910)


def test_a_sealer_killed_in_the_middle_loses_and_doubles_nothing(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(installation, "a", "b")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "sign", killed)
        with pytest.raises(KeyboardInterrupt):
            seal(installation)
    assert log_of(installation) == []
    assert seal(installation) == 2
    assert [name for _, name in log_of(installation)] == ["a", "b"]


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit_checkpoints SET frontier = ''",
        "UPDATE audit_checkpoints SET frontier = '" + "00" * 32 + "'",
        "UPDATE audit_checkpoints SET signature = 'x'",
        "UPDATE audit_checkpoints SET size = 2, frontier = '" + "00" * 32 + "'",
    ],
)
def test_nothing_is_signed_on_top_of_a_checkpoint_that_is_not_ours(
    installation: Installation, tampering: str
) -> None:
    record(installation, "a")
    seal(installation)
    installation.execute(tampering)
    record(installation, "b")
    with pytest.raises(AuditLogBroken):
        seal(installation)
    with installation.session() as session:
        assert session.scalar(sa.select(sa.func.count(AuditEntry.id))) == 1
        assert session.scalar(sa.select(sa.func.count(Checkpoint.size))) == 1
