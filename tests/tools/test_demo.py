"""The demo starts, says where to click, keeps what it has, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from idp.settings import Settings
from tools import mutants
from tools.demo import everybody, planted
from tools.demo_installation import Demo, configure

ROOT = Path(__file__).resolve().parents[2]


def five_free_ports() -> int:
    """The first of five neighbouring ports that nobody listens on."""
    for first in range(24_000, 60_000, 50):
        with ExitStack() as held:
            try:
                for port in range(first, first + 5):
                    held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise AssertionError("no five free ports in a row")


@contextmanager
def demo(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running demo and what it printed until it was ready; ended at the end."""
    environ = {
        **os.environ,
        "ONEPASS_PORT": str(port),
        "ONEPASS_VAR_DIR": str(folder / "var"),
        "ONEPASS_KEYS_DIR": str(folder / "keys"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.demo"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    try:
        for line in process.stdout:
            said += line
            if line.startswith("ready in"):
                break
        yield process, said
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def description(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "var" / "demo.json").read_text())
    return found


def test_a_demo_may_really_send_its_mails(tmp_path: Path) -> None:
    mail = {"ONEPASS_SMTP_URL": "smtps://mail.example", "ONEPASS_MAIL_FROM": "a@b.example"}
    demo = Demo(8000, tmp_path, tmp_path, {"ONEPASS_MODE": "production", **mail})
    assert mail.items() <= demo.settings().items()
    assert (demo.settings()["ONEPASS_MODE"], demo.mailbox) == ("demo", None)
    assert Demo(8000, tmp_path, tmp_path, {}).mailbox == "http://localhost:8000/mailbox"


@pytest.mark.slow
def test_the_demo_from_nothing_to_ready_and_again(tmp_path: Path) -> None:
    port = five_free_ports()
    with demo(tmp_path, port) as (process, said):
        assert "ready in" in said, said
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) >= 6
        first = description(tmp_path)
        services = first["services"]
        assert first["issuer"] == f"http://localhost:{port}/"
        assert [service["client_id"] for service in services] == [
            "tax-account",
            "driving-licence",
            "library",
            "housing",
        ]
        assert [service["url"] for service in services] == [
            f"http://localhost:{port + offset}/" for offset in range(1, 5)
        ]
        assert len(first["operators"]) == 2
        for person in (first["citizen"], first["service_team"], *first["operators"]):
            assert set(person) == {"email", "password", "totp_secret"}
        for page in (first["issuer"], first["mailbox"], *(s["url"] for s in services)):
            assert requests.get(page, timeout=10).status_code == 200, page
        for service in services:
            answer = requests.get(service["sign_in_url"], allow_redirects=False, timeout=10)
            assert answer.headers["Location"].startswith(first["issuer"] + "authorize?"), service
        for private in ("demo.env", "sealing.key", "demo.json"):
            assert stat.S_IMODE((tmp_path / "var" / private).stat().st_mode) == 0o600, private
        for service in services:
            assert service["name"] in said
        assert first["citizen"]["password"] in said
        for person in (first["service_team"], *first["operators"]):
            assert person["email"] in said
            password = re.escape(person["password"])
            assert re.search(
                rf"^{person['email']} +{password} +\d{{6}}$", everybody(first), re.MULTILINE
            )
    assert process.returncode == 0
    assert not [child for child in family if child.is_running()]

    with demo(tmp_path, port) as (process, said):
        assert "ready in" in said, said
        assert description(tmp_path) == first
    assert process.returncode == 0


def test_a_busy_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    port = five_free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 3))
        taken.listen()
        with demo(tmp_path, port) as (process, said):
            pass
    assert process.returncode == 1
    assert f"port {port + 3} of this machine is in use" in said
    assert "ONEPASS_PORT=" in said


def test_a_port_that_is_no_port_is_refused(tmp_path: Path) -> None:
    with demo(tmp_path, 65_533) as (process, said):
        pass
    assert process.returncode == 1
    assert "must be a number from 1 to 65531" in said


def test_a_copy_with_a_fault_runs_instead_and_says_which(tmp_path: Path) -> None:
    demo = Demo(8000, tmp_path, tmp_path, {})
    configure(demo)
    (tmp_path / "practice" / "idp").mkdir(parents=True)
    program, environ = planted(demo, "M14")
    mutant = mutants.load()["M14"]
    assert (program / mutant.file).read_text() == mutants.edited(mutant)
    assert environ["PYTHONPATH"] == str(program)
    assert Settings.from_environment(environ).planted_fault == "M14"
    with pytest.raises(mutants.FaultUnusable, match="no fault is called M0"):
        planted(demo, "M0")
