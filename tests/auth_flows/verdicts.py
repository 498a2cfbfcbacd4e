"""What can be said of an attack, and what a result holds. Nothing untried is ever defended."""

from dataclasses import dataclass, field
from enum import StrEnum

from tests.auth_flows.catalogue import Row

NOTHING_TRIED = 3
"""The exit code of a run that could not try anything: that is no good news."""


class Verdict(StrEnum):
    """How an attack ended."""

    DEFENDED = "defended"
    VULNERABLE = "vulnerable"
    NOT_OFFERED = "not_offered"
    NOT_TRIED = "not_tried"
    BROKEN = "broken"


class Broken(Exception):
    """The attack cannot judge: the same request did not work unattacked, or the probe erred."""


class NotTried(Exception):
    """Something that the attack needs is not there; the message says what."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing tried, and what came of it; `evidence` is the number of the exchange.

    Among `findings` it should not have happened.
    """

    tried: str
    expected: str
    received: str
    evidence: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one row. `left_out` says which part of the row was not tried.

    `worked` is what was shown to work unattacked, `tried` every try in its order.
    """

    row: Row
    verdict: Verdict
    reason: str = ""
    left_out: str = ""
    fix: str = ""
    tries: int = 0
    findings: tuple[Finding, ...] = ()
    evidence: tuple[int, ...] = field(default=())
    worked: tuple[str, ...] = ()
    tried: tuple[Finding, ...] = ()


def judged(
    row: Row,
    *,
    controls: int,
    tries: int,
    findings: list[Finding],
    evidence: tuple[int, ...],
    left_out: str,
    fix: str,
) -> Result:
    """The result of an attack that came to its end.

    Without a request that worked unattacked, or without a try, it is broken whatever it found.
    """
    if not controls:
        reason = "the attack did not show that the same request works unattacked"
        return Result(row, Verdict.BROKEN, reason, evidence=evidence)
    if not tries:
        return Result(row, Verdict.BROKEN, "the attack tried nothing", evidence=evidence)
    verdict = Verdict.VULNERABLE if findings else Verdict.DEFENDED
    told = fix if findings else ""
    return Result(row, verdict, "", left_out, told, tries, tuple(findings), evidence)


def exit_code(results: list[Result]) -> int:
    """1 for a vulnerability, 2 for only broken attacks, 3 if nothing was tried at all, else 0."""
    verdicts = {result.verdict for result in results}
    if Verdict.VULNERABLE in verdicts:
        return 1
    if Verdict.BROKEN in verdicts:
        return 2
    return 0 if Verdict.DEFENDED in verdicts else NOTHING_TRIED
