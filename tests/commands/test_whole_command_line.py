"""`onepass` as it is installed: settings from the environment, every noun, every exit code."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from idp import cli
from idp.commands import Workplace, serving
from idp.domain import schema
from tests.support.building import environment
from tests.support.databases import server_version


@pytest.fixture
def around(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of an installation; the commands of this test run in it."""
    variables = environment(database_url, tmp_path / "var") | {"ONEPASS_LOG_LEVEL": "error"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def onepass(*arguments: str) -> Result:
    return CliRunner().invoke(cli.onepass, arguments)


def test_the_database_is_checked_taken_back_and_brought_up(
    around: dict[str, str], database_url: str
) -> None:
    newest = schema.newest()
    assert json.loads(onepass("db", "check", "--json").stdout) == {
        "current": newest, "newest": newest, "ready": True}  # fmt: skip
    assert onepass("db", "downgrade", "base").exit_code == 0
    told = onepass("db", "check")
    assert (told.exit_code, told.stdout.strip()) == (
        1, "The database needs `onepass db upgrade`.")  # fmt: skip
    assert onepass("db", "upgrade").stdout.strip() == "The database is up to date."
    assert onepass("db", "upgrade").exit_code == 0, "a second time"
    assert onepass("db", "check").stdout.strip() == "The database is up to date."
    kind = "PostgreSQL" if database_url.startswith("postgresql") else "SQLite"
    assert server_version(database_url).startswith(kind)


def test_every_group_says_what_it_is_for() -> None:
    words = onepass("--help").stdout
    for command in cli.COMMANDS:
        assert command.name is not None
        assert command.name in words
        assert command.help, command.name
        assert onepass(command.name, "--help").exit_code == 0
        for inner in getattr(command, "commands", {}).values():
            assert inner.help, inner.name


def test_settings_that_cannot_start_are_told_all_at_once(
    around: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONEPASS_PORT", "no")
    monkeypatch.setenv("ONEPASS_ISSUER", "ftp://x/")
    told = onepass("clients", "list")
    assert told.exit_code == 1
    assert "ONEPASS_PORT" in told.stderr
    assert "ONEPASS_ISSUER" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("command", [("clients", "list"), ("outbox", "list"), ("db", "check")])
def test_a_database_that_is_away_is_told_in_words(
    around: dict[str, str], monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://onepass:hidden@127.0.0.1:1/onepass")
    told = onepass(*command)
    assert told.exit_code == 1
    assert "database" in told.stderr
    assert "hidden" not in told.stderr + told.stdout
    assert isinstance(told.exception, SystemExit)


def test_the_worker_does_what_is_due_and_stops(around: dict[str, str]) -> None:
    assert onepass("keys", "generate", "--if-missing").exit_code in (0, 2)
    told = onepass("worker", "--once")
    assert (told.exit_code, told.exception) == (0, None)


def test_the_worker_stops_when_it_is_asked(
    around: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: dict[int, object] = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    stopped: list[bool] = []

    def run(_worker: object, stop: threading.Event) -> None:
        handler = handlers[signal.SIGTERM]
        assert callable(handler)
        handler(signal.SIGTERM, None)
        stopped.append(stop.is_set())

    monkeypatch.setattr("idp.worker.Worker.run", run)
    assert onepass("worker").exit_code == 0
    assert stopped == [True]
    assert set(handlers) == {signal.SIGTERM, signal.SIGINT}


def test_serving_is_told_what_the_settings_say(
    around: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: dict[str, object] = {}

    class StandIn:
        def __init__(self, target: str, **options: object) -> None:
            started.update(options, target=target)

        def serve(self) -> None:
            started["served"] = True

    monkeypatch.setattr(serving, "Granian", StandIn)
    for name, value in {"PORT": "8123", "WORKERS": "3", "THREADS": "5", "HOST": "::1"}.items():
        monkeypatch.setenv(f"ONEPASS_{name}", value)
    assert onepass("serve").exit_code == 0
    assert started["target"] == "idp.app:from_environment"
    assert (started["address"], started["port"]) == ("::1", 8123)
    assert (started["workers"], started["blocking_threads"]) == (3, 5)
    assert started["served"]


def test_a_command_that_needs_no_installation_runs_without_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONEPASS_MODE", "production")
    told = onepass("keys", "sealing")
    assert told.exit_code == 0
    assert re.fullmatch(r"\S+:[A-Za-z0-9_-]{43}\n?", told.stdout)


def test_the_workplace_commits_at_the_end_and_rolls_back_on_an_error(
    around: dict[str, str],
) -> None:
    seen: list[Workplace] = []

    @click.command()
    @click.pass_context
    def look(context: click.Context) -> None:
        seen.append(context.find_root().obj)

    cli.onepass.add_command(look)
    try:
        assert onepass("look").exit_code == 0
    finally:
        del cli.onepass.commands["look"]
    workplace = seen[0]
    insert = text("INSERT INTO services (id, name, created_at) VALUES ('a', 'A', 1)")
    count = text("SELECT count(*) FROM services")
    with pytest.raises(ZeroDivisionError), workplace.session() as session:  # noqa: PT012
        session.execute(insert)
        raise ZeroDivisionError
    with workplace.session() as session:
        assert session.scalar(count) == 0
        session.execute(insert)
    with workplace.session() as session:
        assert session.scalar(count) == 1
    workplace.engine.dispose()


def test_the_installed_command_runs(tmp_path: Path) -> None:
    """In a process of its own, as `[project.scripts]` starts it."""
    done = subprocess.run(
        [sys.executable, "-c", "from idp.cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Usage: onepass" in done.stdout
