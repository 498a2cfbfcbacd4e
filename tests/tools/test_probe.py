"""The probe against our own provider: what it attacks is defended, and no report holds a secret."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from werkzeug.serving import WSGIRequestHandler, make_server

from idp.app import create_app
from idp.domain.clients import apply
from idp.worker import Worker
from tests.auth_flows import __main__ as command
from tests.support.building import KeyRoom, make_services, make_settings
from tests.support.citizens import PASSWORD, SEED, Citizen, enrol
from tests.support.clock import SharedClock
from tests.support.databases import SqliteTemplate
from tests.support.processes import free_port
from tools import probe


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture(scope="module")
def target(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, key_room: KeyRoom
) -> Iterator[Path]:
    """The target file of a provider on a clock that moves, with clients and citizens."""
    folder = tmp_path_factory.mktemp("probed")
    url = sqlite_template.copy_to(folder / "onepass.db")
    port = free_port()
    issuer = f"http://localhost:{port}/"
    settings = make_settings(url, folder, issuer=issuer, more={"ONEPASS_SOURCE_RATE": "100000"})
    clock = SharedClock.create(folder / "clock")
    services = make_services(settings, clock)
    engine = sa.create_engine(url, poolclass=NullPool)
    key, public = probe.new_key()
    clients = []
    with Session(engine) as session:
        key_room.furnish(session, settings.keys_dir)
        for registration in probe.registrations("probe", public):
            applied = apply(session, services, registration)
            clients.append({"client_id": applied.client_id, "client_secret": applied.client_secret})
        people = [
            Citizen(email=f"probed-{number}@example.com")
            for number in range(probe.CITIZENS + probe.EXPENDABLE)
        ]
        for citizen in people:
            enrol(session, services, citizen)
        session.commit()
    told = [
        {
            "email": one.email,
            "password": one.password,
            "totp_secret": one.seed,
            "expendable": number >= probe.CITIZENS,
        }
        for number, one in enumerate(people)
    ]
    file = probe.write_target(
        folder,
        issuer,
        clients,
        told,
        key,
        requests_per_second=1000,
        clock_file=str(clock.path),
    )
    server = make_server(
        "127.0.0.1", port, create_app(settings, services), threaded=True, request_handler=Quiet
    )
    stop = threading.Event()
    worker = Worker(services, engine)
    threads = [
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}),
        threading.Thread(target=worker.run, args=(stop,)),
    ]
    for thread in threads:
        thread.start()
    yield file
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    server.server_close()
    engine.dispose()


def test_what_is_attacked_is_defended_and_no_secret_is_told(
    target: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("REPORT", str(tmp_path / "report"))
    code = command.main(["--target", str(target)])
    said = capsys.readouterr().out
    text = (tmp_path / "report" / "report.json").read_text()
    results = json.loads(text)["results"]
    wrong = [r for r in results if r["verdict"] in ("vulnerable", "broken")]
    assert not wrong, said
    assert code == 0
    tried = [r["id"] for r in results if r["verdict"] == "defended"]
    assert len(tried) >= 35, tried
    assert all(r["evidence"] and r["tries"] for r in results if r["verdict"] == "defended")
    for secret in (PASSWORD, PASSWORD.replace(" ", "+"), SEED):
        assert secret not in text + said
    assert '"code=' not in text
