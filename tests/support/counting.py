"""Counting what a piece of work costs: by the database itself, and at the cryptographic library.

SQLAlchemy's events do not see statements that go straight to a driver or to libpq, so SQLite's
trace and PostgreSQL's own log are asked. Signatures, hashes, templates and connections are seen
by Python's profiler, whoever calls them.
"""

import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa
from psycopg import sql
from sqlalchemy import Engine, event

from tests.support.postgres import PostgresServer

_TRANSACTION = re.compile(
    r"\s*(BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|DEALLOCATE)", re.IGNORECASE
)
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


@dataclass
class DatabaseWork:
    """Statements run (without BEGIN and COMMIT) and transactions that wrote and were committed."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0
    _open: set[object] = field(default_factory=set)
    _wrote: set[object] = field(default_factory=set)

    def clear(self) -> None:
        """Start from nothing."""
        self.catch_up()
        self.statements.clear()
        self.commits = 0

    def catch_up(self) -> None:
        """Note everything that was done until now."""

    def saw(self, connection: object, statement: str) -> None:
        """Note one statement, in the order in which its connection ran them."""
        word = _TRANSACTION.match(statement)
        if word is None:
            self.statements.append(" ".join(statement.split()))
            if _WRITES.search(statement):
                if connection in self._open:
                    self._wrote.add(connection)
                else:
                    self.commits += 1
        elif word[1].upper() in ("BEGIN", "START"):
            self._open.add(connection)
        elif word[1].upper() in ("COMMIT", "ROLLBACK") and " TO " not in statement.upper():
            self.commits += word[1].upper() == "COMMIT" and connection in self._wrote
            self._open.discard(connection)
            self._wrote.discard(connection)


@contextmanager
def counting_sqlite() -> Iterator[DatabaseWork]:
    """Count the work of every SQLite connection that is opened meanwhile."""
    work = DatabaseWork()

    def watch(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(lambda text: work.saw(id(connection), text))

    event.listen(Engine, "connect", watch)
    try:
        yield work
    finally:
        event.remove(Engine, "connect", watch)


class _ServersLog(DatabaseWork):
    """What PostgreSQL writes down about one database."""

    def __init__(self, log: Path, database: str) -> None:
        super().__init__()
        self._log = log
        self._offset = log.stat().st_size
        self._entry = re.compile(
            r"^\S+ \S+ \S+ \[(\d+)\] " + re.escape(database) + r" LOG:  "
            r"(?:statement|execute [^:]*): (.*(?:\n\t.*)*)",
            re.MULTILINE,
        )

    def catch_up(self) -> None:
        """Read what the server has written since the last time."""
        with self._log.open("rb") as file:
            file.seek(self._offset)
            text = file.read()
        self._offset += len(text)
        for pid, statement in self._entry.findall(text.decode(errors="replace")):
            self.saw(pid, statement)


@contextmanager
def counting_postgresql(server: PostgresServer, url: str) -> Iterator[DatabaseWork]:
    """Count the work of every connection to the database at `url` that is opened meanwhile."""
    name = sa.make_url(url).database
    assert name is not None
    database = sql.Identifier(name)
    with closing(server.connect("postgres")) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET log_statement = 'all'").format(database))
        try:
            yield _ServersLog(server.log, name)
        finally:
            connection.execute(sql.SQL("ALTER DATABASE {} RESET log_statement").format(database))


_PARSERS = {
    "load_pem_private_key",
    "load_pem_public_key",
    "load_der_private_key",
    "load_der_public_key",
    "from_encoded_point",
    "public_key_from_numbers",
    "private_numbers",
    "private_key",
}


def _kind_of_native_call(function: Any) -> str | None:
    owner = type(getattr(function, "__self__", None)).__name__
    name = str(getattr(function, "__name__", ""))
    if name in ("sign", "verify") and owner.endswith(("PrivateKey", "PublicKey")):
        return name
    if name == "derive" and owner in ("Argon2id", "PBKDF2HMAC", "Scrypt"):
        return "hash"
    if name in _PARSERS or (name == "public_key" and owner.endswith("PublicNumbers")):
        return "parse"
    return "connect" if name == "connect" and owner == "socket" else None


def _kind_of_call(frame: FrameType) -> str | None:
    code, file = frame.f_code.co_name, frame.f_code.co_filename
    if code in ("hash_secret", "verify_secret") and "argon2" in file:
        return "hash"
    return "template" if code == "render" and file.endswith("jinja2/environment.py") else None


@contextmanager
def counting_effort() -> Iterator[Counter[str]]:
    """Count, in this thread: `sign`, `verify`, `hash`, `parse`, `template`, `connect`."""
    effort: Counter[str] = Counter()

    def watch(frame: FrameType, what: str, function: Any) -> None:
        kind = None
        if what == "c_call":
            kind = _kind_of_native_call(function)
        elif what == "call":
            kind = _kind_of_call(frame)
        if kind is not None:
            effort[kind] += 1

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield effort
    finally:
        sys.setprofile(before)
