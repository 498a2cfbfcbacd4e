"""A provider on each database, kept for all tests of this folder that one worker runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.app import create_app
from idp.kernel.database import db
from tests.endpoints.key_server import KeyServer
from tests.endpoints.provider import Provider
from tests.support.building import KeyRoom, make_services, make_settings
from tests.support.clock import FixedClock
from tests.support.databases import PostgresTemplate, SqliteTemplate


def build(url: str, folder: Path, key_room: KeyRoom, **more: str) -> Provider:
    """A provider on a migrated database of its own; `more` overrides its environment."""
    settings = make_settings(url, folder, more=more)
    clock = FixedClock()
    services = make_services(settings, clock)
    engine = sa.create_engine(url, poolclass=NullPool)
    with Session(engine) as session:
        key_room.furnish(session, settings.keys_dir)
        session.commit()
    engine.dispose()
    return Provider(create_app(settings, services), settings, services, clock)


def close(app: Flask) -> None:
    """Close an application's connections."""
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture(scope="session")
def on_sqlite(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, key_room: KeyRoom
) -> Iterator[Provider]:
    """The provider on SQLite, for what cannot depend on the database."""
    folder = tmp_path_factory.mktemp("on-sqlite")
    made = build(sqlite_template.copy_to(folder / "onepass.db"), folder, key_room)
    yield made
    close(made.app)


@pytest.fixture(scope="session")
def on_postgresql(
    postgres_template: PostgresTemplate,
    tmp_path_factory: pytest.TempPathFactory,
    key_room: KeyRoom,
) -> Iterator[Provider]:
    """The provider on PostgreSQL."""
    name, url = postgres_template.copy()
    made = build(url, tmp_path_factory.mktemp("on-postgresql"), key_room)
    yield made
    close(made.app)
    postgres_template.server.drop(name)


@pytest.fixture(scope="session", params=["on_sqlite", "on_postgresql"])
def provider(request: pytest.FixtureRequest) -> Provider:
    """A provider; what a test does to it must not matter to another test."""
    made: Provider = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    """Where a service of this test publishes its keys."""
    with KeyServer() as server:
        yield server
