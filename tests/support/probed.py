"""A provider to be probed, on a clock that moves: its clients, its citizens, its target file."""

import base64
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.app import create_app
from idp.domain.clients import apply
from idp.domain.services import Services
from idp.settings import Settings
from idp.worker import Worker
from tests.support.citizens import Citizen, enrol
from tests.support.clock import SharedClock
from tools import probe

SETTINGS = {"ONEPASS_SOURCE_RATE": "100000"}
"""Beside those of every test: one machine makes all the probe's requests."""


class Quiet(WSGIRequestHandler):
    def version_string(self) -> str:
        return "onepass"  # Gunicorn tells no version either

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@dataclass(frozen=True)
class Furniture:
    """What the probe is given in a provider, as `tools.probe.write_target` takes it."""

    clients: list[dict[str, Any]]
    citizens: list[dict[str, Any]]
    keys: dict[str, tuple[str, str]]

    def write_target(self, folder: Path, issuer: str, clock: SharedClock) -> Path:
        return probe.write_target(
            folder,
            issuer,
            self.clients,
            self.citizens,
            self.keys,
            requests_per_second=1000,
            clock_file=str(clock.path),
        )


def furnish(session: Session, services: Services) -> Furniture:
    """Register the probe's clients and enrol its citizens; the caller commits."""
    keys = probe.new_keys()
    clients = []
    for registration in probe.registrations("probe", keys):
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
    return Furniture(clients, citizens, keys)


@contextmanager
def serving(settings: Settings, services: Services, port: int) -> Iterator[None]:
    """Serve the provider, and let its worker work, until the block ends."""
    server = make_server(
        "127.0.0.1", port, create_app(settings, services), threaded=True, request_handler=Quiet
    )
    engine = sa.create_engine(settings.database_url, poolclass=NullPool)
    stop = threading.Event()
    worker = Worker(services, engine)
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}),
        threading.Thread(target=worker.run, args=(stop,)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        server.shutdown()
        for thread in threads:
            thread.join()
        server.server_close()
        engine.dispose()
