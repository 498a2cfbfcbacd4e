"""The migrations make exactly the tables that the models name, and unmake them, on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.pool import NullPool

from idp.domain.schema import MIGRATIONS
from idp.kernel.database import Base
from tests.support.databases import bring_up, load_all_models, server_version, take_down
from tests.support.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer
) -> Iterator[str]:
    """A database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    name = postgres.create("empty")
    yield postgres.url(name)
    postgres.drop(name)


def tables(url: str) -> set[str]:
    engine = sa.create_engine(url, poolclass=NullPool)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names - {"alembic_version"}


def differences(url: str) -> list[object]:
    """What Alembic would have to change for the database to be as the models say."""
    load_all_models()
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[object] = list(compare_metadata(context, Base.metadata))
    engine.dispose()
    return found


def test_the_server_is_the_one_asked_for(empty_database: str) -> None:
    wanted = "SQLite 3." if empty_database.startswith("sqlite") else "PostgreSQL 1"
    assert server_version(empty_database).startswith(wanted)


def test_models_match_migrations(empty_database: str) -> None:
    bring_up(empty_database)
    assert differences(empty_database) == []


def test_a_column_that_no_migration_makes_is_seen(empty_database: str) -> None:
    bring_up(empty_database)
    extra: sa.Column[int] = sa.Column("planted", sa.Integer, nullable=True)
    table = Base.metadata.tables["accounts"]
    table.append_column(extra)
    try:
        assert differences(empty_database) != []
    finally:
        table._columns.remove(extra)


def test_every_migration_goes_up_and_down_again(empty_database: str) -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    steps = [script.revision for script in scripts.walk_revisions()][::-1]
    seen = [tables(empty_database)]
    for revision in steps:
        bring_up(empty_database, revision)
        seen.append(tables(empty_database))
    assert seen[-1] == set(Base.metadata.tables)
    for revision in [*steps[-2::-1], "base"]:
        take_down(empty_database, revision)
        seen.pop()
        assert tables(empty_database) == seen[-1]
    assert tables(empty_database) == set()
    bring_up(empty_database)
    assert tables(empty_database) == set(Base.metadata.tables)
