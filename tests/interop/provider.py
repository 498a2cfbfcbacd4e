"""A provider and its worker on real time, as clients need that know no other clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from idp.domain import clients
from idp.domain.audit_entries import AuditEntry, SealedEntry
from idp.domain.services import Services
from idp.kernel.clock import SystemClock
from idp.settings import Settings
from tests.support.addresses import own_address
from tests.support.building import KeyRoom, environment, make_services
from tests.support.citizens import Citizen, enrol
from tests.support.person import DistantPerson
from tests.support.processes import Program, free_port

SIGN_IN = 1
"""The button of the first page that is for people who have an account."""
_people = count(1)


@dataclass
class RunningProvider:
    """Two processes and the records they keep; on plain `localhost`, as a developer has it."""

    folder: Path
    database_url: str
    key_room: KeyRoom
    port: int = field(default_factory=free_port)
    people: list[DistantPerson] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.environment = environment(self.database_url, self.folder, issuer=self.issuer) | {
            "ONEPASS_TRUSTED_PROXIES": "127.0.0.1/32"
        }
        self.settings = Settings.from_environment(self.environment)
        with self.records() as session:
            self.key_room.furnish(session, self.settings.keys_dir)
        self.program = self._start("run_provider", str(self.port))
        self.program.wait_for(f"{self.issuer}health")

    def _start(self, module: str, *arguments: str) -> Program:
        return Program(
            f"tests.support.{module}",
            *arguments,
            environ=self.environment,
            log=self.folder / f"{module}.log",
        )

    @property
    def issuer(self) -> str:
        """The issuer, with its slash."""
        return f"http://localhost:{self.port}/"

    @property
    def discovery(self) -> str:
        """Where the discovery document is: all that most clients are told."""
        return f"{self.issuer}.well-known/openid-configuration"

    @cached_property
    def worker(self) -> Program:
        """The worker, which does one round for each line."""
        return self._start("run_worker")

    @cached_property
    def services(self) -> Services:
        """What a process of this provider holds, for looking into its records."""
        return make_services(self.settings, SystemClock())

    def work(self) -> None:
        """Let the worker do what is due: deliver what the outbox holds."""
        self.worker.command("round")

    @contextmanager
    def records(self) -> Iterator[Session]:
        """A session on the provider's database, committed at the end."""
        engine = sa.create_engine(self.database_url, poolclass=NullPool)
        with Session(engine, expire_on_commit=False) as session:
            yield session
            session.commit()
        engine.dispose()

    def register(self, registration: dict[str, Any]) -> None:
        """Register a client, as `onepass clients apply` does."""
        with self.records() as session:
            clients.apply(session, self.services, registration)

    def citizen(self) -> Citizen:
        """Somebody whose authenticator code nobody has used."""
        with self.records() as session:
            email = f"citizen-{next(_people)}@example.com"
            return enrol(session, self.services, Citizen(email=email))

    def facts(self, **about: str) -> list[str]:
        """The names of the audit facts about these columns, sealed and not yet sealed, in order."""
        sealed = sa.select(SealedEntry.fact).filter_by(**about).order_by(SealedEntry.log_index)
        arrived = sa.select(AuditEntry.fact).filter_by(**about).order_by(AuditEntry.id)
        with self.records() as session:
            return [*session.scalars(sealed), *session.scalars(arrived)]

    def document(self, path: str) -> dict[str, Any]:
        """A public document."""
        found: dict[str, Any] = requests.get(f"{self.issuer}{path}", timeout=10).json()
        return found

    def person(self) -> DistantPerson:
        """Somebody with a browser, whose every request goes over HTTP."""
        self.people.append(DistantPerson(self.issuer, self.issuer, own_address()))
        return self.people[-1]

    def sign_in(self, person: DistantPerson, address: str, citizen: Citizen) -> str:
        """Bring the request at `address`, walk through the pages, return where they lead."""
        assert self.open(person, address) is None, "nobody was asked anything"
        person.send(button=SIGN_IN)
        person.send({"email": citizen.email})
        person.send({"password": citizen.password})
        person.send({"code": citizen.code(self.services.clock.now())})
        assert person.left_to is not None, f"{person.url}: {person.page.text}"
        return person.left_to

    def open(self, person: DistantPerson, address: str) -> str | None:
        """Open an address of the provider; return where it leads, or None if a page is shown."""
        person.open(address)
        return person.left_to

    def end(self) -> None:
        """Close every browser and end the processes, by their own ids."""
        for person in self.people:
            person.close()
        self.program.end()
        if "worker" in self.__dict__:
            self.worker.end()
