"""A backup holds one moment of everything, and a restore puts all of it in place or nothing."""

import io
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import (
    accounts,
    audit,
    backups,
    disclosures,
    handoffs,
    identities,
    journeys,
    key_files,
    outbox,
    restoring,
    sessions,
)
from idp.domain.accounts import Account
from idp.domain.audit_entries import AuditEntry
from idp.domain.audit_log import seal_arrivals
from idp.domain.audit_verification import verify
from idp.domain.backups import BackupRefused
from idp.domain.journeys import Journey
from idp.domain.restoring import restore
from idp.domain.sample_people import SAMPLE_PEOPLE
from idp.domain.signing_keys import RINGS, SigningKey
from idp.kernel.sealing import Sealer
from idp.protocol.identity_claims import CORE_IDENTITY
from tests.domain.conftest import Installation
from tests.support.building import make_services, make_settings
from tests.support.citizens import enrol, signed_in_cookie
from tests.support.clock import FixedClock

Alter = Callable[[dict[str, bytes]], None]


@pytest.fixture
def furnished(installation: Installation) -> Installation:
    """An installation with an account, a sealed log, arrivals, an outbox."""
    with installation.session() as session:
        account = accounts.create(
            session,
            installation.services,
            email="citizen@example.com",
            password_hash="$argon2id$x",
            language="cy",
        )
        outbox.put(session, installation.services, "email", {"to": "citizen@example.com"})
        identities.keep(
            session,
            installation.services,
            account_id=account.id,
            level="P2",
            person=SAMPLE_PEOPLE["nia"],
        )
        disclosures.share(
            session, account_id=account.id, client_id="a", claims={CORE_IDENTITY}, now=1
        )
        audit.record(session, audit.AccountCreated(account_id=account.id), now=1)
        session.commit()
        assert seal_arrivals(session, installation.services) > 0
        audit.record(session, audit.AccountCompleted(account_id=account.id), now=2)
        session.commit()
    return installation


@pytest.fixture(params=["to sqlite", "to postgresql"])
def target(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock
) -> Iterator[Installation]:
    """A second, empty installation with the same sealing key."""
    if request.param == "to sqlite":
        template = request.getfixturevalue("sqlite_template")
        url, drop = template.copy_to(tmp_path / "target.db"), None
    else:
        server = request.getfixturevalue("postgres_template")
        name, url = server.copy()
        drop = (server.server, name)
    settings = make_settings(url, tmp_path / "target")
    engine = sa.create_engine(url, poolclass=NullPool)
    yield Installation(settings, make_services(settings, clock), engine, clock)
    engine.dispose()
    if drop is not None:
        drop[0].drop(drop[1])


def write(installation: Installation, file: Path) -> backups.Manifest:
    return backups.write(installation.engine, installation.services, file)


def content(installation: Installation) -> dict[str, list[object]]:
    """Everything in the database, and the files beside it."""
    found: dict[str, list[object]] = {}
    with installation.engine.connect() as connection:
        for table in backups.tables_of(connection):
            query = sa.select(table).order_by(*table.primary_key.columns)
            found[table.name] = [dict(row) for row in connection.execute(query).mappings()]
    for path in sorted(installation.settings.keys_dir.glob("*")):
        found[path.name] = [path.read_bytes()]
    checkpoints = installation.settings.checkpoint_file
    found["checkpoints"] = [checkpoints.read_bytes() if checkpoints.exists() else b""]
    return found


def rewrite(file: Path, sealer: Sealer | None, alter: Alter) -> None:
    """Change a backup's members; with a sealer, make sums and seal fit again."""
    with tarfile.open(file) as tar:
        members = {}
        for name in tar.getnames():
            extracted = tar.extractfile(name)
            assert extracted is not None
            members[name] = extracted.read()
    alter(members)
    if sealer is not None:
        manifest = orjson.loads(members["manifest.json"])
        for name in manifest["members"]:
            with tempfile.TemporaryDirectory() as folder:
                copy = Path(folder) / "member"
                copy.write_bytes(members[name])
                manifest["members"][name] = backups._described(copy)
        members["manifest.json"] = orjson.dumps(manifest)
        seal = backups.seal_of(sealer.derive(backups.SEAL_LABEL), members["manifest.json"])
        members["manifest.seal"] = seal.encode()
    with tarfile.open(file, "w") as tar:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def test_a_backup_restores_into_an_empty_database_of_either_kind(
    furnished: Installation, target: Installation, tmp_path: Path
) -> None:
    token = furnished.services.keyring.sign({"sub": "x"}, alg="RS256", typ="JWT")
    file = tmp_path / "backup.onepass"
    manifest = write(furnished, file)
    assert manifest.rows["accounts"] == 1
    assert file.stat().st_mode & 0o777 == 0o600
    before = content(furnished)
    restore(target.engine, target.services, file)
    after = content(target)
    assert len(after.pop("audit_entries")) == len(before.pop("audit_entries")) + 1
    assert after == before
    # It works: it verifies what was signed before, signs, opens sealed values, proves its record.
    keyring = target.services.keyring
    assert keyring.verify(token, typ="JWT") == {"sub": "x"}
    assert keyring.verify(keyring.sign({"n": 1}, alg="ES256", typ="JWT"), typ="JWT") == {"n": 1}
    with target.session() as session:
        (message,) = outbox.lease(session, target.services)
        assert message.payload == {"to": "citizen@example.com"}
        assert seal_arrivals(session, target.services) == 2
        verdict = verify(session, target.services)
        assert verdict.holds
        assert verdict.unsealed == 0
        account = session.scalars(sa.select(Account)).one()
        assert (account.email, account.language) == ("citizen@example.com", "cy")
        proof = identities.find(session, target.services, account.id)
        assert proof is not None
        assert (proof.level, proof.person) == ("P2", SAMPLE_PEOPLE["nia"])
        assert disclosures.shared(session, account.id, "a") == {CORE_IDENTITY}


def test_numbers_given_out_after_a_restore_are_new(
    furnished: Installation, target: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    restore(target.engine, target.services, file)
    with target.session() as session:
        audit.record(session, audit.AccountCreated(account_id="new"), now=3)
        session.commit()
        ids = session.scalars(sa.select(AuditEntry.id)).all()
    assert len(set(ids)) == len(ids) == 3


def test_a_backup_is_of_one_moment_while_others_write(
    furnished: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed while the backup runs is in none of the tables."""
    real = backups._spool_table

    def meanwhile(connection: sa.Connection, table: sa.Table, spool: Path) -> int:
        with Session(furnished.engine) as session:
            outbox.put(session, furnished.services, "email", {"to": "x"})
            audit.record(session, audit.AccountCreated(account_id="late"), now=9)
            session.commit()
            seal_arrivals(session, furnished.services)
        return real(connection, table, spool)

    with furnished.session() as session:
        rows = {
            name: session.scalar(sa.text(f"SELECT count(*) FROM {name}"))  # noqa: S608
            for name in ("outbox", "audit_entries", "audit_log", "audit_checkpoints")
        }
    monkeypatch.setattr(backups, "_spool_table", meanwhile)
    manifest = write(furnished, tmp_path / "backup.onepass")
    assert {name: manifest.rows[name] for name in rows} == rows


def test_the_sealing_key_and_no_private_key_in_clear_are_in_a_backup(
    furnished: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    raw = file.read_bytes()
    assert furnished.settings.sealing_keys[0].key not in raw
    for path in furnished.settings.keys_dir.glob("*.sealed"):
        private = key_files.read(furnished.settings.keys_dir, path.stem, furnished.services.sealer)
        assert private not in raw
        assert path.read_bytes() in raw


def test_a_database_that_holds_something_is_replaced_by_force_only(
    furnished: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    before = content(furnished)
    with furnished.session() as session:
        audit.record(session, audit.AccountCreated(account_id="later"), now=3)
        session.commit()
        seal_arrivals(session, furnished.services)
    with pytest.raises(BackupRefused, match="not empty; --force"):
        restore(furnished.engine, furnished.services, file)
    restore(furnished.engine, furnished.services, file, force=True)
    after = content(furnished)
    for name in ("audit_log", "audit_checkpoints", "accounts", "checkpoints"):
        assert after[name] == before[name]
    # The later checkpoints are kept for whoever wants to know.
    (aside,) = furnished.settings.checkpoint_file.parent.glob("audit-checkpoints.jsonl.before-*")
    assert aside.read_bytes().count(b"\n") == 2
    with furnished.session() as session:
        assert verify(session, furnished.services).holds


def swap(members: dict[str, bytes]) -> None:
    members["tables/accounts.jsonl"] = members["tables/accounts.jsonl"].replace(b'"cy"', b'"en"')


def drop_table(members: dict[str, bytes]) -> None:
    del members["tables/accounts.jsonl"]


def add_member(members: dict[str, bytes]) -> None:
    members["../../escaped"] = b"x"


def drop_seal(members: dict[str, bytes]) -> None:
    del members["manifest.seal"]


def change_manifest(members: dict[str, bytes]) -> None:
    members["manifest.json"] += b" "


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (swap, "accounts.jsonl in it was changed"),
        (drop_table, "does not hold the files"),
        (add_member, "does not hold the files"),
        (drop_seal, "has no file manifest.seal"),
        (change_manifest, "was changed since it was written"),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    furnished: Installation, tmp_path: Path, alter: Alter, words: str
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    rewrite(file, None, alter)
    before = content(furnished)
    with pytest.raises(BackupRefused, match=words):
        restore(furnished.engine, furnished.services, file, force=True)
    assert content(furnished) == before
    assert not (tmp_path.parent / "escaped").exists()


@pytest.mark.parametrize("raw", [b"", b"not a tar", b"\x00" * 10_240])
def test_a_file_that_is_no_backup_is_refused(
    installation: Installation, tmp_path: Path, raw: bytes
) -> None:
    file = tmp_path / "backup.onepass"
    file.write_bytes(raw)
    with pytest.raises(BackupRefused):
        restore(installation.engine, installation.services, file, force=True)


def old_schema(members: dict[str, bytes]) -> None:
    manifest = orjson.loads(members["manifest.json"])
    members["manifest.json"] = orjson.dumps(manifest | {"revision": "0000"})


def other_format(members: dict[str, bytes]) -> None:
    manifest = orjson.loads(members["manifest.json"])
    members["manifest.json"] = orjson.dumps(manifest | {"format": 99})


def other_issuer(members: dict[str, bytes]) -> None:
    manifest = orjson.loads(members["manifest.json"])
    members["manifest.json"] = orjson.dumps(manifest | {"issuer": "https://other.example/"})


def bad_key(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("keys/"))
    members[name] = members[name][:-9] + b"AAAAAAAA\n"


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (old_schema, "it has schema 0000"),
        (other_format, "another version"),
        (bad_key, "does not open"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    furnished: Installation, tmp_path: Path, alter: Alter, words: str
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    rewrite(file, furnished.services.sealer, alter)
    before = content(furnished)
    with pytest.raises(BackupRefused, match=words):
        restore(furnished.engine, furnished.services, file, force=True)
    assert content(furnished) == before


def test_a_backup_of_another_issuer_needs_force(
    furnished: Installation, target: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    rewrite(file, furnished.services.sealer, other_issuer)
    with pytest.raises(BackupRefused, match=r"speaks for https://other\.example/"):
        restore(target.engine, target.services, file)
    restore(target.engine, target.services, file, force=True)


def test_a_backup_under_a_foreign_sealing_key_is_refused(
    furnished: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    other = {"ONEPASS_SEALING_KEYS": "other:" + "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE"}
    settings = make_settings(furnished.settings.database_url, tmp_path / "other", more=other)
    with pytest.raises(BackupRefused, match="sealing key"):
        restore(furnished.engine, make_services(settings, furnished.clock), file, force=True)


def break_a_row(members: dict[str, bytes]) -> None:
    row = orjson.loads(members["tables/outbox.jsonl"].splitlines()[0])
    members["tables/outbox.jsonl"] += orjson.dumps(row) + b"\n"


def test_a_restore_that_fails_half_way_leaves_everything_as_it_was(
    furnished: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    rewrite(file, furnished.services.sealer, break_a_row)
    before = content(furnished)
    with pytest.raises(SQLAlchemyError):
        restore(furnished.engine, furnished.services, file, force=True)
    assert content(furnished) == before


@pytest.mark.parametrize("checkpoints", [True, False], ids=["with checkpoints", "without"])
def test_a_restore_that_fails_at_the_last_moment_puts_the_files_back(
    furnished: Installation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    checkpoints: bool,
) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    kept, lost = sorted(furnished.settings.keys_dir.glob("*.sealed"))[:2]
    lost.unlink()
    kept.write_text(furnished.services.sealer.seal(b"other", key_files.PURPOSE, kept.stem) + "\n")
    if not checkpoints:
        furnished.settings.checkpoint_file.unlink()
    before = content(furnished)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(sa.Connection, "commit", full)
        with pytest.raises(BackupRefused, match="No space left"):
            restore(furnished.engine, furnished.services, file, force=True)
    assert content(furnished) == before
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_replace", full)
        with pytest.raises(BackupRefused, match="No space left"):
            restore(furnished.engine, furnished.services, file, force=True)
    assert content(furnished) == before
    assert not list(furnished.settings.checkpoint_file.parent.glob("*.before-*"))


def test_a_backup_that_fails_leaves_the_one_before(furnished: Installation, tmp_path: Path) -> None:
    file = tmp_path / "backup.onepass"
    write(furnished, file)
    before = file.read_bytes()
    with furnished.session() as session:
        kid = session.scalars(sa.select(SigningKey.kid)).first()
    assert kid is not None
    key_files.path_of(furnished.settings.keys_dir, kid).unlink()
    with pytest.raises(BackupRefused, match="is missing"):
        write(furnished, file)
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_retired_key_may_have_lost_its_private_half(
    furnished: Installation, tmp_path: Path
) -> None:
    with furnished.session() as session:
        kid = furnished.services.keyring.generate(session, "ES256").kid
        furnished.services.keyring.retire(session, kid, furnished.clock.now())
        session.commit()
    key_files.path_of(furnished.settings.keys_dir, kid).unlink()
    manifest = write(furnished, tmp_path / "backup.onepass")
    assert f"keys/{kid}.sealed" not in manifest.members
    assert len([name for name in manifest.members if name.startswith("keys/")]) == len(RINGS)


def test_a_database_without_a_schema_is_refused_and_one_without_a_log_is_not(
    tmp_path: Path, clock: FixedClock, installation: Installation
) -> None:
    settings = make_settings(f"sqlite:///{tmp_path / 'empty.db'}", tmp_path / "empty")
    engine = sa.create_engine(settings.database_url, poolclass=NullPool)
    with pytest.raises(BackupRefused, match="db upgrade"):
        backups.write(engine, make_services(settings, clock), tmp_path / "empty.onepass")
    manifest = write(installation, tmp_path / "young.onepass")
    assert "audit-checkpoints.jsonl" not in manifest.members
    restore(installation.engine, installation.services, tmp_path / "young.onepass", force=True)


def test_every_column_is_of_a_type_that_a_backup_can_hold(installation: Installation) -> None:
    plain = (sa.Integer, sa.String, sa.Boolean)
    with installation.engine.connect() as connection:
        for table in backups.tables_of(connection):
            for column in table.columns:
                assert isinstance(column.type, plain), f"{table.name}.{column.name}"


def test_nobody_is_signed_in_after_a_restore(
    installation: Installation, target: Installation, tmp_path: Path
) -> None:
    services = installation.services
    with installation.session() as session:
        alice = enrol(session, services)
        cookie = signed_in_cookie(session, services, alice)
        journey = journeys.open_journey(
            session,
            services,
            browser_id="b",
            client_id="c",
            parameters="{}",
            language="en",
            wanted=journeys.Wanted(fresh=False),
        )
        ticket = handoffs.leave(session, services, "{}")
        session.commit()
    file = tmp_path / "backup.onepass"
    write(installation, file)
    restore(target.engine, target.services, file)
    with target.session() as session:
        assert sessions.find(session, target.services, cookie) is None
        assert session.get_one(Journey, journey.id).ended_at is not None
        assert handoffs.take(session, target.services, ticket) is None
