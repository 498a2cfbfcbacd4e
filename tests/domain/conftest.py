"""An installation for the tests of this floor: a database, keys, services, a clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain.services import Services
from idp.settings import Settings
from tests.support.building import KeyRoom, make_services, make_settings
from tests.support.clock import FixedClock
from tests.support.databases import SqliteTemplate
from tests.support.entropy import SeededEntropy


@dataclass
class Installation:
    """A provider without a server: what the domain's functions are given."""

    settings: Settings
    services: Services
    engine: sa.Engine
    clock: FixedClock

    def session(self) -> Session:
        """A session of its own transaction."""
        return Session(self.engine, expire_on_commit=False)

    def execute(self, statement: str, **values: object) -> None:
        """Run raw SQL and commit, past everything of ours."""
        with self.engine.begin() as connection:
            connection.execute(sa.text(statement), values)

    def another_process(self) -> Services:
        """The services of a second process on the same database, folder and clock."""
        return make_services(self.settings, self.clock)


@pytest.fixture(scope="session")
def key_room(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> KeyRoom:
    """Signing keys made once for all tests of this worker."""
    folder = tmp_path_factory.mktemp("key-room")
    return KeyRoom(sqlite_template.copy_to(folder / "onepass.db"), folder, FixedClock())


@pytest.fixture
def bare(
    database_url: str, tmp_path: Path, clock: FixedClock, entropy: SeededEntropy
) -> Iterator[Installation]:
    """An installation without signing keys, on SQLite and on PostgreSQL."""
    settings = make_settings(database_url, tmp_path / "var")
    engine = sa.create_engine(database_url, poolclass=NullPool)
    yield Installation(settings, make_services(settings, clock, entropy), engine, clock)
    engine.dispose()


@pytest.fixture
def installation(bare: Installation, key_room: KeyRoom) -> Installation:
    """An installation with a current key in every ring."""
    with bare.session() as session:
        key_room.furnish(session, bare.settings.keys_dir)
        session.commit()
    return bare
