"""Databases for tests: migrated once per worker, copied for each test, on SQLite and PostgreSQL."""

import importlib
import pkgutil
import shutil
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import flask_migrate
import psycopg
import sqlalchemy as sa
from flask import Flask
from psycopg import sql

import idp.domain
from idp.app import connect_database
from idp.domain.schema import MIGRATIONS
from idp.kernel.database import db
from tests.support.building import make_settings
from tests.support.postgres import PostgresServer


def load_all_models() -> None:
    """Import every module of the domain, so that its tables are known."""
    for module in pkgutil.iter_modules(idp.domain.__path__, "idp.domain."):
        importlib.import_module(module.name)


@contextmanager
def migrations(url: str) -> Iterator[None]:
    """Where Flask-Migrate's commands act on the database at `url`, as in `onepass db`."""
    app = Flask("tests.migrations")
    connect_database(app, make_settings(url, Path("var")))
    with app.app_context():
        yield
        for engine in db.engines.values():
            engine.dispose()


def bring_up(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`, as `onepass db upgrade` does."""
    with migrations(url):
        flask_migrate.upgrade(directory=str(MIGRATIONS), revision=revision)


def take_down(url: str, revision: str = "base") -> None:
    """Take the database at `url` back to `revision`, as `onepass db downgrade` does."""
    with migrations(url):
        flask_migrate.downgrade(directory=str(MIGRATIONS), revision=revision)


def server_version(url: str) -> str:
    """What the database at `url` says it is: asked of the server, not read from the address."""
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                return f"SQLite {connection.scalar(sa.text('SELECT sqlite_version()'))}"
            return str(connection.scalar(sa.text("SELECT version()")))
    finally:
        engine.dispose()


class SqliteTemplate:
    """A migrated SQLite file, copied for each test."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "template.db"
        bring_up(f"sqlite:///{self._file}")

    def copy_to(self, file: Path) -> str:
        """Copy the template to `file` and return the copy's address."""
        shutil.copyfile(self._file, file)
        return f"sqlite:///{file}"


_SHAPE = """
SELECT md5(string_agg(shape, ',' ORDER BY shape)) FROM (
    SELECT c.relname || a.attname || a.atttypid AS shape
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
    UNION ALL SELECT tgname FROM pg_trigger
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS shapes
"""


class PostgresTemplate:
    """A migrated PostgreSQL database, copied for tests.

    Making a copy takes a quarter of a second of processor time, emptying one a few milliseconds:
    `borrow` and `give_back` reuse copies for tests that leave no mark but rows.
    """

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._name = server.create("template")
        bring_up(server.url(self._name))
        with closing(server.connect(self._name)) as connection:
            self._shape = connection.execute(_SHAPE).fetchone()
            self._empty = _emptying(connection)
        self._free: list[str] = []

    def copy(self) -> tuple[str, str]:
        """Copy the template and return the copy's name and address."""
        name = self.server.create("test", self._name)
        with closing(self.server.connect(name)) as connection:
            version = connection.info.server_version
        assert version == self.server.version, "another server answered"
        return name, self.server.url(name)

    def borrow(self) -> tuple[str, str]:
        """Return the name and address of a copy without rows."""
        if not self._free:
            return self.copy()
        name = self._free.pop()
        return name, self.server.url(name)

    def give_back(self, name: str) -> None:
        """Empty a copy for the next test; one whose tables were changed is dropped."""
        with closing(self.server.connect(name)) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            unchanged = connection.execute(_SHAPE).fetchone() == self._shape
            if unchanged:
                connection.execute(self._empty)
        if unchanged:
            self._free.append(name)
        else:
            self.server.drop(name)


def _emptying(connection: psycopg.Connection[tuple[object, ...]]) -> bytes:
    """The statements that take every row out of a database made from this one."""
    rows = connection.execute(
        "SELECT tablename FROM pg_tables"
        " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    ).fetchall()
    deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(str(table))) for (table,) in rows]
    restart = sql.SQL(
        "SELECT setval(quote_ident(sequencename), 1, false)"
        " FROM pg_sequences WHERE schemaname = 'public'"
    )
    # Foreign keys are not asked: every table is emptied.
    quiet = sql.SQL("SET session_replication_role = replica")
    return sql.SQL("; ").join([quiet, *deletes, restart]).as_bytes(connection)


def wait_until_somebody_waits(url: str) -> None:
    """Return once a transaction waits for a lock; on SQLite, which cannot say, at once."""
    if not url.startswith("postgresql"):
        return
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    until = time.monotonic() + 20
    with engine.connect() as connection:
        while not connection.scalar(waiting):
            assert time.monotonic() < until, "nobody waits"
    engine.dispose()
