"""Fixtures: a clock that is moved by hand, a provider that can lie, and a visit to a department."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.relying_party.fake_provider import FakeProvider
from tests.relying_party.visiting import Visit, visit
from tests.support.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def provider(clock: FixedClock) -> Iterator[FakeProvider]:
    with FakeProvider(clock) as running:
        yield running


@pytest.fixture
def tax(provider: FakeProvider, tmp_path: Path) -> Visit:
    return visit(provider, tmp_path / "tax", "tax")


@pytest.fixture
def driving(provider: FakeProvider, tmp_path: Path) -> Visit:
    return visit(provider, tmp_path / "driving", "driving")


@pytest.fixture
def library(provider: FakeProvider, tmp_path: Path) -> Visit:
    secret = tmp_path / "secret"
    secret.write_text("a-secret-of-the-library-and-nobody-else\n", encoding="utf-8")
    return visit(
        provider, tmp_path / "library", "library", DEPARTMENT_CLIENT_SECRET_FILE=str(secret)
    )


@pytest.fixture
def housing(provider: FakeProvider, tmp_path: Path) -> Visit:
    return visit(provider, tmp_path / "housing", "housing")
