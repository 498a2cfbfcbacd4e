"""The providers of the endpoints' tests, and one more that browsers reach over TLS."""

from collections.abc import Iterator

import pytest

from tests.endpoints.conftest import build, close, key_server, on_postgresql, on_sqlite, provider
from tests.endpoints.provider import Provider
from tests.support.building import KeyRoom
from tests.support.databases import SqliteTemplate

__all__ = ["key_server", "on_https", "on_postgresql", "on_sqlite", "provider"]


@pytest.fixture(scope="session")
def on_https(
    sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, key_room: KeyRoom
) -> Iterator[Provider]:
    """A provider with an https issuer, on SQLite."""
    folder = tmp_path_factory.mktemp("on-https")
    url = sqlite_template.copy_to(folder / "onepass.db")
    made = build(url, folder, key_room, ONEPASS_ISSUER="https://id.onepass.example/")
    yield made
    close(made.app)
