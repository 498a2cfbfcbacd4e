"""Fixtures that every test may use: databases, clock, entropy, the application, a browser."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from zlib import crc32

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain.services import Services
from idp.kernel.database import db
from idp.settings import Settings
from tests.support.addresses import own_address
from tests.support.building import KeyRoom, make_services, make_settings
from tests.support.chromium import Visitor, launch, visiting
from tests.support.clock import FixedClock
from tests.support.databases import PostgresTemplate, SqliteTemplate
from tests.support.entropy import SeededEntropy
from tests.support.network import block_other_machines, resolve_localhost_names
from tests.support.person import Person
from tests.support.postgres import (
    RUN_PREFIX,
    PostgresServer,
    clear_away_dead_runs,
    end_server,
)
from tests.support.routing import compile_addresses_once
from tests.support.templates import compile_templates_once

RUN_DIR = "ONEPASS_TEST_RUN_DIR"
HERE = Path(__file__).parent
DATABASES = ("sqlite", "postgresql")
UNCOUNTED = (
    "acceptance/",
    "bench/",
    "contract/",
    "guards/",
    "interop/",
    "journeys/test_random_citizens.py",
    "mutants/",
    "relying_party/",
    "tools/",
    "white_box/",
)
"""Where tests drive other processes, or go once more where others have been."""
MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of this run's own is made inside
ROOM = 2 << 30
"""Bytes; a run leaves a few hundred million."""
UNSEEN = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the folder for pictures of every page: `make pages` names it."""
    parser.addoption("--pages", metavar="FOLDER", help="keep pictures of every page in FOLDER")
    parser.addoption(
        "--both-databases", action="store_true", help="walk each journey on SQLite and PostgreSQL"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Give the run one folder, which the workers of xdist inherit."""
    if not hasattr(config, "workerinput"):
        _work_in_memory()
        os.environ[RUN_DIR] = tempfile.mkdtemp(prefix=RUN_PREFIX)
        # Registered before the server's own, so that it comes after: that one needs the folder.
        atexit.register(_end_run, Path(os.environ[RUN_DIR]))
        clear_away_dead_runs(Path(os.environ[RUN_DIR]))
    for name in [name for name in os.environ if name.startswith("ONEPASS_")]:
        if name not in (RUN_DIR, "ONEPASS_CHROMIUM"):
            del os.environ[name]
    os.environ.pop("DATABASE_URL", None)
    resolve_localhost_names()
    compile_templates_once()
    compile_addresses_once()


def _work_in_memory() -> None:
    """Lay what this run writes in memory, where there is room: no test outlives a power cut.

    A commit of SQLite waits for the disk, and waiting is a third of the time of such tests.
    """
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM and os.access(MEMORY, os.W_OK):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # asked for anew


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Count no branches in a test from whose folder none are wanted: that takes half its time."""
    counting = item.config.pluginmanager.get_plugin("_cov")
    controller = getattr(counting, "cov_controller", None)
    if controller is None or not is_uncounted(item.path):
        return (yield)
    controller.pause()
    try:
        return (yield)
    finally:
        controller.resume()


def is_uncounted(path: Path) -> bool:
    """Say whether the tests of this file count no branches."""
    return path.relative_to(HERE).as_posix().startswith(UNCOUNTED)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a real browser; walk each journey on one of the two databases."""
    for item in items:
        if "visitor" in " ".join(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
    if not config.getoption("both_databases") and not any("::" in each for each in config.args):
        elsewhere = [item for item in items if is_walked_elsewhere(item)]
        items[:] = [item for item in items if item not in set(elsewhere)]
        config.hook.pytest_deselected(items=elsewhere)


def is_walked_elsewhere(item: pytest.Item) -> bool:
    """Say whether this journey is walked on the other database: each kind gets half of them.

    What differs between the two is in the domain, whose tests run on both.
    """
    called = getattr(item, "callspec", None)
    kind: str | None = called.params.get("database_url") if called else None
    if kind is None or HERE / "journeys" not in item.path.parents:
        return False
    said = item.nodeid.replace(kind, "")
    return kind != DATABASES[crc32(said.encode()) % 2]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if all was walked and yet some page or message of a form was never shown.

    Walks run in several processes, so that only the end of the run knows.
    """
    if hasattr(session.config, "workerinput") or not (folder := os.environ.get(RUN_DIR)):
        return
    from tests.acceptance import examining, form_messages, showing

    found = examining.joined(Path(folder))
    if found.walks < 2 * (len(showing.WALKS) + 1):
        return
    unseen = form_messages.unseen(form_messages.all_messages(), found.messages)
    pages = showing.ALL_ROUTES - {page["route"] for page in found.pages}
    if unseen or pages:
        session.config.stash[UNSEEN] = sorted(pages) + [
            f"{each.room or 'any room'}: {each.words}" for each in sorted(unseen)
        ]
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    """Name the pages and messages that nobody has seen, last: a run that fails says why there."""
    yield
    for line in config.stash.get(UNSEEN, []):
        terminalreporter.write_line(
            f"No walk of tests/acceptance/showing.py shows: {line}", red=True
        )


def _end_run(run_dir: Path) -> None:
    """End the run's PostgreSQL, if its last user did not, and remove the run's folder."""
    end_server(run_dir)
    shutil.rmtree(run_dir, ignore_errors=True)


@pytest.fixture(scope="session")
def run_dir() -> Path:
    """The folder that all workers of this run share."""
    return Path(os.environ[RUN_DIR])


@pytest.fixture(scope="session", autouse=True)
def _this_machine_only() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        block_other_machines(patch)
        yield


@pytest.fixture(scope="session")
def postgres(run_dir: Path) -> PostgresServer:
    """The run's PostgreSQL server."""
    return PostgresServer(run_dir)


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> PostgresTemplate:
    """This worker's migrated PostgreSQL database."""
    return PostgresTemplate(postgres)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """This worker's migrated SQLite file."""
    return SqliteTemplate(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def postgres_url(postgres_template: PostgresTemplate) -> Iterator[str]:
    """A migrated PostgreSQL database without rows, of this test alone while it runs."""
    name, url = postgres_template.borrow()
    yield url
    postgres_template.give_back(name)


@pytest.fixture
def own_postgres_url(postgres_template: PostgresTemplate) -> Iterator[str]:
    """A migrated PostgreSQL database that this test may break: nobody gets it afterwards."""
    name, url = postgres_template.copy()
    yield url
    postgres_template.server.drop(name)


@pytest.fixture
def sqlite_url(sqlite_template: SqliteTemplate, tmp_path: Path) -> str:
    """A migrated SQLite file of this test alone."""
    return sqlite_template.copy_to(tmp_path / "onepass.db")


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test alone; the test runs once on each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def clock() -> FixedClock:
    """A clock that this test moves."""
    return FixedClock()


@pytest.fixture
def entropy(request: pytest.FixtureRequest, clock: FixedClock) -> SeededEntropy:
    """Entropy that gives this test the same values on every run."""
    return SeededEntropy(request.node.nodeid, clock)


@pytest.fixture
def address() -> str:
    """A source address that no other test comes from."""
    return own_address()


@pytest.fixture(scope="session")
def key_room(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> KeyRoom:
    """This worker's signing keys: making an RSA key for each test would take most of its time."""
    folder = tmp_path_factory.mktemp("keys")
    return KeyRoom(sqlite_template.copy_to(folder / "keys.db"), folder, FixedClock())


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of this test's provider."""
    return make_settings(database_url, tmp_path)


@pytest.fixture
def services(settings: Settings, clock: FixedClock, entropy: SeededEntropy) -> Services:
    """What this test's provider holds; its rings have no key yet (see `signing_keys`)."""
    return make_services(settings, clock, entropy)


@pytest.fixture
def session(settings: Settings) -> Iterator[Session]:
    """A session on this test's database; nothing is committed unless the test does."""
    engine = sa.create_engine(settings.database_url, poolclass=NullPool)
    with Session(engine, expire_on_commit=False) as session:
        yield session
    engine.dispose()


@pytest.fixture
def signing_keys(session: Session, settings: Settings, key_room: KeyRoom) -> None:
    """A current key in each ring of this test's provider, committed."""
    key_room.furnish(session, settings.keys_dir)
    session.commit()


@pytest.fixture
def app(settings: Settings, services: Services, signing_keys: None) -> Iterator[Flask]:
    """This test's provider, with signing keys and nothing else in its database."""
    from idp.app import create_app

    app = create_app(settings, services)
    yield app
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def person(app: Flask, settings: Settings, address: str) -> Person:
    """Somebody with a browser, at an address of their own; every page they see is checked."""
    return Person(app, settings.issuer, address)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for this worker."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """A person with a browser profile of their own."""
    with visiting(browser, address=own_address()) as visitor:
        yield visitor


@pytest.fixture
def visitor_without_javascript(browser: Browser) -> Iterator[Visitor]:
    """A person whose browser runs no scripts."""
    with visiting(browser, address=own_address(), javascript=False) as visitor:
        yield visitor
