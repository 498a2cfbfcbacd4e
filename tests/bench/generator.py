"""The load generator: lanes of keep-alive connections, each walking flow after flow.

One thread and one epoll: a request costs the generator some tens of microseconds, so that what
shares its two cores is hardly disturbed. It is bounded in connections, in flows and in time.
"""

import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from tests.bench.connection import Answer, Connection, ConnectionBroken

_GRACE = 10.0
"""Seconds that flows under way may take to end after the time is up."""


class FlowFailed(Exception):
    """An answer was not what the flow expects; the text says which step and what came."""


class Flow(Protocol):
    """One walk of one citizen: the requests in turn, made from the answers."""

    def begin(self) -> bytes:
        """Return the first request."""

    def advance(self, answer: Answer) -> bytes | None:
        """Return the next request, or None when the flow is complete; raises FlowFailed."""


@dataclass(slots=True)
class Tally:
    """What the lanes of one name did: completed flows and how long they took, in seconds."""

    flow_times: list[float] = field(default_factory=list)
    step_times: list[list[float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Completed flows a second."""
        return len(self.flow_times) / self.elapsed if self.elapsed else 0.0

    def note_step(self, step: int, seconds: float) -> None:
        """Remember how long the step of this number took."""
        while len(self.step_times) <= step:
            self.step_times.append([])
        self.step_times[step].append(seconds)


@dataclass(slots=True)
class Lane:
    """One connection, and where its flows come from (None: no more of them)."""

    connection: Connection
    next_flow: Callable[[], Flow | None]
    tally: Tally
    flow: Flow | None = None
    step: int = 0
    flow_began: float = 0.0
    step_began: float = 0.0


class Generator:
    """Runs lanes until the time is up or their flows are used up."""

    def __init__(self, lanes: list[Lane]) -> None:
        """Take the lanes; their connections stay open between runs."""
        self._lanes = lanes

    def run(self, seconds: float) -> float:
        """Drive every lane for this long; returns the processor seconds this process took.

        A lane whose server hangs up before a flow begins is out for the rest of the run. Flows
        under way at the end are finished but not counted. A flow that fails is counted as a
        failure with its reason, and its lane goes on with the next one.
        """
        processor_before = time.process_time()
        selector = selectors.DefaultSelector()
        began = time.perf_counter()
        ends = began + seconds
        busy = sum(self._start(lane, selector) for lane in self._lanes)
        while busy:
            events = selector.select(timeout=1.0)
            now = time.perf_counter()
            if now > ends + _GRACE:
                self._give_up(selector)
                break
            for key, _ in events:
                busy -= self._serve(key.data, selector, ends)
        selector.close()
        elapsed = min(time.perf_counter(), ends) - began
        for tally in {id(lane.tally): lane.tally for lane in self._lanes}.values():
            tally.elapsed += elapsed
        return time.process_time() - processor_before

    def close(self) -> None:
        """Hang up all lanes."""
        for lane in self._lanes:
            lane.connection.close()

    def _start(self, lane: Lane, selector: selectors.BaseSelector) -> bool:
        if not self._begin_flow(lane):
            return False
        selector.register(lane.connection.socket, selectors.EVENT_READ, lane)
        return True

    @staticmethod
    def _begin_flow(lane: Lane) -> bool:
        lane.flow = lane.next_flow()
        if lane.flow is None:
            return False
        request = lane.flow.begin()
        lane.step = 0
        lane.flow_began = lane.step_began = time.perf_counter()
        try:
            lane.connection.send(request)
        except ConnectionBroken as failure:
            lane.tally.failures.append(f"connection: {failure}")
            return False
        return True

    def _serve(self, lane: Lane, selector: selectors.BaseSelector, ends: float) -> bool:
        """Take what arrived for one lane; whether the lane is done for good."""
        assert lane.flow is not None
        try:
            answer = lane.connection.receive()
            if answer is None:
                return False
            now = time.perf_counter()
            if now <= ends:
                lane.tally.note_step(lane.step, now - lane.step_began)
            request = lane.flow.advance(answer)
            if request is not None:
                lane.step, lane.step_began = lane.step + 1, now
                lane.connection.send(request)
                return False
            if now <= ends:
                lane.tally.flow_times.append(now - lane.flow_began)
        except FlowFailed as failure:
            lane.tally.failures.append(str(failure))
        except ConnectionBroken as failure:
            lane.tally.failures.append(f"connection: {failure}")
            selector.unregister(lane.connection.socket)
            lane.connection.reconnect()
            selector.register(lane.connection.socket, selectors.EVENT_READ, lane)
        if time.perf_counter() < ends and self._begin_flow(lane):
            return False
        selector.unregister(lane.connection.socket)
        return True

    @staticmethod
    def _give_up(selector: selectors.BaseSelector) -> None:
        for key in list(selector.get_map().values()):
            lane: Lane = key.data
            lane.tally.failures.append("no answer long after the time was up")
            lane.connection.reconnect()
