"""Onepass as it is run: migrated, with keys, served by `onepass serve` in two processes."""

import base64
import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from idp.app import build_services
from idp.settings import Settings
from idp.web.cookies import BROWSER
from tests.bench.client import BenchClient
from tests.bench.connection import Connection
from tests.bench.postgres import Postgres
from tests.bench.processes import NotStarted, free_port, start
from tests.bench.seeding import SIGN_IN_CITIZENS, seed
from tests.bench.single_sign_on import SingleSignOn, Target
from tests.bench.systems import Provider, System

_ONEPASS = [str(Path(sys.executable).with_name("onepass"))]
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@contextlib.contextmanager
def running(
    database: str,
    postgres: Postgres | None,
    folder: Path,
    sign_in_citizens: int = SIGN_IN_CITIZENS,
) -> Iterator[Provider]:
    """Start Onepass on a new database ("sqlite" or "postgresql"), seeded; stopped at the end."""
    home = folder / database
    home.mkdir()
    port = free_port()
    environment = _environment(database, postgres, home, port)
    _command("db", "upgrade", environment=environment)
    settings = Settings.from_environment(environment)
    clients = [
        BenchClient("ES256", "bench-es256"),
        BenchClient("RS256", "bench-rs256"),
        BenchClient("PS256", "bench-ps256"),
        BenchClient("secret", "bench-secret"),
    ]
    seeded = seed(build_services(settings), clients, sign_in_citizens)
    server = start(
        [*_ONEPASS, "serve"],
        environment,
        port,
        home / "server.log",
        "/.well-known/openid-configuration",
    )
    name = f"Onepass, {NAMES[database]}"
    target = Target(
        name=name,
        port=port,
        issuer=settings.issuer,
        authorize="/authorize",
        token="/token",
        userinfo="/userinfo",
        jwks="/.well-known/jwks.json",
        extra="&vtr=%5B%22Cl.Cm%22%5D",
    )
    try:
        browser = _browser_cookie(target, clients[0])
        cookies = [f"{cookie}; {browser}" for cookie in seeded.cookies]
        systems = [
            System(
                f"{name}, {client.method}",
                target,
                server,
                postgres.pid if postgres and database == "postgresql" else None,
                client,
                cookies,
                postgres.settle if postgres else lambda: None,
            )
            for client in clients
        ]
        yield Provider(name, server, systems, seeded.citizens)
    finally:
        server.stop()


def _browser_cookie(target: Target, client: BenchClient) -> str:
    """Return what every browser that has been here before sends beside its session's cookie."""
    connection = Connection(target.port)
    answer = connection.exchange(SingleSignOn(target, client, "", lambda _: None).begin())
    connection.close()
    return f"{BROWSER}={answer.cookies()[BROWSER]}"


def _environment(database: str, postgres: Postgres | None, home: Path, port: int) -> dict[str, str]:
    url = f"sqlite:///{home / 'onepass.db'}"
    if database == "postgresql":
        assert postgres is not None
        url = postgres.create("onepass")
    sealing_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "ONEPASS_MODE": "test",
        "ONEPASS_ISSUER": f"http://localhost:{port}/",
        "DATABASE_URL": url,
        "ONEPASS_VAR_DIR": str(home),
        "ONEPASS_KEYS_DIR": str(home / "keys"),
        "ONEPASS_SEALING_KEYS": f"bench:{sealing_key}",
        "ONEPASS_PORT": str(port),
        "ONEPASS_WORKERS": "2",
        "ONEPASS_THREADS": "6",
        "ONEPASS_LOG_LEVEL": "info",
        # A hundred citizens behind sixteen addresses: nobody is to be turned away for that.
        "ONEPASS_SOURCE_RATE": "10000000",
    }


def _command(*arguments: str, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [*_ONEPASS, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise NotStarted(f"onepass {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
