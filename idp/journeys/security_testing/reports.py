"""What the probe left in its folder: the catalogue of attacks, and the report of its last run."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

CATALOGUE: Final = "catalogue.json"
REPORT: Final = "report.json"
VERDICTS: Final = ("defended", "vulnerable", "broken", "not_tried", "not_offered")
SEVERITIES: Final = ("critical", "high", "medium", "low")
LARGEST: Final = 64 << 20
"""Bytes of a file that is read at all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attack; without a `verdict` where there is a catalogue and no report of it."""

    id: str
    attack: str
    expects: str
    reference: str
    severity: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Group:
    """The attacks of one subject."""

    name: str
    rows: tuple[Row, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each verdict, without those that none has."""
        told = Counter(row.verdict for row in self.rows)
        return {verdict: told[verdict] for verdict in VERDICTS if told[verdict]}


@dataclass(frozen=True, slots=True)
class Told:
    """A catalogue or a report; `issuer` was attacked, `written_at` in seconds since the epoch."""

    groups: tuple[Group, ...]
    issuer: str
    written_at: int

    @property
    def counts(self) -> dict[str, int]:
        """How many rows of all have each verdict."""
        told: Counter[str] = Counter()
        for group in self.groups:
            told.update(group.counts)
        return {verdict: told[verdict] for verdict in VERDICTS if told[verdict]}

    @property
    def size(self) -> int:
        """How many rows there are."""
        return sum(len(group.rows) for group in self.groups)


def last_report(folder: Path) -> Told | None:
    """Return the report of the last run, or None where there is none that can be read."""
    return _read(folder / REPORT)


def catalogue(folder: Path) -> Told | None:
    """Return every attack without verdicts, or None where nobody wrote them here."""
    return _read(folder / CATALOGUE)


def _read(file: Path) -> Told | None:
    try:
        found = file.stat()
        if found.st_size > LARGEST:
            return None
        return _parsed(file, found.st_mtime_ns, found.st_size)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        # A report may be half written, or somebody else's: the page is there without it.
        return None


@lru_cache(maxsize=4)
def _parsed(file: Path, modified: int, _size: int) -> Told:
    document = json.loads(file.read_bytes())
    groups: dict[str, list[Row]] = {}
    for about in document["results"]:
        groups.setdefault(str(about["group"]), []).append(_row(about))
    return Told(
        tuple(Group(name, tuple(_worst_first(rows))) for name, rows in groups.items()),
        str(document.get("issuer", "")),
        modified // 1_000_000_000,
    )


def _row(about: dict[str, Any]) -> Row:
    verdict = about.get("verdict", "")
    return Row(
        id=str(about["id"]),
        attack=str(about["attack"]),
        expects=str(about["expects"]),
        reference=str(about["reference"]),
        severity=about["severity"] if about["severity"] in SEVERITIES else "",
        verdict=verdict if verdict in VERDICTS else "",
        reason=str(about.get("reason", "")),
    )


def _worst_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.verdict not in ("vulnerable", "broken"))
