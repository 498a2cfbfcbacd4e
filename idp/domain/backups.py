"""Backups: one file that holds the database, the sealed signing keys and the checkpoints.

Owns: the file's form, and writing one while everything runs.
Does not own: restoring (`idp.domain.restoring`).

The file is a tar of JSON lines, one member for each table, so that a backup of SQLite can be
restored into PostgreSQL and the other way round. Everything secret in it is sealed or hashed; the
sealing key is not in it and must be kept elsewhere. Still it holds people's addresses: mode 0600.
The manifest names every member's SHA-256 and is itself sealed (HMAC), so that nobody without the
sealing key can change a backup or make one.
"""

import hashlib
import hmac
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, func, select
from sqlalchemy.pool import NullPool

from idp.domain import key_files
from idp.domain.services import Services

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_SEAL = "manifest.seal"
CHECKPOINTS = "audit-checkpoints.jsonl"
SEAL_LABEL = "backup manifest"
VERSION_TABLE = "alembic_version"
ROWS_AT_ONCE = 1000


class BackupRefused(Exception):
    """A backup cannot be written or restored; the message says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself; `members` are name to size and SHA-256."""

    made_at: int
    issuer: str
    revision: str
    rows: Mapping[str, int]
    members: Mapping[str, Mapping[str, Any]]

    def text(self) -> bytes:
        """Return the manifest as it stands in the file."""
        return orjson.dumps(
            {
                "format": FORMAT,
                "made_at": self.made_at,
                "issuer": self.issuer,
                "revision": self.revision,
                "rows": self.rows,
                "members": self.members,
            },
            option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS,
        )


def seal_of(key: bytes, manifest: bytes) -> str:
    """Return the seal of a manifest's text under a key derived for `SEAL_LABEL`."""
    return hmac.new(key, manifest, hashlib.sha256).hexdigest()


def table_member(name: str) -> str:
    """Return the member that holds a table."""
    return f"tables/{name}.jsonl"


def key_member(kid: str) -> str:
    """Return the member that holds the sealed half of a signing key."""
    return f"keys/{kid}.sealed"


def write(engine: Engine, services: Services, target: Path) -> Manifest:
    """Write a backup to `target`, whole or not at all, and return its manifest.

    Consistent while everything runs: all tables are read in one snapshot. Raises BackupRefused.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as name:
        spool = Path(name)
        (spool / "tables").mkdir()
        (spool / "keys").mkdir()
        # The checkpoints first: outside they must never know of more entries than the log has.
        _spool_checkpoints(services, spool)
        with _snapshot(engine, spool) as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
            tables = tables_of(connection)
            rows = {str(table.name): _spool_table(connection, table, spool) for table in tables}
            _spool_keys(connection, tables, services, spool)
        if revision is None:
            raise BackupRefused("the database has no schema yet: run `onepass db upgrade`")
        manifest = Manifest(
            made_at=services.clock.now(),
            issuer=services.settings.issuer,
            revision=revision,
            rows=rows,
            members={member: _described(spool / member) for member in _members(spool)},
        )
        text = manifest.text()
        (spool / MANIFEST).write_bytes(text)
        (spool / MANIFEST_SEAL).write_text(seal_of(services.sealer.derive(SEAL_LABEL), text))
        _pack(spool, [MANIFEST, MANIFEST_SEAL, *manifest.members], target)
    return manifest


def tables_of(connection: Connection) -> list[Table]:
    """Return the database's tables as they are, parents before children."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]


@contextmanager
def _snapshot(engine: Engine, spool: Path) -> Iterator[Connection]:
    """Open a connection that sees one moment of the database, however long it reads."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ) as connection:
            yield connection
        return
    copy = spool / "copy.db"
    raw = engine.raw_connection()
    try:
        target = sqlite3.connect(copy)
        source = raw.driver_connection
        if isinstance(source, sqlite3.Connection):  # pragma: no branch - the dialect says so
            source.backup(target)
        target.close()
    finally:
        raw.close()
    copied = create_engine(f"sqlite:///{copy}", poolclass=NullPool)
    with copied.connect() as connection:
        yield connection
    copied.dispose()


def _spool_table(connection: Connection, table: Table, spool: Path) -> int:
    count = 0
    query = select(table).order_by(*table.primary_key.columns)
    result = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
    names = [str(column.name) for column in table.columns]
    with (spool / table_member(table.name)).open("wb") as file:
        for row in result:
            line = dict(zip(names, row, strict=True))
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count


def _spool_keys(
    connection: Connection, tables: list[Table], services: Services, spool: Path
) -> None:
    for table in tables:
        if table.name != "signing_keys":
            continue
        for kid, state in connection.execute(select(table.c.kid, table.c.state)).all():
            try:
                sealed = key_files.read_sealed(services.settings.keys_dir, kid)
            except key_files.KeyFileUnusable as fault:
                # A retired key has done its work; any other would be missed after a restore.
                if state == "retired":
                    continue
                raise BackupRefused(str(fault)) from fault
            (spool / key_member(kid)).write_text(sealed + "\n", encoding="ascii")


def _spool_checkpoints(services: Services, spool: Path) -> None:
    path = services.settings.checkpoint_file
    if path.exists():
        whole = path.read_bytes()
        (spool / CHECKPOINTS).write_bytes(whole[: whole.rfind(b"\n") + 1])


def _members(spool: Path) -> list[str]:
    found = [*spool.glob("tables/*.jsonl"), *spool.glob("keys/*.sealed"), *spool.glob(CHECKPOINTS)]
    return sorted(str(path.relative_to(spool)) for path in found)


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {
            "size": path.stat().st_size,
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
        }


def _pack(spool: Path, members: list[str], target: Path) -> None:
    fresh = target.with_name(f".{target.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for member in members:
                tar.add(spool / member, arcname=member, recursive=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def count_rows(connection: Connection, tables: list[Table]) -> int:
    """Return how many rows there are in all tables together."""
    return sum(connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables)
