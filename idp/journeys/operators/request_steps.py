"""What an operator sees of a request: who asked, what would change, what was checked."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from idp.domain import approved_acts, go_lives, work_queue
from idp.domain.change_requests import ChangeRequest, State
from idp.domain.clients import Client, Service
from idp.domain.team_changes import OF_SERVICE

CLIENT_CHANGE: Final = "client_change"


@dataclass(frozen=True, slots=True)
class Difference:
    """One member of a registration: what it is, and what it would be; None where there is none."""

    member: str
    before: Any
    after: Any
    known: bool = True
    """Whether anybody knows what it is, or was."""


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """A request as it is shown to the operator `me`.

    `asker_left` means that it cannot be approved. Before a service goes live: `checks` were passed,
    `citizens_see` is what is approved for them to see, and `about` is what its team says.
    """

    asked: ChangeRequest
    requested_by: str
    decided_by: str
    service: str
    working_days: int
    mine: bool
    asker_left: bool
    differences: tuple[Difference, ...]
    checks: tuple[str, ...]
    citizens_see: dict[str, str | None]
    about: dict[str, str]

    @property
    def waits(self) -> bool:
        """Whether it still has to be decided."""
        return self.asked.state == State.SUBMITTED

    @property
    def late(self) -> bool:
        """Whether it should have been decided by now."""
        return self.waits and self.working_days > work_queue.LATE_AFTER


def find(session: Session, request_id: str, *, me: str, now: int) -> RequestSeen | None:
    """Return a request as the operator `me` sees it, or None."""
    asked = session.get(ChangeRequest, request_id[:32])
    if asked is None:
        return None
    emails = work_queue.emails_of(session, {asked.requested_by, asked.decided_by or ""})
    client = session.get(Client, asked.client_id) if asked.client_id else None
    service_id = asked.service_id or (client.service_id if client else None)
    service = session.get(Service, service_id) if service_id else None
    told: dict[str, str] = asked.asked.get("about", {})
    return RequestSeen(
        asked=asked,
        requested_by=emails.get(asked.requested_by, ""),
        decided_by=emails.get(asked.decided_by or "", ""),
        service=service.name if service else "",
        working_days=work_queue.working_days(asked.requested_at, asked.decided_at or now),
        mine=asked.requested_by == me,
        asker_left=approved_acts.asker_left(session, asked),
        differences=_differences(asked, client),
        checks=tuple(asked.asked.get("checks") or ()),
        citizens_see=_citizens_see(asked),
        about={name: it for name in go_lives.ABOUT if (it := told.get(name))},
    )


def _citizens_see(asked: ChangeRequest) -> dict[str, str | None]:
    """Return what citizens would see of a service that asks to go live, the new and the old."""
    if asked.kind != go_lives.KIND:
        return {}
    return {name: asked.asked["after"].get(name) for name in OF_SERVICE}


def _differences(asked: ChangeRequest, client: Client | None) -> tuple[Difference, ...]:
    """Compare the registration that is there with the one that is asked for, if it asks for one.

    A change names only the members that change; once it is decided, nobody knows any more what
    they were before.
    """
    payload = asked.asked
    if asked.kind == CLIENT_CHANGE:
        known = asked.state == State.SUBMITTED and client is not None
        now = client.members if client is not None else {}
        return tuple(
            Difference(name, now.get(name), it, known=known) for name, it in sorted(payload.items())
        )
    before: dict[str, Any] = payload.get("before", {})
    after: dict[str, Any] = payload.get("after", {})
    return tuple(
        Difference(name, before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )
