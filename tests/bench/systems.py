"""What can be measured: a provider that runs, a client registered with it, citizens signed in."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.client import BenchClient
from tests.bench.connection import Connection
from tests.bench.generator import FlowFailed, Generator, Lane, Tally
from tests.bench.processes import Server, processor_seconds
from tests.bench.single_sign_on import Sample, SingleSignOn, Target, verify

CONNECTIONS = 16
CITIZENS = 100
_WARM_UP = 0.5
_FIRST_GUESS = 1000
"""Flows a second to have assertions for, before anything was measured."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The figures of one turn of one system; times in seconds, processor time in ms a flow."""

    rate: float
    processor: float
    database_share: float
    driver_cores: float
    flow_times: list[float]
    step_times: list[list[float]]
    failures: list[str]
    verified: int


@dataclass(slots=True)
class System:
    """A provider seen by one client: what one line of the result is about."""

    name: str
    target: Target
    server: Server
    database_pid: int | None
    client: BenchClient
    cookies: list[str]
    settle: Callable[[], None]
    turns: list[Turn] = field(default_factory=list)

    def processor_seconds(self) -> tuple[float, float]:
        """Return the processor time so far: of the server's processes, of the database's."""
        database = processor_seconds(self.database_pid) if self.database_pid else 0.0
        return processor_seconds(self.server.process.pid), database

    def lanes(self, tally: Tally, keep: Callable[[Sample], None], count: int) -> list[Lane]:
        """Open connections that walk single sign-on flows, the citizens in turn."""
        cookies = itertools.cycle(self.cookies)

        def next_flow() -> SingleSignOn:
            return SingleSignOn(self.target, self.client, next(cookies), keep)

        return [
            Lane(Connection(self.target.port, f"127.0.1.{number + 1}"), next_flow, tally)
            for number in range(count)
        ]

    def sign_ahead(self, seconds: float) -> None:
        """Have assertions for a turn of this length, with room for a faster one than before."""
        guess = max((turn.rate for turn in self.turns), default=_FIRST_GUESS) * 1.6
        self.client.sign_ahead(int(guess * (seconds + _WARM_UP)) + 200, self.target.issuer)

    def take_turn(self, seconds: float) -> Turn:
        """Drive this system alone; raises FlowFailed when its tokens are not what they claim."""
        self.sign_ahead(seconds)
        self.settle()
        warm_up = Generator(self.lanes(Tally(), lambda _: None, CONNECTIONS))
        warm_up.run(_WARM_UP)
        warm_up.close()
        tally, samples = Tally(), list[Sample]()
        generator = Generator(self.lanes(tally, samples.append, CONNECTIONS))
        before = self.processor_seconds()
        driver = generator.run(seconds)
        after = self.processor_seconds()
        generator.close()
        flows = len(tally.flow_times)
        if not flows:
            raise FlowFailed(f"{self.name}: no flow succeeded: {tally.failures[:1]}")
        server, database = after[0] - before[0], after[1] - before[1]
        turn = Turn(
            rate=tally.rate,
            processor=1000 * (server + database) / flows,
            database_share=database / (server + database) if server + database else 0.0,
            driver_cores=driver / seconds,
            flow_times=tally.flow_times,
            step_times=tally.step_times,
            failures=tally.failures,
            verified=verify(samples, self.target, self.client),
        )
        self.turns.append(turn)
        return turn


@dataclass(frozen=True, slots=True)
class Citizen:
    """A citizen of ours, with what a sign-in needs."""

    email: str
    password: str
    totp_secret: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider, the systems it is measured as, and citizens who can sign in to it."""

    name: str
    server: Server
    systems: list[System]
    citizens: list[Citizen]
