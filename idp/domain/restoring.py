"""Restoring a backup: everything, or nothing.

Owns: judging a backup before anything is touched, and putting it in place in one transaction.
Does not own: the file's form (`idp.domain.backups`).

Stop the servers and the worker first. Members are read by name and never unpacked to disk, so a
crafted file cannot write anywhere.
"""

import hashlib
import hmac
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import IO

import orjson
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    Connection,
    Engine,
    Integer,
    Table,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from idp.domain import audit, backups, key_files
from idp.domain.backups import (
    CHECKPOINTS,
    FORMAT,
    MANIFEST,
    MANIFEST_SEAL,
    SEAL_LABEL,
    BackupRefused,
    Manifest,
    seal_of,
)
from idp.domain.handoffs import Handoff
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.kernel.sealing import SealBroken

ROWS_AT_ONCE = 500
LARGEST_MANIFEST = 10_000_000
_KEY_MEMBER = re.compile(r"keys/([0-9a-f]{64})\.sealed")


def restore(engine: Engine, services: Services, source: Path, *, force: bool = False) -> Manifest:
    """Put the backup in `source` in place and return its manifest.

    Refused (BackupRefused) when it is damaged, when its schema is not the database's, when our
    sealing keys do not open its signing keys, and, unless `force`, when the database holds
    anything or the backup speaks for another issuer. Whatever fails, what was there stays.
    """
    try:
        with tarfile.open(source, mode="r:") as tar:
            manifest = _manifest(tar, services)
            _check_members(tar, manifest)
            sealed_keys = _sealed_keys(tar, manifest, services)
            if manifest.issuer != services.settings.issuer and not force:
                raise BackupRefused(
                    f"it speaks for {manifest.issuer}, this installation for "
                    f"{services.settings.issuer}; --force restores it nevertheless"
                )
            with engine.connect() as connection:
                tables = _prepared(connection, manifest, force=force)
                _fill(connection, tables, tar)
                _end_what_was_under_way(connection, services, manifest)
                with _files_in_place(services, sealed_keys, _checkpoints(tar, manifest)):
                    connection.commit()
    except (tarfile.TarError, OSError) as fault:
        raise BackupRefused(f"a file could not be read or written ({fault})") from fault
    return manifest


def _manifest(tar: tarfile.TarFile, services: Services) -> Manifest:
    with _member(tar, MANIFEST) as file:
        text_of = file.read(LARGEST_MANIFEST)
    with _member(tar, MANIFEST_SEAL) as file:
        seal = file.read(LARGEST_MANIFEST)
    seals = (seal_of(key, text_of).encode() for key in services.sealer.derive_all(SEAL_LABEL))
    if not any(hmac.compare_digest(seal, ours) for ours in seals):
        raise BackupRefused(
            "it was changed since it was written, or written under a sealing key that this "
            "installation does not have"
        )
    said = orjson.loads(text_of)
    if said.pop("format") != FORMAT:
        raise BackupRefused("it was written by another version of Onepass")
    return Manifest(**said)


def _check_members(tar: tarfile.TarFile, manifest: Manifest) -> None:
    if sorted(tar.getnames()) != sorted([MANIFEST, MANIFEST_SEAL, *manifest.members]):
        raise BackupRefused("it does not hold the files that its manifest names")
    for name, said in manifest.members.items():
        with _member(tar, name) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        if digest != said["sha256"]:
            raise BackupRefused(f"{name} in it was changed since it was written")


@contextmanager
def _member(tar: tarfile.TarFile, name: str) -> Iterator[IO[bytes]]:
    try:
        file = tar.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise BackupRefused(f"it has no file {name}")
    with file:
        yield file


def _sealed_keys(tar: tarfile.TarFile, manifest: Manifest, services: Services) -> dict[str, str]:
    """Return the sealed signing keys, each of which our sealing keys open."""
    found: dict[str, str] = {}
    for name in manifest.members:
        match = _KEY_MEMBER.fullmatch(name)
        if match is None:
            continue
        with _member(tar, name) as file:
            sealed = file.read().decode("ascii", "replace").strip()
        try:
            services.sealer.open(sealed, key_files.PURPOSE, match[1])
        except SealBroken as broken:
            raise BackupRefused(
                f"signing key {match[1][:16]} in it does not open: {broken}"
            ) from broken
        found[match[1]] = sealed
    return found


def _checkpoints(tar: tarfile.TarFile, manifest: Manifest) -> bytes:
    if CHECKPOINTS not in manifest.members:
        return b""
    with _member(tar, CHECKPOINTS) as file:
        return file.read()


def _prepared(connection: Connection, manifest: Manifest, *, force: bool) -> list[Table]:
    """Return the database's tables, empty now and closed to everybody else."""
    if connection.dialect.name == "sqlite":
        # Python's driver would begin with the first change only.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision != manifest.revision:
        raise BackupRefused(
            f"it has schema {manifest.revision}, the database {revision}: run `onepass db upgrade` "
            "of the version of Onepass that wrote it, restore, and upgrade then"
        )
    tables = backups.tables_of(connection)
    if connection.dialect.name == "postgresql":
        names = ", ".join(f'"{table.name}"' for table in tables)
        connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
    if not force and backups.count_rows(connection, tables):
        raise BackupRefused("the database is not empty; --force replaces everything in it")
    for table in reversed(tables):
        connection.execute(delete(table))
    return tables


def _fill(connection: Connection, tables: list[Table], tar: tarfile.TarFile) -> None:
    for table in tables:
        with _member(tar, backups.table_member(table.name)) as file:
            while rows := [orjson.loads(line) for line in islice(file, ROWS_AT_ONCE)]:
                connection.execute(insert(table), rows)
        if connection.dialect.name == "postgresql":
            _advance_sequence(connection, table)


def _advance_sequence(connection: Connection, table: Table) -> None:
    """Let the next number given out be behind those that were restored."""
    for column in table.primary_key.columns:
        if not isinstance(column.type, Integer):
            continue
        sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        if sequence is not None:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(sequence, highest, False)))


def _end_what_was_under_way(connection: Connection, services: Services, manifest: Manifest) -> None:
    """End every session and Journey, and record that the database was restored.

    Somebody may have signed out since the backup was made, and would be signed in again.
    """
    now = services.clock.now()
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        session.execute(
            update(BrowserSession)
            .where(BrowserSession.ended_at.is_(None))
            .values(ended_at=now, ended_because="restored")
        )
        session.execute(update(Journey).where(Journey.ended_at.is_(None)).values(ended_at=now))
        session.execute(delete(Handoff))
        audit.record(session, audit.BackupRestored(made_at=manifest.made_at), now=now)
        session.commit()


@contextmanager
def _files_in_place(
    services: Services, sealed_keys: dict[str, str], checkpoints: bytes
) -> Iterator[None]:
    """Put the backup's files in place for what follows; if that fails, put back the old ones.

    They come before the commit: a checkpoint file that knows less than the database is completed
    by the worker, one that knows more would look like a log that was cut off.
    """
    settings = services.settings
    before = {kid: _bytes_of(key_files.path_of(settings.keys_dir, kid)) for kid in sealed_keys}
    moved = settings.checkpoint_file.exists()
    aside = _free_name(settings.checkpoint_file, services.clock.now())
    if moved:
        shutil.copy(settings.checkpoint_file, aside)
    try:
        for kid, sealed in sealed_keys.items():
            key_files.write_sealed(settings.keys_dir, kid, sealed)
        settings.checkpoint_file.parent.mkdir(parents=True, exist_ok=True)
        _replace(settings.checkpoint_file, checkpoints)
        yield
    except BaseException:
        for kid, content in before.items():
            path = key_files.path_of(settings.keys_dir, kid)
            if content is None:
                path.unlink(missing_ok=True)
            else:
                key_files.write_sealed(settings.keys_dir, kid, content.decode("ascii").strip())
        if moved:
            aside.replace(settings.checkpoint_file)
        else:
            settings.checkpoint_file.unlink(missing_ok=True)
        raise


def _free_name(path: Path, now: int) -> Path:
    """Return a name for what was at `path` until now."""
    names = (path.with_name(f"{path.name}.before-{now}-{number}") for number in count(1))
    return next(name for name in names if not name.exists())


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
