"""The rows of the wire contract, as `tests/contract/rows/` keeps them, and what is wrong with them.

The head of its first file says how they are written.
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "tests" / "contract" / "rows"
DECISIONS: Final = ROOT / "docs" / "decisions"
NOT_APPLICABLE: Final = "not_applicable"
VERDICTS: Final = ("matched", "stricter", "different", NOT_APPLICABLE)
DESIGN_TOPICS: Final = frozenset(
    {
        "/token errors",
        "ES256 client assertions",
        "PKCE",
        "POST /authorize",
        "UserInfo",
        "access token",
        "asking before sharing",
        "assertion jti",
        "assurance in the ID token",
        "authenticator code window",
        "code lifetime",
        "cookies",
        "iss in the authorization response",
        "issuer",
        "logout without a valid hint",
        "offline_access",
        "only for openid clients",
        "over-long input; too many requests",
        "prompt=none",
        "refusal without a trusted redirect",
        "repeated parameter",
        "secret client + identity",
        "secrets at rest",
        "session",
        "subject",
    }
)
"""Where the design decided otherwise than One Login does."""

SIZES: Final = {
    "1.endpoint": 11,
    "1.header": 8,
    "1.query": 2,
    "1.discovery": 30,
    "1.jwks": 5,
    "1.did": 5,
    "1.trustmark": 1,
    "2.parameter": 20,
    "2.parameter_in_object": 20,
    "2.scope": 2,
    "2.claim": 8,
    "2.vtr": 12,
    "2.vtr_answer": 3,
    "2.prompt": 7,
    "2.query": 33,
    "2.object": 31,
    "2.after": 8,
    "3.order": 4,
    "3.failure": 36,
    "3.client": 11,
    "3.response": 2,
    "3.id_token": 14,
    "3.access_token": 6,
    "3.sub": 5,
    "4.scope": 4,
    "4.reply": 2,
    "4.identity": 5,
    "4.core": 10,
    "4.outcome": 3,
    "4.error": 6,
    "5.cookie": 5,
    "5.session": 4,
    "5.sso": 12,
    "5.logout": 12,
    "5.back_channel": 15,
    "6.field": 29,
    "6.registration": 5,
    "6.keys": 5,
    "7.lifetime": 8,
    "7.cache": 3,
    "7.skew": 2,
    "7.size": 2,
    "7.rate": 2,
    "7.lock": 5,
    "7.code": 3,
    "7.life": 1,
}
"""How many rows each table of the contract has, so that none gets lost."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fact of the contract, and how we stand to it. `id` is `section.table.row`."""

    id: str
    expects: str
    verdict: str = "matched"
    reason: str = ""

    @property
    def section(self) -> str:
        """The section of the contract that it is in."""
        return self.id.partition(".")[0]

    @property
    def table(self) -> str:
        """The table of that section, with the section's number."""
        return self.id.rpartition(".")[0]

    @property
    def needs_a_test(self) -> bool:
        """Whether there is something to test."""
        return self.verdict != NOT_APPLICABLE


class RowsUnusable(Exception):
    """The files of rows cannot be used; the message says what is wrong, a line for each."""


def load(folder: Path = FOLDER, sizes: Mapping[str, int] = SIZES) -> dict[str, Row]:
    """Every row by its id, in the contract's order; raises RowsUnusable with all that is wrong.

    `sizes` says how many rows each table must have.
    """
    rows: dict[str, Row] = {}
    faults: list[str] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{file.name}: {error}")
            continue
        for row_id, about in _entries(document):
            if row_id in rows:
                faults.append(f"{row_id} is there twice")
            if not file.name.startswith(f"{row_id.partition('.')[0]}_"):
                faults.append(f"{row_id} is in the file of another section")
            if unknown := set(about) - {"expects", "verdict", "reason"}:
                faults.append(f"{row_id} has {', '.join(sorted(unknown))}, which means nothing")
                continue
            rows[row_id] = Row(row_id, **{"expects": "", **about})
    faults += [fault for row in rows.values() if (fault := fault_of(row))]
    found = Counter(row.table for row in rows.values())
    faults += [
        f"table {table} has {found[table]} rows, and should have {sizes.get(table, 0)}"
        for table in {**sizes, **found}
        if found[table] != sizes.get(table, 0)
    ]
    if faults:
        raise RowsUnusable("\n".join(faults))
    return rows


def _entries(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for section, tables in document.items():
        for table, rows in tables.items():
            for name, about in rows.items():
                yield f"{section}.{table}.{name}", about


def fault_of(row: Row) -> str | None:
    """What is wrong with what a row says, or None."""
    if not row.expects:
        return f"{row.id} does not say what is expected"
    if row.verdict not in VERDICTS:
        return f"{row.id} has the verdict {row.verdict!r}"
    if row.verdict == "matched":
        return f"{row.id} is matched and needs no reason" if row.reason else None
    if row.verdict == NOT_APPLICABLE:
        return None if row.reason else f"{row.id} does not say why it is not applicable"
    source, _, words = row.reason.partition(": ")
    named, _, instead = words.partition(" - ")
    known = (source == "design" and named in DESIGN_TOPICS) or (
        source == "decision" and any(DECISIONS.glob(f"[0-9]*-{named}.md"))
    )
    if known and instead:
        return None
    return f"{row.id} names no topic of the design and no decision, or not what we do instead"
