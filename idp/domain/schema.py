"""The schema's version: what the migrations left behind, compared with what this code needs."""

from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


@cache
def newest() -> str | None:
    """Return the revision this code was written for."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config).get_current_head()


def current(session: Session) -> str | None:
    """Return the revision the database is at, or None before the first migration."""
    return MigrationContext.configure(session.connection()).get_current_revision()


def is_current(session: Session) -> bool:
    """Return whether the database is at the revision this code was written for."""
    return current(session) == newest()
