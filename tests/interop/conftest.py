"""A provider on real time for each worker; what its processes said is shown when a test fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.interop import node_service
from tests.interop.node_service import NodeService, OpenNodeService
from tests.interop.provider import RunningProvider
from tests.support.building import KeyRoom
from tests.support.databases import PostgresTemplate
from tests.support.relying_party import PrivateKey, RelyingParty


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


@pytest.fixture
def open_node_service(provider: RunningProvider, tmp_path: Path) -> Iterator[OpenNodeService]:
    """Starts a registered Node service; keywords are of its registration."""
    opened: list[NodeService] = []

    def start(
        server: str = provider.issuer,
        *,
        private_key: PrivateKey | None = None,
        port: int | None = None,
        **about: Any,
    ) -> NodeService:
        party = RelyingParty(provider.issuer, home=f"http://localhost:{port or 9}", **about)
        provider.register(party.registration() | {"max_age_enabled": True})
        service = node_service.start(
            party, tmp_path, server=server, private_key=private_key, port=port
        )
        opened.append(service)
        return service

    yield start
    for service in opened:
        service.program.end()
