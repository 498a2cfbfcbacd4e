"""Counting what a piece of work costs, at the driver and at the cryptographic library.

SQLAlchemy's events do not see statements that go straight to a driver, so both drivers are asked.
Signatures, hashes, templates and connections are seen by Python's profiler, whoever calls them.
"""

import re
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event

_TRANSACTION = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA)", re.IGNORECASE)
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


@dataclass
class DatabaseWork:
    """Statements sent (without BEGIN and COMMIT) and transactions that wrote and were committed."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0
    _wrote: set[int] = field(default_factory=set)
    _open: set[int] = field(default_factory=set)

    def clear(self) -> None:
        """Start from nothing."""
        self.statements.clear()
        self.commits = 0

    def saw(self, connection: object, statement: str, *, by_itself: bool) -> None:
        """Note a statement; `by_itself` means that it is its own transaction."""
        self.statements.append(" ".join(statement.split()))
        if _WRITES.search(statement):
            if by_itself:
                self.commits += 1
            else:
                self._wrote.add(id(connection))

    def committed(self, connection: object) -> None:
        """Note the end of a transaction, which counts if it wrote."""
        if id(connection) in self._wrote:
            self.commits += 1
        self._wrote.discard(id(connection))

    def traced(self, connection: sqlite3.Connection, statement: str) -> None:
        """Note what SQLite says it is about to run."""
        word = _TRANSACTION.match(statement)
        if word is None:
            if not statement.startswith("--"):
                self.saw(connection, statement, by_itself=id(connection) not in self._open)
        elif word[1].upper() == "BEGIN":
            self._open.add(id(connection))
        elif word[1].upper() in ("COMMIT", "ROLLBACK"):
            self._open.discard(id(connection))
            if word[1].upper() == "COMMIT":
                self.committed(connection)
            self._wrote.discard(id(connection))


@contextmanager
def counting_statements() -> Iterator[DatabaseWork]:
    """Count the work of every connection that is opened meanwhile."""
    work = DatabaseWork()

    class CountingCursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
            text = query if isinstance(query, str) else bytes(query).decode()
            if not _TRANSACTION.match(text):
                work.saw(self.connection, text, by_itself=self.connection.autocommit)
            return super().execute(query, *args, **kwargs)

    def watch(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(lambda statement: work.traced(connection, statement))
        else:
            connection.cursor_factory = CountingCursor

    real_commit = psycopg.Connection.commit

    def commit(self: psycopg.Connection[Any]) -> None:
        if self.info.transaction_status != TransactionStatus.IDLE:
            work.committed(self)
        real_commit(self)

    event.listen(Engine, "connect", watch)
    psycopg.Connection.commit = commit  # type: ignore[method-assign]
    try:
        yield work
    finally:
        psycopg.Connection.commit = real_commit  # type: ignore[method-assign]
        event.remove(Engine, "connect", watch)


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
