"""`onepass db`: bring the schema up to date, take it back, say where it is."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

import click
import flask_migrate
from sqlalchemy import text

from idp.commands import Workplace, as_json, pass_workplace, tell
from idp.domain import schema
from idp.kernel.database import db as database

_LOCK_NUMBER = 0x0E9A55


@click.group()
def db() -> None:
    """The database's schema."""


@db.command()
@pass_workplace
def upgrade(workplace: Workplace) -> None:
    """Bring the schema to the newest version; safe to run from several machines at once."""
    with _alone(workplace), _migrations(workplace):
        flask_migrate.upgrade(directory=str(schema.MIGRATIONS))
    click.echo("The database is up to date.")


@db.command()
@click.argument("revision", default="-1")
@pass_workplace
def downgrade(workplace: Workplace, revision: str) -> None:
    """Take the schema back to REVISION (`base`: empty)."""
    with _alone(workplace), _migrations(workplace):
        flask_migrate.downgrade(directory=str(schema.MIGRATIONS), revision=revision)
    click.echo("The database was taken back.")


@db.command()
@as_json
@pass_workplace
def check(workplace: Workplace, as_json: bool) -> None:
    """Say whether the schema is the one this version needs; exit 1 if not."""
    with workplace.session() as session:
        document = {"current": schema.current(session), "newest": schema.newest()}
    ready = document["current"] == document["newest"]
    words = "The database is up to date." if ready else "The database needs `onepass db upgrade`."
    tell(as_json, document | {"ready": ready}, words)
    if not ready:
        raise SystemExit(1)


@contextmanager
def _migrations(workplace: Workplace) -> Iterator[None]:
    """Be where Flask-Migrate's commands act on this installation's database."""
    with workplace.migrations().app_context():
        try:
            yield
        finally:
            for engine in database.engines.values():
                engine.dispose()


@contextmanager
def _alone(workplace: Workplace) -> Iterator[None]:
    """Keep every other migration of this database waiting."""
    if workplace.engine.dialect.name == "postgresql":
        with workplace.engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": _LOCK_NUMBER})
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": _LOCK_NUMBER})
                connection.commit()
        return
    workplace.settings.var_dir.mkdir(parents=True, exist_ok=True)
    with (workplace.settings.var_dir / "migration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
