"""What was done to a service and its clients, by whom: the audit record as its team may read it.

Only facts about the service, its members and how its clients are set up; never about citizens. Who
did it is named by address only if they are a member now. What stood in a changed field before and
after is kept beside the record (`client_changes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from idp.domain import client_changes, members, operators
from idp.domain.audit_entries import SealedEntry
from idp.domain.clients import Client
from idp.domain.fact_catalogue import FACTS

PAGE: Final = 50
OF_CLIENTS: Final = (
    "client_applied",
    "client_applied_by_team",
    "client_restored",
    "client_suspended",
    "faults_wanted",
)
"""Facts that name a client of the service."""
OF_SERVICES: Final = tuple(
    sorted(name for name, kind in FACTS.items() if "service_id" in kind.__dataclass_fields__)
)
"""Facts that name the service itself, in their detail."""
ABOUT_MEMBERS: Final = frozenset({"member_added", "member_removed", "member_role_changed"})
"""Facts whose account is the member's; who did it is in `by`."""
TOLD: Final = ("role", "kind", "outcome", "created", "faults", "changed", "needed")
"""What of a fact's detail is told: words of ours."""


class Who(StrEnum):
    """Somebody who is not named by address."""

    OPERATOR = "operator"
    ELSEWHERE = "elsewhere"
    """By command, or with a registration key."""
    NO_MEMBER = "no_member"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done. `who` and `whom` are a member's address or a `Who`."""

    at: int
    log_index: int
    fact: str
    client_id: str | None
    who: str
    whom: str | None
    told: Mapping[str, Any]
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, newest first; `more` says where the next page begins, if there is one."""

    events: tuple[Event, ...]
    more: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: None asks for all."""

    client_id: str | None = None
    fact: str | None = None
    before: tuple[int, int] | None = None


def page(session: Session, service_id: str, asked: Asked, size: int = PAGE) -> Page:
    """Return the newest events of a service that are asked for, at most `size`."""
    theirs = set(session.scalars(select(Client.client_id).where(Client.service_id == service_id)))
    # By the index on facts: these are rare, while a busy client's entries are many. The function
    # keeps the database from the index on clients.
    of_client = and_(
        SealedEntry.fact.in_(OF_CLIENTS), func.coalesce(SealedEntry.client_id, "").in_(theirs)
    )
    of_service = and_(
        SealedEntry.fact.in_(OF_SERVICES),
        SealedEntry.detail.contains(f'"service_id":"{service_id}"', autoescape=True),
    )
    wanted: list[ColumnElement[bool]] = [
        SealedEntry.fact.in_((*OF_CLIENTS, *OF_SERVICES)),
        or_(of_client, of_service),
    ]
    if asked.client_id is not None:
        wanted.append(func.coalesce(SealedEntry.client_id, "") == asked.client_id)
    if asked.fact is not None:
        wanted.append(SealedEntry.fact == asked.fact)
    if asked.before is not None:
        at, index = asked.before
        later = and_(SealedEntry.at == at, SealedEntry.log_index < index)
        wanted += [SealedEntry.at <= at, or_(SealedEntry.at < at, later)]
    newest = (SealedEntry.at.desc(), SealedEntry.log_index.desc())
    found = session.scalars(
        select(SealedEntry).where(*wanted).order_by(*newest).limit(size + 1)
    ).all()
    last = found[size - 1] if len(found) > size else None
    return Page(
        _events(session, service_id, theirs, list(found[:size])),
        (last.at, last.log_index) if last else None,
    )


def _events(
    session: Session, service_id: str, theirs: set[str], entries: list[SealedEntry]
) -> tuple[Event, ...]:
    if not entries:
        return ()
    addresses = {row.account_id: who.email for row, who in members.of_service(session, service_id)}
    helpers = {row.account_id for row, _ in operators.all_operators(session)}
    changes: dict[tuple[str, int], dict[str, tuple[Any, Any]]] = {}
    for change in client_changes.of_clients(session, theirs, entries[-1].at, entries[0].at):
        changes.setdefault((change.client_id, change.at), {}).update(change.fields)

    def named(account_id: str | None) -> str:
        if account_id is None:
            return Who.ELSEWHERE
        return addresses.get(account_id, Who.OPERATOR if account_id in helpers else Who.NO_MEMBER)

    def event(entry: SealedEntry) -> Event:
        detail = orjson.loads(entry.detail)
        about = entry.fact in ABOUT_MEMBERS
        # What was changed at one moment belongs to the first that is told of it.
        changed = changes.pop((entry.client_id or "", entry.at), {})
        return Event(
            at=entry.at,
            log_index=entry.log_index,
            fact=entry.fact,
            client_id=entry.client_id,
            who=named(detail.get("by") if about else entry.account_id),
            whom=named(entry.account_id) if about else None,
            told={name: detail[name] for name in TOLD if detail.get(name)},
            changes=changed,
        )

    return tuple(event(entry) for entry in entries)
