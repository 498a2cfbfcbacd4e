"""The catalogue of attacks: rows of data in `catalogue/`, one file for each group."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "catalogue"
SEVERITIES: Final = ("critical", "high", "medium", "low")
NEEDS: Final = {
    "ext": "a registered client",
    "acct": "a client, and a citizen of our own",
    "acct2": "two clients or two citizens of our own",
    "white": "the provider's database, logs or source",
}
_FIELDS: Final = frozenset({"attack", "expects", "reference", "severity", "needs"})
_OPTIONAL: Final = frozenset({"feature"})


class CatalogueUnusable(Exception):
    """The catalogue cannot be used; the message says what is wrong, a line for each."""


@dataclass(frozen=True, slots=True)
class Row:
    """One attack, and what a provider that withstands it shows.

    `feature` names what a provider must offer for the row to mean anything; empty for what every
    provider has.
    """

    id: str
    group: str
    attack: str
    expects: str
    reference: str
    severity: str
    needs: str
    feature: str = ""

    @property
    def prefix(self) -> str:
        """The letters of its id, by which `--only` chooses a group."""
        return self.id.rpartition("-")[0]


def load(folder: Path = FOLDER) -> dict[str, Row]:
    """Every row by its id, in the catalogue's order. Raises CatalogueUnusable."""
    rows: dict[str, Row] = {}
    faults: list[str] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{file.name}: {error}")
            continue
        group = document.pop("group", "")
        if not group:
            faults.append(f"{file.name} names no group")
        for row_id, about in document.items():
            wrong = faults_of(row_id, about)
            if row_id in rows:
                wrong.append(f"{row_id} is there twice")
            faults += wrong
            if not wrong:
                rows[row_id] = Row(id=row_id, group=group, **about)
    if faults:
        raise CatalogueUnusable("\n".join(faults))
    return rows


def faults_of(row_id: str, about: Any) -> list[str]:
    """What is wrong with one row as the file holds it."""
    if not isinstance(about, Mapping):
        return [f"{row_id} is no row"]
    names = set(about)
    found = [f"{row_id} has no {name}" for name in sorted(_FIELDS - names)]
    found += [f"{row_id} has {name}, which means nothing" for name in names - _FIELDS - _OPTIONAL]
    found += [f"{row_id}: {name} is empty" for name, value in about.items() if not value]
    if "severity" in about and about["severity"] not in SEVERITIES:
        found.append(f"{row_id} has the severity {about['severity']!r}")
    if "needs" in about and about["needs"] not in NEEDS:
        found.append(f"{row_id} needs {about['needs']!r}")
    return found
