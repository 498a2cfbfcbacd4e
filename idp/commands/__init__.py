"""What operators do by command: one module a noun, each a click group or command.

Owns: reading arguments, telling what happened in words or, with `--json`, as one JSON document.
Does not own: what is done (`domain`), or how a process is put together (`idp.app`, `idp.cli`).
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from idp.domain.services import Services
from idp.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a command works with, made by `idp.cli` and found in click's context.

    `migrations` is an application that knows the database and nothing else; `work` runs the
    worker until its event is set, or once.
    """

    settings: Settings
    services: Services
    engine: Engine
    migrations: Callable[[], Flask]
    work: Callable[[threading.Event | None], None]

    def bare_session(self) -> Session:
        """Open a session whose transactions the caller ends."""
        return Session(self.engine, expire_on_commit=False)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Open a session for one transaction: committed at the end, rolled back on an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session


def pass_workplace(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its workplace, or say why this installation has none."""

    @click.pass_context
    @wraps(command)
    def with_workplace(context: click.Context, /, *arguments: Any, **options: Any) -> None:
        found = context.find_root().obj
        if isinstance(found, SettingsError):
            words = "\n  ".join(["This cannot start:", *found.problems])
            raise click.ClickException(words) from found
        try:
            context.invoke(command, found, *arguments, **options)
        except OperationalError as fault:
            raise click.ClickException(f"The database does not answer: {fault.orig}") from fault
        finally:
            found.engine.dispose()

    return with_workplace


as_json = click.option("--json", "as_json", is_flag=True, help="Answer as one JSON document.")


def tell(as_json: bool, document: Mapping[str, Any] | list[Any], words: str) -> None:
    """Print `document` as JSON, or `words` for a person."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else words)
