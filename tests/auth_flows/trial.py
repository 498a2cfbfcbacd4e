"""One attack under way, from its first request to its result."""

from collections.abc import Iterator
from dataclasses import replace

from tests.auth_flows.attacks import Attack
from tests.auth_flows.catalogue import Row
from tests.auth_flows.ground import Ground
from tests.auth_flows.probe import Probe
from tests.auth_flows.verdicts import Broken, NotTried, Result, Verdict, judged

JUDGED = (Verdict.VULNERABLE, Verdict.DEFENDED)


class Trial:
    """One attack on the ground. While it waits for time to pass, others may be tried.

    `due`: when it may go on, in seconds since the epoch on the clock of the target. An attack in
    which the target made us wait is made once more: codes ran out meanwhile.
    """

    def __init__(self, ground: Ground, row: Row, written: Attack) -> None:
        self.row = row
        self.due = 0.0
        self._ground = ground
        self._written = written
        self._repeated = False
        self._start()

    def _start(self) -> None:
        self._probe = Probe(self._ground)
        self._going: Iterator[float] | None = None
        self._evidence: list[int] = []

    def go_on(self) -> Result | None:
        """Attack, from the beginning or after the wait; None if it now waits until `due`."""
        waits = self._ground.wire.waits
        result = self._attacked()
        if self._ground.wire.waits == waits or self._repeated:
            return result
        self._repeated = True
        self._start()
        again = self._attacked()
        if (
            result
            and result.verdict is Verdict.VULNERABLE
            and again
            and again.verdict not in JUDGED
        ):
            return result  # what could not judge takes nothing back of what was found
        return again

    def _attacked(self) -> Result | None:
        already = len(self._ground.wire.exchanges)
        problem: Exception | None = None
        try:
            if self._waits():
                return None
        except Exception as raised:  # noqa: BLE001 - a fault of the probe must not end the run
            problem = raised
        finally:
            self._evidence += range(already, len(self._ground.wire.exchanges))
        result = self._judged() if problem is None else self._ended_by(problem)
        return replace(result, worked=tuple(self._probe.worked), tried=tuple(self._probe.tried))

    def _waits(self) -> bool:
        if self._going is None:
            self._going = self._written.run(self._probe)
        seconds = None if self._going is None else next(self._going, None)
        while seconds is not None and self._going is not None:
            clock = self._ground.clock
            if not clock.can_jump:
                self._probe.may_wait(seconds)
                self.due = clock.now() + seconds
                return True
            clock.wait(seconds)
            seconds = next(self._going, None)
        return False

    def _ended_by(self, problem: Exception) -> Result:
        """What is found is told, also if it kept the attack from going on."""
        if self._probe.controls and self._probe.findings:
            return self._judged(f"what came after that: {problem}")
        if isinstance(problem, NotTried):
            return Result(self.row, Verdict.NOT_TRIED, str(problem))
        told = isinstance(problem, Broken)
        reason = str(problem) if told else f"the probe erred: {problem!r}"
        return Result(self.row, Verdict.BROKEN, reason, evidence=tuple(self._evidence))

    def _judged(self, left_out: str = "") -> Result:
        return judged(
            self.row,
            controls=self._probe.controls,
            tries=self._probe.tries,
            findings=self._probe.findings,
            evidence=tuple(self._evidence),
            left_out="; ".join(
                filter(None, [left_out or self._written.left_out, *self._probe.left])
            ),
            fix=self._written.fix,
        )
