"""Commands run in this process, on an installation of the test's own."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
import sqlalchemy as sa
import structlog
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.commands import Workplace
from tests.support.building import make_services, make_settings
from tests.support.clock import FixedClock


def _unused() -> Flask:
    raise AssertionError("this command needs no migrations")


@dataclass
class Terminal:
    """Somebody who types commands."""

    workplace: Workplace
    clock: FixedClock

    def run(self, command: click.Command, *arguments: str) -> Result:
        """Run a command and return what came of it."""
        # A process of its own logs to standard error; here the log would mix with the answer.
        with structlog.testing.capture_logs():
            return CliRunner().invoke(command, arguments, obj=self.workplace)

    def json(self, command: click.Command, *arguments: str, code: int = 0) -> Any:
        """Run a command with --json and return its document."""
        result = self.run(command, *arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def refused(self, command: click.Command, *arguments: str) -> str:
        """Run a command that must fail, and return what it complains of."""
        result = self.run(command, *arguments)
        assert result.exit_code == 1, result.output
        return result.stderr

    def session(self) -> Session:
        """A session past the commands."""
        return self.workplace.bare_session()


def terminal_on(url: str, folder: Path, clock: FixedClock) -> Terminal:
    """A terminal on the installation whose database is at `url`."""
    settings = make_settings(url, folder)
    engine = sa.create_engine(url, poolclass=NullPool)
    services = make_services(settings, clock)
    return Terminal(Workplace(settings, services, engine, _unused, lambda _stop: None), clock)


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Terminal]:
    """A terminal on an empty installation."""
    made = terminal_on(sqlite_url, tmp_path / "var", clock)
    yield made
    made.workplace.engine.dispose()


@pytest.fixture
def equipped(terminal: Terminal) -> Terminal:
    """A terminal on an installation with keys and a sealed record."""
    with terminal.workplace.session() as session:
        services = terminal.workplace.services
        services.keyring.equip(session, services.clock.now())
    from idp.commands.audit import audit

    assert terminal.json(audit, "seal") == {"sealed": 8}
    return terminal
