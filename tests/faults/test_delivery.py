"""The worker dies in the middle of a delivery: nothing is lost, nobody is told twice in vain."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask

from idp.app import create_app
from idp.domain import outbox
from idp.kernel.database import db
from tests.support.building import KeyRoom, register
from tests.support.citizens import Citizen, enrol, signed_in_cookie
from tests.support.person import Person
from tests.support.processes import Program
from tests.support.relying_party import RelyingParty, verified
from tests.support.servers import Street, lay_out

LEASE = outbox.LEASE_SECONDS


@dataclass
class Ear:
    """A service that listens for logout notices, and may be told to answer late or badly."""

    server: ThreadingHTTPServer
    heard: list[str] = field(default_factory=list)
    status: int = 200
    hold: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_address[1]}/back-channel"


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A listening service of this test alone."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            listening.heard.append(parse_qs(body)["logout_token"][0])
            listening.arrived.release()
            listening.hold.wait(30)
            try:
                self.send_response(listening.status)
                self.end_headers()
            except OSError:
                pass  # whoever asked has died

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listening = Ear(server)
    listening.hold.set()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield listening
    listening.hold.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def street(tmp_path: Path, postgres_url: str, key_room: KeyRoom) -> Iterator[Street]:
    """A provider on PostgreSQL whose worker is a process of its own."""
    street = lay_out(tmp_path, postgres_url, key_room)
    yield street
    street.end()


@pytest.fixture
def app(street: Street) -> Iterator[Flask]:
    """The provider, on the street's clock and database."""
    app = create_app(street.settings, street.services)
    yield app
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def sign_out_of(app: Flask, street: Street, *ears: Ear) -> list[RelyingParty]:
    """Sign a citizen in at one service for each ear, then out again; nothing is delivered yet."""
    services = street.services
    person = Person(app, street.issuer, "127.4.4.4")
    with street.records() as session:
        citizen = enrol(session, services, Citizen(email="leaver@example.com"))
        parties = [
            register(
                session,
                services,
                RelyingParty(street.issuer, more={"back_channel_logout_uri": ear.url}),
            )
            for ear in ears
        ]
        cookie = signed_in_cookie(session, services, citizen)
    person.client.set_cookie("onepass-session", cookie, domain="id.onepass.localhost")
    hint = ""
    for party in parties:
        asked = party.ask()
        answer = person.request("GET", party.url(asked), None, {})
        code = party.answer(asked, answer.headers.get("Location"))["code"]
        form = party.token_form(asked, code, street.clock.now())
        hint = person.client.post("/token", data=form).get_json()["id_token"]
    person.request("GET", f"{street.issuer}logout?id_token_hint={hint}", None, {})
    return parties


def states(street: Street) -> dict[str, int]:
    with street.records() as session:
        return outbox.counts(session)


def another_worker(street: Street, name: str) -> Program:
    return Program(
        "tests.support.run_worker",
        environ=street.provider_environment,
        log=street.folder / f"{name}.log",
    )


def test_a_worker_that_dies_while_a_service_listens_loses_nothing(
    app: Flask, street: Street, ear: Ear
) -> None:
    (party,) = sign_out_of(app, street, ear)
    ear.hold.clear()
    doomed = street.start_worker()
    assert doomed.popen.stdin is not None
    doomed.popen.stdin.write(b"round\n")
    doomed.popen.stdin.flush()
    assert ear.arrived.acquire(timeout=20), doomed.words()
    doomed.kill()
    ear.hold.set()
    del street.programs["worker"]

    # Nobody knows whether the service understood. Its lease protects it from hearing twice.
    street.work()
    assert len(ear.heard) == 1
    street.clock.move(LEASE + 1)
    street.work()
    street.work()
    assert len(ear.heard) == 2
    assert states(street).get("delivered") == 1

    jwks = app.test_client().get("/.well-known/jwks.json").get_json()
    first, second = (
        verified(token, jwks, audience=party.client_id, algorithm="ES256") for token in ear.heard
    )
    assert first["sub"] == second["sub"]
    assert first["jti"] != second["jti"]
    assert first["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert "nonce" not in first


def test_a_delivered_notice_is_never_told_again(app: Flask, street: Street, ear: Ear) -> None:
    sign_out_of(app, street, ear)
    street.work()
    street.programs.pop("worker").kill()
    for wait in (LEASE + 1, 600, 86_000):
        street.clock.move(wait)
        street.work()
    assert len(ear.heard) == 1


def test_two_workers_share_the_work_and_tell_nobody_twice(
    app: Flask, street: Street, ear: Ear
) -> None:
    sign_out_of(app, street, *[ear] * 12)
    workers = [another_worker(street, name) for name in ("one", "two")]
    try:
        for worker in workers:
            assert worker.popen.stdin is not None
            worker.popen.stdin.write(b"round\n")
            worker.popen.stdin.flush()
        for worker in workers:
            assert worker.popen.stdout is not None
            assert worker.popen.stdout.readline(), worker.words()
    finally:
        for worker in workers:
            worker.end()
    assert len(ear.heard) == 12
    assert states(street)["delivered"] == 12


@pytest.mark.row("5.back_channel.tries")
def test_a_service_that_fails_is_told_again_later_and_at_last_given_up(
    app: Flask, street: Street, ear: Ear
) -> None:
    sign_out_of(app, street, ear)
    ear.status = 500
    street.work()
    assert len(ear.heard) == 1
    street.work()
    assert len(ear.heard) == 1, "it was told again at once"
    for number, pause in enumerate(outbox.PAUSES, start=2):
        street.clock.move(pause)
        street.work()
        assert len(ear.heard) == number
    assert states(street) == {"dead": 1}
    street.clock.move(86_400)
    street.work()
    assert len(ear.heard) == 1 + len(outbox.PAUSES)


@pytest.mark.row("5.back_channel.post", "5.back_channel.success")
def test_a_service_that_recovers_is_told(app: Flask, street: Street, ear: Ear) -> None:
    sign_out_of(app, street, ear)
    ear.status = 503
    street.work()
    ear.status = 200
    street.clock.move(outbox.PAUSES[0])
    street.work()
    assert len(ear.heard) == 2
    assert states(street) == {"delivered": 1}
