"""Activity: what happened to one account, as its owner may see it, read from the audit record.

Nothing is written for it: what is recorded for the audit is what the owner is shown. Entries that
have arrived and are not yet sealed count as well.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson
from sqlalchemy import RowMapping, Select, Subquery, func, literal, select, union_all
from sqlalchemy.orm import Session

from idp.domain.audit_entries import ENTRY_COLUMNS, AuditEntry, SealedEntry, canonical
from idp.domain.sessions import BrowserSession

PAGE: Final = 10
_MOMENT: Final = 8
_LENGTH: Final = 24
_REFERENCE: Final = re.compile(f"[0-9a-f]{{{_LENGTH}}}")
OPENED: Final = "code_issued"

SHOWN: Final = frozenset(
    {
        "account_created",
        "account_completed",
        "account_restored",
        "account_suspended",
        "activity_reported",
        "authenticator_app_added",
        "authenticator_app_replaced",
        "authenticator_apps_switched",
        "backup_app_added",
        "backup_app_removed",
        "claims_refused",
        "claims_shared",
        "code_issued",
        "data_downloaded",
        "email_changed",
        "identity_confirmed",
        "identity_not_proved",
        "identity_proof_ordered",
        "identity_proved",
        "locked",
        "locks_lifted",
        "passkey_added",
        "passkey_refused",
        "passkey_removed",
        "password_changed",
        "password_found_weak",
        "password_refused",
        "password_reset",
        "password_reset_ordered",
        "recovery_allowed",
        "recovery_begun",
        "recovery_cancelled",
        "recovery_codes_made",
        "recovery_code_used",
        "recovery_finished",
        "recovery_hastened",
        "second_factor_passed",
        "second_factor_refused",
        "service_removed",
        "signed_in_with_passkey",
        "signed_in_with_password",
        "signed_out",
        "terms_agreed",
    }
)
"""The facts that mean something to the owner; the others are about machines."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `reference` names it for good; `device` is a browser's own words."""

    reference: str
    at: int
    fact: str
    client_id: str | None
    device: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of activity, newest first, and how many pages there are (1 or more)."""

    events: tuple[Event, ...]
    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Use:
    """A client through which the person has opened a service: first and last, in epoch seconds."""

    client_id: str
    first_at: int
    last_at: int


def page(session: Session, account_id: str, number: int) -> Page:
    """Return the page of that number; the nearest one there is for a number out of reach."""
    entries = _entries(account_id)
    total = session.scalar(select(func.count()).select_from(entries)) or 0
    pages = max(1, -(-total // PAGE))
    number = min(max(1, number), pages)
    shown = _newest_first(entries).limit(PAGE).offset(PAGE * (number - 1))
    return Page(_events(session, account_id, shown), number, pages)


def find(session: Session, account_id: str, reference: str) -> Event | None:
    """Return the account's event of that reference, or None."""
    if _REFERENCE.fullmatch(reference) is None:
        return None
    entries = _entries(account_id, at=int(reference[:_MOMENT], 16))
    found = _events(session, account_id, _newest_first(entries))
    return next((event for event in found if event.reference == reference), None)


def everything(session: Session, account_id: str) -> tuple[Event, ...]:
    """Return all of the account's activity, newest first."""
    return _events(session, account_id, _newest_first(_entries(account_id)))


def uses(session: Session, account_id: str) -> list[Use]:
    """Return the clients this person has used, the one used last first."""
    entries = _entries(account_id, frozenset({OPENED}))
    last = func.max(entries.c.at)
    found = session.execute(
        select(entries.c.client_id, func.min(entries.c.at), last)
        .group_by(entries.c.client_id)
        .order_by(last.desc(), entries.c.client_id)
    )
    return [Use(*row) for row in found]


def _entries(account_id: str, facts: frozenset[str] = SHOWN, at: int | None = None) -> Subquery:
    """The account's entries, sealed (1) or just arrived (0), each with its place among its kind."""

    def of(table: type[AuditEntry | SealedEntry], place: Any, sealed: int) -> Any:
        columns = [getattr(table, name) for name in ENTRY_COLUMNS]
        wanted = [table.account_id == account_id, table.fact.in_(sorted(facts))]
        if at is not None:
            wanted.append(table.at == at)
        return select(place.label("place"), literal(sealed).label("sealed"), *columns).where(
            *wanted
        )

    return union_all(
        of(SealedEntry, SealedEntry.log_index, 1), of(AuditEntry, AuditEntry.id, 0)
    ).subquery()


def _newest_first(entries: Subquery) -> Select[Any]:
    return select(entries).order_by(entries.c.at.desc(), entries.c.sealed, entries.c.place.desc())


def _events(session: Session, account_id: str, shown: Select[Any]) -> tuple[Event, ...]:
    of_account = BrowserSession.account_id == account_id
    named = session.execute(select(BrowserSession.sid, BrowserSession.device).where(of_account))
    devices = {row.sid: row.device for row in named}
    return tuple(
        Event(
            reference=_reference(row),
            at=row["at"],
            fact=row["fact"],
            client_id=row["client_id"],
            device=devices.get(row["sid"], ""),
            detail=orjson.loads(row["detail"]),
        )
        for row in session.execute(shown).mappings()
    )


def _reference(row: RowMapping) -> str:
    """An entry's name, which sealing does not change: its moment, and a hash of all it says."""
    said = sha256(canonical({name: row[name] for name in ENTRY_COLUMNS})).hexdigest()
    return f"{row['at']:0{_MOMENT}x}{said}"[:_LENGTH]
