"""A provider of each test's own, a service and a citizen, and a way into its records."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from idp.domain import operators
from idp.domain.audit_entries import AuditEntry
from idp.domain.services import Services
from idp.settings import Settings
from tests.endpoints.provider import Provider
from tests.journeys.conftest import Post
from tests.support.addresses import own_address
from tests.support.citizens import Citizen, enrol
from tests.support.clock import FixedClock
from tests.support.person import Person
from tests.support.relying_party import RelyingParty

DATABASES = ("sqlite", "postgresql")
Recorded = list[tuple[str, str | None]]


ON_BOTH = pytest.mark.parametrize("database_url", DATABASES, indirect=True)
"""For what differs between the databases."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test asks for both (`ON_BOTH`)."""
    kind = getattr(request, "param", DATABASES[0])
    url: str = request.getfixturevalue("sqlite_url" if kind == DATABASES[0] else "postgres_url")
    return url


@pytest.fixture
def provider(
    app: Flask, settings: Settings, services: Services, clock: FixedClock
) -> Iterator[Provider]:
    """This test's provider."""
    made = Provider(app, settings, services, clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def library(provider: Provider) -> RelyingParty:
    """A service, registered."""
    return provider.party()


@pytest.fixture
def alice(provider: Provider) -> Citizen:
    """A citizen with an account, a password and an app."""
    with provider.records() as session:
        return enrol(session, provider.services)


@pytest.fixture
def operator(provider: Provider) -> Person:
    """Olwen, an operator, in front of her browser."""
    olwen = provider.citizen()
    with provider.records() as session:
        operators.add(session, provider.services, olwen.account_id)
    return provider.signed_in(citizen=olwen).person()


@pytest.fixture
def browser(provider: Provider) -> Callable[[], Person]:
    """Makes browsers, each with cookies and an address of its own."""
    return lambda: Person(provider.app, provider.issuer, own_address())


@pytest.fixture
def post(app: Flask, services: Services) -> Post:
    """The post of this test's provider."""
    return Post(app, services)


@pytest.fixture
def recorded(provider: Provider) -> Callable[[], Recorded]:
    """Tells what has been recorded since it was asked last: (fact, account), oldest first."""
    last = 0

    def since() -> Recorded:
        nonlocal last
        with provider.records() as session:
            rows = session.scalars(
                sa.select(AuditEntry).where(AuditEntry.id > last).order_by(AuditEntry.id)
            ).all()
        last = max((row.id for row in rows), default=last)
        return [(row.fact, row.account_id) for row in rows]

    since()
    return since
