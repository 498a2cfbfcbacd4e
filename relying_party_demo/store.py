"""What a department remembers: sign-ins under way, local sessions, logout notices seen.

Owns: one SQLite file per department (mode 0600), safe under threads; secrets that a browser holds
are kept here only as hashes.
Owns not: when something may be stored or ended.
"""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

# Whoever needs long may ask Onepass for more time, up to twelve hours.
PENDING_LIFETIME = 13 * 3600
IDLE_LIFETIME = 3600
SESSION_LIFETIME = 43200
# One Login asks services to refuse a jti seen in the last three minutes; we remember an hour.
NOTICE_LIFETIME = 3600

SCHEMA = """
CREATE TABLE IF NOT EXISTS pending (
    state_hash TEXT PRIMARY KEY, browser_hash TEXT NOT NULL, nonce TEXT NOT NULL,
    verifier TEXT NOT NULL, vtr TEXT NOT NULL, max_age INTEGER, prompt TEXT, action TEXT,
    sub TEXT, asked_at INTEGER NOT NULL, exchange TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    secret_hash TEXT PRIMARY KEY, sub TEXT NOT NULL, email TEXT NOT NULL, level TEXT NOT NULL,
    auth_time INTEGER NOT NULL, id_token TEXT NOT NULL, exchange TEXT NOT NULL, action TEXT,
    started_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, ended_at INTEGER, ended_how TEXT,
    ended_exchange TEXT, state_hash TEXT, identity TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS sessions_of_subject ON sessions (sub) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS notices (jti TEXT PRIMARY KEY, seen_at INTEGER NOT NULL) STRICT;
"""


def digest(secret: str) -> str:
    """How a secret of 256 random bits is kept: its SHA-256, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True)
class Pending:
    """A citizen sent to Onepass and not yet back; single use, bound to one browser."""

    state_hash: str
    browser_hash: str
    nonce: str
    verifier: str
    vtr: str
    max_age: int | None
    prompt: str | None
    action: str | None
    sub: str | None
    asked_at: int
    exchange: str


@dataclass(frozen=True)
class Session:
    """A citizen signed in here, or one who was: an ended session stays to say how it ended."""

    secret_hash: str
    sub: str
    email: str
    level: str
    auth_time: int
    id_token: str
    exchange: str
    action: str | None
    started_at: int
    seen_at: int
    ended_at: int | None = None
    ended_how: str | None = None
    ended_exchange: str | None = None
    state_hash: str | None = None
    identity: str | None = None

    def live(self, now: int) -> bool:
        """Is the citizen still signed in at ``now``?"""
        return (
            self.ended_at is None
            and now - self.seen_at < IDLE_LIFETIME
            and now - self.started_at < SESSION_LIFETIME
        )


def _columns(row: type[Pending] | type[Session]) -> str:
    return ", ".join(column.name for column in fields(row))


def _marks(row: type[Pending] | type[Session]) -> str:
    return ", ".join("?" for _ in fields(row))


class Store:
    """The department's memory. Every method is one transaction of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = folder / "department.db"
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)
            # A store of an earlier version knows no identities.
            names = {row[1] for row in connection.execute("PRAGMA table_info(sessions)")}
            if "identity" not in names:
                connection.execute("ALTER TABLE sessions ADD COLUMN identity TEXT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            yield connection
        finally:
            connection.close()

    def alive(self) -> bool:
        """Can the store be read?"""
        with self._connection() as connection:
            return bool(connection.execute("SELECT 1").fetchone() == (1,))

    def put_pending(self, pending: Pending) -> None:
        """Remember a sign-in under way, and forget those that nobody came back from."""
        with self._connection() as connection:
            connection.execute(
                "DELETE FROM pending WHERE asked_at < ?", (pending.asked_at - PENDING_LIFETIME,)
            )
            connection.execute(
                f"INSERT INTO pending ({_columns(Pending)}) VALUES ({_marks(Pending)})",
                tuple(getattr(pending, column.name) for column in fields(Pending)),
            )

    def take_pending(self, state: str, browser: str) -> Pending | None:
        """The sign-in that ``state`` belongs to, once, and only for the browser that began it."""
        with self._connection() as connection:
            row = connection.execute(
                "DELETE FROM pending WHERE state_hash = ? AND browser_hash = ?"
                f" RETURNING {_columns(Pending)}",
                (digest(state), digest(browser)),
            ).fetchone()
        return Pending(*row) if row else None

    def put_session(self, session: Session) -> None:
        """Begin a local session, and forget those that ended or ran out long ago."""
        with self._connection() as connection:
            connection.execute(
                "DELETE FROM sessions WHERE started_at < ?",
                (session.started_at - 2 * SESSION_LIFETIME,),
            )
            connection.execute(
                f"INSERT INTO sessions ({_columns(Session)}) VALUES ({_marks(Session)})",
                tuple(getattr(session, column.name) for column in fields(Session)),
            )

    def session(self, secret: str) -> Session | None:
        """The session that a browser's cookie names, live or ended."""
        with self._connection() as connection:
            row = connection.execute(
                f"SELECT {_columns(Session)} FROM sessions WHERE secret_hash = ?",
                (digest(secret),),
            ).fetchone()
        return Session(*row) if row else None

    def touch(self, secret_hash: str, now: int) -> None:
        """Note that the citizen is still here."""
        with self._connection() as connection:
            connection.execute(
                "UPDATE sessions SET seen_at = ? WHERE secret_hash = ?", (now, secret_hash)
            )

    def forget(self, secret_hash: str) -> None:
        """Drop a session that a new one replaces."""
        with self._connection() as connection:
            connection.execute("DELETE FROM sessions WHERE secret_hash = ?", (secret_hash,))

    def end(
        self, secret_hash: str, *, at: int, how: str, exchange: str, state: str | None = None
    ) -> None:
        """End one session; a session that has ended already stays as it ended."""
        with self._connection() as connection:
            connection.execute(
                "UPDATE sessions SET ended_at = ?, ended_how = ?, ended_exchange = ?,"
                " state_hash = ? WHERE secret_hash = ? AND ended_at IS NULL",
                (at, how, exchange, digest(state) if state else None, secret_hash),
            )

    def confirm_end(self, secret_hash: str, *, state: str, exchange: str) -> None:
        """Note that Onepass ended the sign-in too, if `state` is the one the session left with."""
        with self._connection() as connection:
            connection.execute(
                "UPDATE sessions SET ended_how = 'everywhere', ended_exchange = ?"
                " WHERE secret_hash = ? AND ended_how = 'here' AND state_hash = ?",
                (exchange, secret_hash, digest(state)),
            )

    def end_subject(self, sub: str, *, at: int, how: str, exchange: str) -> int:
        """End every live session of ``sub``, in whatever browser. Returns how many."""
        with self._connection() as connection:
            return connection.execute(
                "UPDATE sessions SET ended_at = ?, ended_how = ?, ended_exchange = ?"
                " WHERE sub = ? AND ended_at IS NULL",
                (at, how, exchange, sub),
            ).rowcount

    def first_sight(self, jti: str, now: int) -> bool:
        """Is this the first time a logout token of that id arrives? Exact under threads."""
        with self._connection() as connection:
            connection.execute("DELETE FROM notices WHERE seen_at < ?", (now - NOTICE_LIFETIME,))
            return (
                connection.execute(
                    "INSERT INTO notices (jti, seen_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (jti, now),
                ).rowcount
                == 1
            )
