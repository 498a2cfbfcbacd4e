"""Two provider processes on one PostgreSQL, for what only happens between processes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
import requests

from tests.support.addresses import own_address
from tests.support.building import KeyRoom, register
from tests.support.citizens import Citizen, enrol, signed_in_cookie
from tests.support.databases import PostgresTemplate
from tests.support.person import DistantPerson
from tests.support.processes import free_port
from tests.support.relying_party import RelyingParty, Request
from tests.support.servers import Street, lay_out

Result = TypeVar("Result")


@dataclass
class Pair:
    """A street with two provider processes and no department."""

    street: Street
    servers: tuple[str, str]
    _connections: list[requests.Session] = field(default_factory=list)

    def server(self, number: int) -> str:
        """The first or the second process, in turns."""
        return self.servers[number % 2]

    def connection(self, number: int) -> requests.Session:
        """A connection of its own to a process, already open, so that only the request is left."""
        connection = requests.Session()
        connection.trust_env = False
        connection.headers["X-Forwarded-For"] = own_address()
        assert connection.get(f"{self.server(number)}/health", timeout=10).ok
        self._connections.append(connection)
        return connection

    def party(self, **more: Any) -> RelyingParty:
        """A registered service of its own."""
        with self.street.records() as session:
            return register(session, self.street.services, RelyingParty(self.street.issuer, **more))

    def citizen(self, email: str) -> Citizen:
        """A citizen with this address."""
        with self.street.records() as session:
            return enrol(session, self.street.services, Citizen(email=email))

    def cookie(self, citizen: Citizen) -> dict[str, str]:
        """The cookie of a browser in which `citizen` is signed in at `Cl.Cm`."""
        with self.street.records() as session:
            return {"onepass-session": signed_in_cookie(session, self.street.services, citizen)}

    def code(self, party: RelyingParty, cookie: dict[str, str]) -> tuple[Request, str]:
        """A code for `party`, got by single sign-on."""
        asked = party.ask()
        answer = requests.get(
            party.url(asked).replace(self.street.issuer, f"{self.servers[0]}/"),
            cookies=cookie,
            allow_redirects=False,
            timeout=10,
        )
        return asked, party.answer(asked, answer.headers.get("Location"))["code"]

    def redeem(self, party: RelyingParty, asked: Request, code: str) -> requests.Response:
        """Redeem `code` at the first process."""
        form = party.token_form(asked, code, self.street.clock.now())
        return requests.post(f"{self.servers[0]}/token", data=form, timeout=10)

    def userinfo(self, access_token: str) -> requests.Response:
        """Ask the second process for claims."""
        return requests.get(
            f"{self.servers[1]}/userinfo",
            headers={"Authorization": f"Bearer {access_token}"},
            timeout=10,
        )

    def person(self, number: int = 0) -> DistantPerson:
        """Somebody whose browser talks to one of the processes."""
        walker = DistantPerson(self.street.issuer, self.server(number), own_address())
        self._connections.append(walker.session)
        return walker

    def close(self) -> None:
        """Close every connection."""
        while self._connections:
            self._connections.pop().close()


def all_at_once(count: int, act: Callable[[int], Result]) -> list[Result]:
    """What `act(0)` to `act(count - 1)` return when all start at the same moment."""
    barrier = Barrier(count)

    def start(number: int) -> Result:
        barrier.wait(30)
        return act(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


@pytest.fixture(scope="session")
def running_pair(
    tmp_path_factory: pytest.TempPathFactory,
    postgres_template: PostgresTemplate,
    key_room: KeyRoom,
) -> Iterator[Pair]:
    """Two processes for this worker's tests."""
    name, url = postgres_template.copy()
    folder: Path = tmp_path_factory.mktemp("pair")
    street = lay_out(folder, url, key_room, more={"ONEPASS_SOURCE_RATE": "100000"})
    second = free_port()
    try:
        street.start_provider("one")
        street.start_provider("two", second)
        yield Pair(street, (f"http://127.0.0.1:{street.ports['id']}", f"http://127.0.0.1:{second}"))
    finally:
        street.end()
        postgres_template.server.drop(name)


@pytest.fixture
def pair(running_pair: Pair) -> Iterator[Pair]:
    """The two processes, with no connection left over from the test before."""
    yield running_pair
    running_pair.close()
