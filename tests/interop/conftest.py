"""A provider on real time for each worker; what its processes said is shown when a test fails."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.interop.provider import RunningProvider
from tests.support.building import KeyRoom
from tests.support.databases import PostgresTemplate


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show, for a failed test, what the provider's processes wrote."""
    report: pytest.TestReport = yield
    provider = getattr(item, "funcargs", {}).get("provider")
    if report.failed and isinstance(provider, RunningProvider):
        report.sections.append(("what the provider said", provider.program.words()))
    return report


@pytest.fixture(scope="session")
def provider(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_template: PostgresTemplate,
    key_room: KeyRoom,
) -> Iterator[RunningProvider]:
    """A provider with its worker, on PostgreSQL."""
    name, url = postgres_template.copy()
    running = RunningProvider(tmp_path_factory.mktemp("interop"), url, key_room)
    yield running
    running.end()
    postgres_template.server.drop(name)
