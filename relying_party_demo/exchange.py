"""The record of one sign-in as it happened: what a person reads "behind the scenes".

Owns: steps, the checks made in them, and the masking of whatever could be used by someone else.
Owns not: the words for them (``relying_party_demo.words``), nor any decision.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import NoReturn

SHOWN_OF_A_SECRET = 6
HIDDEN = "•" * 8


@dataclass(frozen=True)
class Check:
    """One thing that was compared: what was seen, what was wanted."""

    name: str
    passed: bool
    seen: str
    wanted: str


@dataclass
class Step:
    """One message of the exchange: ``kind`` names it, ``lines`` hold what it carried, masked."""

    kind: str
    at: int
    lines: list[tuple[str, str]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    milliseconds: int | None = None

    def line(self, name: str, value: object) -> None:
        """Note one thing the message carried."""
        self.lines.append((name, value if isinstance(value, str) else json.dumps(value)))

    def check(self, name: str, *, passed: bool, seen: object, wanted: object) -> None:
        """Note a check, and stop everything when it fails. Raises CheckFailed."""
        if not passed:
            self.fail(name, seen=seen, wanted=wanted)
        self.checks.append(Check(name, passed=True, seen=_shown(seen), wanted=_shown(wanted)))

    def fail(self, name: str, *, seen: object, wanted: object) -> NoReturn:
        """Note a check that failed. Raises CheckFailed."""
        self.checks.append(Check(name, passed=False, seen=_shown(seen), wanted=_shown(wanted)))
        raise CheckFailed(name)

    def equal(self, name: str, seen: object, wanted: object, *, masked: bool = False) -> None:
        """Check that ``seen`` is exactly ``wanted``, type included."""
        passed = type(seen) is type(wanted) and seen == wanted
        show = mask if masked else _shown
        self.check(name, passed=passed, seen=show(seen), wanted=show(wanted))


class CheckFailed(Exception):
    """A check said no; ``name`` is the check's."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


@dataclass
class Exchange:
    """The steps of one sign-in, in the order they happened."""

    steps: list[Step] = field(default_factory=list)

    def step(self, kind: str, at: int) -> Step:
        """Begin the next step."""
        step = Step(kind, at)
        self.steps.append(step)
        return step

    @property
    def checks(self) -> list[Check]:
        """Every check of every step."""
        return [check for step in self.steps for check in step.checks]

    def to_json(self) -> str:
        """This record as text, to be kept with the session."""
        return json.dumps([asdict(step) for step in self.steps])

    @classmethod
    def from_json(cls, text: str) -> "Exchange":
        """The record that :meth:`to_json` made."""
        return cls([_step(item) for item in json.loads(text)])


def _step(item: dict[str, object]) -> Step:
    lines, checks = item["lines"], item["checks"]
    if not isinstance(lines, list) or not isinstance(checks, list):
        raise TypeError("not a record of an exchange")
    took = item["milliseconds"]
    return Step(
        kind=str(item["kind"]),
        at=int(str(item["at"])),
        lines=[(str(name), str(value)) for name, value in lines],
        checks=[Check(**check) for check in checks],
        milliseconds=took if isinstance(took, int) else None,
    )


def mask(secret: object) -> str:
    """The beginning of a secret and how long it is: enough to recognise, too little to use."""
    if not isinstance(secret, str):
        return _shown(secret)
    if len(secret) <= 4 * SHOWN_OF_A_SECRET:
        return HIDDEN
    return f"{secret[:SHOWN_OF_A_SECRET]}… ({len(secret)})"


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value)
