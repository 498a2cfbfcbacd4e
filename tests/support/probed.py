"""A provider to be probed, on a clock that moves: its clients, its citizens, its target file."""

import base64
import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.app import create_app
from idp.domain import registration_keys
from idp.domain.clients import apply
from idp.domain.services import Services
from idp.settings import Settings
from idp.worker import Worker
from tests.support.citizens import Citizen, enrol
from tests.support.clock import SharedClock
from tools import probe, probe_target, tls_listener

SETTINGS = {"ONEPASS_SOURCE_RATE": "100000", "ONEPASS_THREADS": "24"}
"""Beside those of every test: one machine makes all the probe's requests, some at one moment."""
REAL_COST = {"ONEPASS_ARGON2_MEMORY_KIB": "19456", "ONEPASS_ARGON2_TIME": "2"}
"""What a hash costs where somebody looks at how long it takes; without that it is a third of the
probe's time."""

TEAM_KEY_LIFETIME = 30 * 86_400
"""Seconds: attacks move the clock on."""


class Quiet(WSGIRequestHandler):
    def version_string(self) -> str:
        return "onepass"  # Gunicorn tells no version either

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@dataclass(frozen=True)
class Furniture:
    """What the probe is given in a provider, as `tools.probe_target.write_target` takes it."""

    clients: list[dict[str, Any]]
    citizens: list[dict[str, Any]]
    keys: dict[str, tuple[str, str]]
    team_keys: list[str]

    def write_target(self, folder: Path, issuer: str, clock: SharedClock) -> Path:
        return probe_target.write_target(
            folder,
            issuer,
            self.clients,
            self.citizens,
            self.keys,
            self.team_keys,
            care={"requests_per_second": 1000},
            clock_file=str(clock.path),
            tls=tls_listener.prepare(folder / "tls"),
        )


def furnish(session: Session, services: Services) -> Furniture:
    """Register the probe's clients and enrol its citizens; the caller commits."""
    keys = probe_target.new_keys()
    clients = []
    for registration in probe_target.registrations("probe", keys):
        applied = apply(session, services, registration)
        clients.append({"client_id": applied.client_id, "client_secret": applied.client_secret})
    citizens = []
    for number in range(probe.CITIZENS + probe.EXPENDABLE):
        seed = base64.b32encode(secrets.token_bytes(20)).decode()
        one = enrol(session, services, Citizen(email=f"probed-{number}@example.com", seed=seed))
        citizens.append(
            {
                "email": one.email,
                "password": one.password,
                "totp_secret": one.seed,
                "expendable": number >= probe.CITIZENS,
            }
        )
    issued = [
        registration_keys.issue(session, services, f"probe-{number}", TEAM_KEY_LIFETIME)
        for number in range(probe.TEAMS)
    ]
    return Furniture(clients, citizens, keys, [each.text for each in issued])


@contextmanager
def serving(settings: Settings, services: Services, port: int) -> Iterator[None]:
    """Serve the provider, and let its worker work, until the block ends.

    Over TLS as well, if a target file was written into its folder before.
    """
    engine = sa.create_engine(settings.database_url, poolclass=NullPool)
    stop = threading.Event()
    worker = threading.Thread(target=Worker(services, engine).run, args=(stop,))
    listener = tls_listener.prepared(settings.var_dir / "tls")
    with ExitStack() as stack:
        stack.enter_context(_answering(settings, services, port))
        if listener is not None:
            secure = replace(settings, issuer=listener.issuer)
            behind = replace(services, settings=secure)
            stack.enter_context(_answering(secure, behind, listener.behind))
            stack.enter_context(tls_listener.forwarding(listener))
        worker.start()
        try:
            yield
        finally:
            stop.set()
            worker.join()
    engine.dispose()


@contextmanager
def _answering(settings: Settings, services: Services, port: int) -> Iterator[None]:
    server = make_server(
        "127.0.0.1", port, create_app(settings, services), threaded=True, request_handler=Quiet
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
