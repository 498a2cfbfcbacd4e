"""Whatever is done to the log by raw SQL, its proof names the first entry that is broken."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from idp.domain import audit, audit_verification
from idp.domain.audit_entries import Checkpoint, SealedEntry, entry_bytes
from idp.domain.audit_log import seal_arrivals, seal_key, seal_of
from idp.domain.audit_verification import Breach, Verdict, verify
from idp.domain.merkle import leaf_hash
from tests.domain.conftest import Installation

BATCHES = (4, 3, 3)
ENTRIES = sum(BATCHES)
CONTENT = "at, fact, account_id, client_id, sid, grant_id, journey_id, request_id, detail"
COLUMNS = [name.strip() for name in CONTENT.split(",")]


@pytest.fixture
def log(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Ten entries in three batches, read in pages of four."""
    monkeypatch.setattr(audit_verification, "PAGE", 4)
    number = 0
    for batch in BATCHES:
        with installation.session() as session:
            for _ in range(batch):
                fact = audit.CodeIssued(
                    account_id=f"account-{number}", client_id="tax", sid="s", grant_id=f"g{number}"
                )
                audit.record(session, fact, now=installation.clock.move(1))
                number += 1
            session.commit()
            assert seal_arrivals(session, installation.services) == batch
    assert verdict_of(installation).holds
    return installation


def verdict_of(installation: Installation) -> Verdict:
    with installation.session() as session:
        return verify(session, installation.another_process())


def broken(installation: Installation) -> tuple[int, Breach]:
    verdict = verdict_of(installation)
    assert verdict.broken is not None
    assert not verdict.holds
    assert verdict.broken.words
    return verdict.broken.log_index, verdict.broken.breach


@contextmanager
def tampered(installation: Installation) -> Iterator[None]:
    """Put the log, its checkpoints and their file back as they were, for the next tampering."""
    tables = [SealedEntry.__table__, Checkpoint.__table__]
    file = installation.settings.checkpoint_file.read_bytes()
    with installation.engine.connect() as connection:
        kept = [
            [dict(row) for row in connection.execute(sa.select(table)).mappings()]
            for table in tables
        ]
    yield
    with installation.engine.begin() as connection:
        for table, rows in zip(tables, kept, strict=True):
            connection.execute(sa.text(f"DELETE FROM {table}"))  # noqa: S608 - our own name
            connection.execute(sa.insert(table), rows)  # type: ignore[arg-type]
    installation.settings.checkpoint_file.write_bytes(file)


def recompute_hashes(installation: Installation) -> None:
    """What a careful forger does next: every stored leaf hash fits its entry again."""
    with installation.session() as session:
        for row in session.scalars(sa.select(SealedEntry)):
            row.leaf_hash = leaf_hash(entry_bytes(row)).hex()
        session.commit()


def move(installation: Installation, source: int, target: int) -> None:
    installation.execute(
        "UPDATE audit_log SET log_index = :target WHERE log_index = :source",
        source=source,
        target=target,
    )


def copy(installation: Installation, source: int, target: int) -> None:
    installation.execute(
        f"INSERT INTO audit_log (log_index, {CONTENT}, leaf_hash, seal)"  # noqa: S608 - our own text
        f" SELECT :target, {CONTENT}, leaf_hash, seal FROM audit_log WHERE log_index = :source",
        source=source,
        target=target,
    )


def test_an_untouched_log_holds(log: Installation) -> None:
    with log.session() as session:
        audit.record(session, audit.AccountCreated(account_id="late"), now=77)
        session.commit()
    verdict = verdict_of(log)
    assert verdict.holds
    assert (verdict.entries, verdict.checkpoints, verdict.file_checkpoints) == (ENTRIES, 3, 3)
    assert (verdict.unsealed, verdict.oldest_unsealed_at) == (1, 77)


@pytest.mark.parametrize("careful", [False, True], ids=["plainly", "with hashes recomputed"])
def test_a_changed_entry_is_named(log: Installation, careful: bool) -> None:
    for column in COLUMNS:
        value = "5" if column == "at" else "'forged'"
        with tampered(log):
            log.execute(f"UPDATE audit_log SET {column} = {value} WHERE log_index = 6")  # noqa: S608
            if careful:
                recompute_hashes(log)
            assert broken(log) == (6, Breach.CHANGED), column


def test_a_changed_hash_or_seal_is_named(log: Installation) -> None:
    for column in ("leaf_hash", "seal"):
        for value in ("", "é", "0" * 64):
            with tampered(log):
                log.execute(
                    f"UPDATE audit_log SET {column} = :value WHERE log_index = 2",  # noqa: S608
                    value=value,
                )
                assert broken(log) == (2, Breach.CHANGED), (column, value)


def test_a_missing_entry_is_named(log: Installation) -> None:
    for index in (0, 3, 4, 8):
        with tampered(log):
            log.execute("DELETE FROM audit_log WHERE log_index = :index", index=index)
            assert broken(log) == (index, Breach.MISSING)


def test_a_missing_entry_is_named_although_the_others_closed_up(log: Installation) -> None:
    for index in (0, 5):
        with tampered(log):
            log.execute("DELETE FROM audit_log WHERE log_index = :index", index=index)
            for later in range(index + 1, ENTRIES):
                move(log, later, later - 1)
            recompute_hashes(log)
            assert broken(log) == (index, Breach.MISSING)


def test_an_added_entry_is_named_where_the_others_made_room(log: Installation) -> None:
    for later in range(ENTRIES - 1, 4, -1):
        move(log, later, later + 1)
    copy(log, 0, 5)
    log.execute("UPDATE audit_log SET account_id = 'forged', seal = 'x' WHERE log_index = 5")
    recompute_hashes(log)
    assert broken(log) == (5, Breach.ADDED)


def test_a_copy_in_the_place_of_an_entry_is_named(log: Installation) -> None:
    log.execute("DELETE FROM audit_log WHERE log_index = 6")
    copy(log, 1, 6)
    assert broken(log) == (6, Breach.ADDED)


def test_an_entry_added_at_either_end_is_named(log: Installation) -> None:
    for index in (ENTRIES, -1):
        with tampered(log):
            copy(log, 2, index)
            assert broken(log) == (index, Breach.ADDED)


def test_an_entry_added_with_a_good_seal_has_no_checkpoint(log: Installation) -> None:
    """Even a holder of the sealing key cannot sign: the audit key is another one."""
    copy(log, 2, ENTRIES)
    with log.session() as session:
        row = session.get_one(SealedEntry, ENTRIES)
        leaf = leaf_hash(entry_bytes(row))
        row.seal = seal_of(seal_key(session, log.services), ENTRIES, leaf)
        session.commit()
    assert broken(log) == (ENTRIES, Breach.CHECKPOINT)


@pytest.mark.parametrize("whole", [True, False], ids=["whole rows", "words only"])
def test_two_entries_that_changed_places_are_named(log: Installation, whole: bool) -> None:
    columns = [*COLUMNS, "leaf_hash", "seal"] if whole else [*COLUMNS, "leaf_hash"]
    for first, second in ((0, 9), (3, 4), (6, 7)):
        with tampered(log):
            with log.session() as session:
                one, other = (session.get_one(SealedEntry, index) for index in (first, second))
                for column in columns:
                    mine, theirs = getattr(one, column), getattr(other, column)
                    setattr(one, column, theirs)
                    setattr(other, column, mine)
                session.commit()
            assert broken(log) == (first, Breach.REORDERED)


def test_an_entry_put_at_the_end_is_reordered_not_missing(log: Installation) -> None:
    move(log, 3, ENTRIES)
    assert broken(log) == (3, Breach.REORDERED)


def test_a_tail_cut_off_is_seen_by_the_checkpoints(log: Installation) -> None:
    log.execute("DELETE FROM audit_log WHERE log_index >= 8")
    assert broken(log) == (8, Breach.TAIL_CUT_OFF)


def test_a_tail_cut_off_with_its_checkpoints_is_seen_by_the_file(log: Installation) -> None:
    for kept in (7, 4, 0):
        with tampered(log):
            log.execute("DELETE FROM audit_log WHERE log_index >= :kept", kept=kept)
            log.execute("DELETE FROM audit_checkpoints WHERE size > :kept", kept=kept)
            assert broken(log) == (kept, Breach.TAIL_CUT_OFF)


@pytest.mark.parametrize("again", [2, 3, 8])
def test_a_tail_that_was_cut_off_and_has_grown_again_is_seen_by_the_file(
    log: Installation, again: int
) -> None:
    log.execute("DELETE FROM audit_log WHERE log_index >= 7")
    log.execute("DELETE FROM audit_checkpoints WHERE size > 7")
    with log.session() as session:
        for _ in range(again):
            audit.record(session, audit.AccountCreated(account_id="new"), now=log.clock.now())
        session.commit()
        assert seal_arrivals(session, log.services) == again
    index, breach = broken(log)
    assert breach is Breach.TAIL_CUT_OFF
    # A log still shorter than before ends too early; else it disagrees from entry 7 on.
    assert index == (9 if again == 2 else 7)


def test_a_checkpoint_taken_away_is_missed(log: Installation) -> None:
    log.execute("DELETE FROM audit_checkpoints WHERE size > 7")
    log.settings.checkpoint_file.unlink()
    assert broken(log) == (7, Breach.CHECKPOINT)


def test_a_checkpoint_that_does_not_hold_is_named(log: Installation) -> None:
    another = "(SELECT other.signature FROM audit_checkpoints other WHERE other.size = 4)"
    for change in ("signature = 'x'", "root_hash = 'x'", f"signature = {another}"):
        with tampered(log):
            log.execute(f"UPDATE audit_checkpoints SET {change} WHERE size = 7")  # noqa: S608
            assert broken(log) == (6, Breach.CHECKPOINT), change


def test_a_checkpoint_signed_for_another_issuer_does_not_hold(log: Installation) -> None:
    with log.session() as session:
        root = session.scalar(sa.text("SELECT root_hash FROM audit_checkpoints WHERE size = 7"))
    foreign = log.services.keyring.sign(
        {"iss": "https://elsewhere.example/", "size": 7, "root_hash": root},
        alg="ES256",
        typ="onepass-audit-checkpoint+jwt",
        purpose="audit",
    )
    log.execute("UPDATE audit_checkpoints SET signature = :foreign WHERE size = 7", foreign=foreign)
    assert broken(log) == (6, Breach.CHECKPOINT)


def test_a_line_of_the_file_that_cannot_be_read_is_told(log: Installation) -> None:
    unreadable = '{"size": "x", "root_hash": "", "signature": ""}'
    lines = log.settings.checkpoint_file.read_text().splitlines()
    for line in ("not json", "[]", unreadable, '{"size": 3}'):
        with tampered(log):
            log.settings.checkpoint_file.write_text("\n".join([lines[0], line, *lines[1:], ""]))
            assert broken(log)[1] is Breach.CHECKPOINT, line


def test_lines_of_the_file_out_of_order_are_told(log: Installation) -> None:
    path = log.settings.checkpoint_file
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[1], lines[0], lines[2], ""]))
    assert broken(log) == (3, Breach.CHECKPOINT)


def test_a_forged_line_of_the_file_is_told(log: Installation) -> None:
    path = log.settings.checkpoint_file
    forged = json.loads(path.read_text().splitlines()[-1]) | {"size": 99}
    path.write_text(path.read_text() + json.dumps(forged) + "\n")
    assert broken(log)[1] is Breach.CHECKPOINT


def test_many_checkpoints_are_read_page_by_page(
    log: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idp.domain.checkpoints.PAGE", 2)
    assert verdict_of(log).checkpoints == 3
    log.execute("UPDATE audit_checkpoints SET root_hash = 'x' WHERE size = 10")
    assert broken(log) == (9, Breach.CHECKPOINT)


def test_what_is_sealed_while_the_proof_runs_disturbs_nothing(
    log: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = []
    plain = seal_key

    def meanwhile(session: object, services: object) -> bytes:
        with log.session() as other:
            audit.record(other, audit.AccountCreated(account_id="new"), now=1)
            other.commit()
            sealed.append(seal_arrivals(other, log.services))
        return plain(session, services)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("idp.domain.audit_verification.seal_key", meanwhile)
        verdict = verdict_of(log)
    assert sealed == [1]
    assert verdict.holds
    assert verdict.entries == ENTRIES
    assert verdict_of(log).entries == ENTRIES + 1


def test_a_log_under_a_lost_seal_secret_is_broken_from_the_start(log: Installation) -> None:
    log.execute("DELETE FROM sealed_secrets WHERE name = 'audit seal'")
    assert broken(log) == (0, Breach.CHANGED)
