"""The whole demonstration as real processes: provider, worker and four departments.

Five registrable names, because on plain localhost all ports are one site, which hides every
fault that a cookie can have. One clock, so that a wait is a move of the clock.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import clients
from idp.domain.services import Services
from idp.settings import Settings
from relying_party_demo.__main__ import registration
from relying_party_demo.department import Department, read
from tests.support.building import KeyRoom, environment, make_services
from tests.support.citizens import Citizen, enrol
from tests.support.clock import SharedClock
from tests.support.processes import Program, free_port

SLUGS = ("tax", "driving", "library", "housing")


@dataclass
class Street:
    """Everything that runs for one group of tests, and where to find it."""

    folder: Path
    database_url: str
    clock: SharedClock
    issuer: str
    provider_environment: dict[str, str]
    citizen: Citizen
    ports: dict[str, int]
    programs: dict[str, Program] = field(default_factory=dict)

    def url(self, slug: str) -> str:
        """Where a department lives, without a trailing slash."""
        return f"http://{slug}.localhost:{self.ports[slug]}"

    def department(self, slug: str, secret: Path | None = None) -> dict[str, str]:
        """The environment of one department."""
        others = [{"name": other, "url": self.url(other)} for other in SLUGS if other != slug]
        return {
            "DEPARTMENT": slug,
            "DEPARTMENT_ISSUER": self.issuer,
            "DEPARTMENT_URL": self.url(slug),
            "DEPARTMENT_VAR": str(self.folder / slug),
            "DEPARTMENT_SERVICES_JSON": json.dumps(others),
        } | ({"DEPARTMENT_CLIENT_SECRET_FILE": str(secret)} if secret else {})

    @property
    def settings(self) -> Settings:
        """The provider's settings."""
        return Settings.from_environment(self.provider_environment)

    @property
    def services(self) -> Services:
        """What a provider process of this street holds, for looking into its records."""
        return make_services(self.settings, self.clock)

    @contextmanager
    def records(self) -> Iterator[Session]:
        """A session on the street's database; commits at the end."""
        engine = sa.create_engine(self.database_url, poolclass=NullPool)
        with Session(engine, expire_on_commit=False) as session:
            yield session
            session.commit()
        engine.dispose()

    def start_provider(
        self, name: str = "provider", port: int | None = None, threads: int = 4
    ) -> Program:
        """Start a provider process and wait until it is healthy."""
        port = port or self.ports["id"]
        program = Program(
            "tests.support.run_provider",
            str(port),
            str(threads),
            environ=self.provider_environment,
            log=self.folder / f"{name}.log",
        )
        self.programs[name] = program
        program.wait_for(f"http://127.0.0.1:{port}/health")
        return program

    def start_departments(self) -> Program:
        """Register the four departments, start them and wait until they are healthy."""
        places = [
            {"port": self.ports[slug], "environment": self._registered(slug)} for slug in SLUGS
        ]
        file = self.folder / "departments.json"
        file.write_text(json.dumps(places))
        program = Program(
            "tests.support.run_departments",
            str(file),
            environ={"TEST_CLOCK": str(self.clock.path)},
            log=self.folder / "departments.log",
        )
        self.programs["departments"] = program
        for slug in SLUGS:
            program.wait_for(f"{self.url(slug)}/health")
        return program

    def _registered(self, slug: str) -> dict[str, str]:
        """Register a department with the provider; return the environment to start it with."""
        department: Department = read(slug, self.department(slug))
        services = self.services
        with self.records() as session:
            applied = clients.apply(session, services, registration(department))
        if applied.client_secret is None:
            return self.department(slug)
        secret = self.folder / f"{slug}.secret"
        secret.write_text(applied.client_secret)
        return self.department(slug, secret)

    def start_worker(self) -> Program:
        """Start a worker that does one round for each line it is given."""
        self.programs["worker"] = Program(
            "tests.support.run_worker",
            environ=self.provider_environment,
            log=self.folder / "worker.log",
        )
        return self.programs["worker"]

    def work(self) -> int:
        """Let the worker do everything that is due; return how many things it did.

        A round delivers a bounded number of messages: other tests may have left more than that.
        """
        worker = self.programs.get("worker") or self.start_worker()
        done = 0
        while round_ := int(worker.command("round")):
            done += round_
        return done

    def words(self) -> str:
        """What every process has written, for a failing test's report."""
        return "\n".join(
            f"----- {name}\n{program.words()}" for name, program in self.programs.items()
        )

    def end(self) -> None:
        """End every process, by its own id."""
        for program in reversed(list(self.programs.values())):
            program.end()


def lay_out(
    folder: Path, database_url: str, key_room: KeyRoom, *, more: Mapping[str, str] | None = None
) -> Street:
    """Prepare a street on a migrated database: clock, ports, keys, the demo's citizen.

    Nothing runs yet; `more` adds to the provider's environment.
    """
    clock = SharedClock.create(folder / "clock")
    ports = {name: free_port() for name in ("id", *SLUGS)}
    issuer = f"http://id.onepass.localhost:{ports['id']}/"
    provider = environment(database_url, folder, issuer=issuer) | {
        "ONEPASS_TRUSTED_PROXIES": "127.0.0.1/32",
        "TEST_CLOCK": str(clock.path),
    }
    street = Street(
        folder=folder,
        database_url=database_url,
        clock=clock,
        issuer=issuer,
        provider_environment=provider | dict(more or {}),
        citizen=Citizen(email="citizen@example.com"),
        ports=ports,
    )
    with street.records() as session:
        key_room.furnish(session, street.settings.keys_dir)
        enrol(session, street.services, street.citizen)
    return street
