"""A street of real servers on PostgreSQL for each worker, and evidence of what went wrong there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from idp.app import create_app
from tests.support.building import KeyRoom, make_services, make_settings
from tests.support.chromium import Visitor, keep_evidence
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.databases import PostgresTemplate
from tests.support.servers import Street, lay_out

EVIDENCE = Path(__file__).resolve().parents[2] / "var" / "evidence"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show, for a failed test, what its visitors saw and what the servers said."""
    report: pytest.TestReport = yield
    if call.when == "call" and report.failed:
        fixtures: dict[str, Any] = getattr(item, "funcargs", {})
        for name, value in fixtures.items():
            if isinstance(value, Visitor):
                words = keep_evidence(value, EVIDENCE, f"{item.name}-{name}")
                report.sections.append((f"what {name} saw", words))
            elif isinstance(value, Street):
                report.sections.append(("what the servers said", value.words()))
    return report


@pytest.fixture
def pages_folder(pytestconfig: pytest.Config) -> Path | None:
    """Where pictures of pages are kept, if anybody wants them."""
    folder = pytestconfig.getoption("--pages")
    return Path(folder) if folder else None


@pytest.fixture(scope="session")
def street(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_template: PostgresTemplate,
    key_room: KeyRoom,
) -> Iterator[Street]:
    """Provider, worker and four departments, running."""
    name, url = postgres_template.copy()
    street = lay_out(tmp_path_factory.mktemp("street"), url, key_room)
    try:
        street.start_provider()
        street.start_departments()
        yield street
    finally:
        street.end()
        postgres_template.server.drop(name)


@pytest.fixture
def citizen(request: pytest.FixtureRequest, street: Street) -> Citizen:
    """A citizen of this test alone, so that no other test uses their codes."""
    name = re.sub(r"[^a-z0-9]+", ".", request.node.name.removeprefix("test_"))[:60].strip(".")
    citizen = Citizen(email=f"{name}@example.com")
    with street.records() as session:
        enrol(session, street.services, citizen)
    return citizen


@pytest.fixture
def plain_app(tmp_path: Path, sqlite_url: str) -> Flask:
    """The provider inside this process, to render what no address leads to."""
    settings = make_settings(sqlite_url, tmp_path)
    return create_app(settings, make_services(settings, FixedClock()))
