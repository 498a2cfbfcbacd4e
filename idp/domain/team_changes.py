"""Changes that a team makes to a client of its own, at the console.

An integration client changes at once. A live one changes when an operator approves: until then
what was there before is in force. The identifier that citizens' names are made for never changes
once a client is live. Does not own who may ask (`members`), or deciding (`approved_acts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import audit, change_requests, clients, go_lives, team_services
from idp.domain.change_requests import Act, CannotBeDone, ChangeRequest, State
from idp.domain.client_drafts import Clashing
from idp.domain.client_facts import ClientChanged
from idp.domain.clients import Client, Service
from idp.domain.services import Services
from idp.domain.team_services import NameTaken, Seen
from idp.protocol import registration_advice as advice
from idp.protocol.client_policy import is_production, policy_from_registration
from idp.protocol.errors import InvalidClientMetadata
from idp.protocol.team_registration import check_team_may_have, members_of_a_team

KIND: Final = "client_change"
GONE: Final = "There is no such client any more."
NAME_TAKEN: Final = "Another service has that name by now."
NOT_SO: Final = "The client cannot become so any more: its rules or its other fields changed."
OF_SERVICE: Final = ("service", "service_cy", "landing_page_url")
"""Members that say what citizens see of the service, and so are the same in all its clients."""

IN_BETWEEN: Final = frozenset({advice.Clash.NOTHING_TO_PROVE})
"""What a client may be for a while, since its fields change one after another."""


class SectorFixed(Exception):
    """The client is live, and every citizen would become somebody else to it."""


class AnothersChangeWaits(Exception):
    """Somebody else's change of this client waits: it is decided or withdrawn first."""


class GoLiveWaits(Exception):
    """An operator is asked to approve of what citizens see now: it stays so until they decide."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: `client_secret` is a new one, told once and never stored."""

    changed: bool
    waits: bool = False
    client_secret: str | None = None


def waiting(session: Session, client_id: str) -> ChangeRequest | None:
    """Return the change of this client that waits for an operator, or None."""
    waits = (ChangeRequest.kind == KIND, ChangeRequest.state == State.SUBMITTED)
    about = select(ChangeRequest).where(ChangeRequest.client_id == client_id, *waits)
    return session.scalar(about.limit(1))


def waits_to_go_live(session: Session, service_id: str) -> bool:
    """Return whether a client of the service waits to go live, so that its name stays as it is."""
    waits = (ChangeRequest.kind == go_lives.KIND, ChangeRequest.state == State.SUBMITTED)
    asked = select(ChangeRequest.id).where(ChangeRequest.service_id == service_id, *waits)
    return session.scalar(asked.limit(1)) is not None


def as_asked(session: Session, client: Client) -> dict[str, Any]:
    """Return the client's registration with what waits in it."""
    asked = waiting(session, client.client_id)
    return {**client.members, **(asked.asked if asked else {})}


def change(
    session: Session, services: Services, client_id: str, account_id: str, given: Mapping[str, Any]
) -> Outcome:
    """Replace what is `given` in a client's registration, or ask an operator to when it is live.

    A member of None is taken out. Raises Clashing, SectorFixed, AnothersChangeWaits or
    InvalidClientMetadata; nothing is written then.
    """
    client = clients.held(session, client_id)
    assert client is not None, "the address named a client that is there"  # noqa: S101
    asked = members_of_a_team(given, new=False)
    waits = waiting(session, client_id)
    if waits is not None and waits.requested_by != account_id:
        raise AnothersChangeWaits
    before = client.members
    wanted = _differing(before, {**(waits.asked if waits else {}), **asked})
    _check(client, wanted)
    if not is_production(client.members):
        return _now(session, services, client, account_id, wanted)
    if waits is not None:
        if waits.asked == wanted:
            return Outcome(changed=False, waits=True)
        change_requests.withdraw(session, services, waits.id, by=account_id)
    if not wanted:
        return Outcome(changed=waits is not None)
    change_requests.submit(
        session,
        services,
        KIND,
        wanted,
        by=account_id,
        service_id=client.service_id,
        client_id=client_id,
    )
    return Outcome(changed=True, waits=True)


def describe(
    session: Session, services: Services, account_id: str, service: Service, seen: Seen
) -> None:
    """Change what citizens see of a service, or ask an operator to when they see it already.

    Raises GoLiveWaits, and as `change` and `team_services.describe`; nothing is written then.
    """
    clients.name_services_one_at_a_time(session)
    if waits_to_go_live(session, service.id):
        raise GoLiveWaits
    live = [
        each
        for each in team_services.clients_of(session, service.id)
        if is_production(each.members)
    ]
    if not live:
        team_services.describe(session, services, account_id, service, seen)
        return
    team_services.check_names(session, seen, service.id)
    asked = {
        "service": seen.name,
        "service_cy": seen.name_cy,
        "landing_page_url": seen.landing_page,
    }
    change(session, services, live[0].client_id, account_id, asked)


def withdraw(
    session: Session, services: Services, client_id: str, account_id: str, *, own: bool = True
) -> bool:
    """Take back the change that waits, with `own` only one's own; False if there is none."""
    asked = waiting(session, client_id)
    if asked is None:
        return False
    try:
        change_requests.withdraw(session, services, asked.id, by=account_id, own=own)
    except change_requests.NotWaiting:
        return False
    return True


def apply_approved(session: Session, services: Services, asked: ChangeRequest) -> None:
    """Do what an approved request asks, in the transaction that approves it.

    Raises CannotBeDone when it cannot be so any more; what was written meanwhile is not kept.
    """
    clients.name_services_one_at_a_time(session)
    client = clients.held(session, asked.client_id or "")
    if client is None:
        raise CannotBeDone(GONE)
    wanted = asked.asked
    try:
        _check(client, wanted)
        _describe(session, services, client, asked, wanted)
        _now(session, services, client, asked.requested_by, wanted)
    except NameTaken as error:
        raise CannotBeDone(NAME_TAKEN) from error
    except (Clashing, SectorFixed, InvalidClientMetadata) as error:
        raise CannotBeDone(NOT_SO) from error


def _as_approved(session: Session, services: Services, asked: ChangeRequest, _by: str) -> None:
    apply_approved(session, services, asked)


ACT: Final = Act(KIND, _as_approved)


def _differing(before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if before.get(name) != value}


def _check(client: Client, wanted: Mapping[str, Any]) -> None:
    """Judge what the client would become; what was wrong with it before is no reason."""
    before = client.members
    fields = clients.merged(client, wanted, client.client_id)
    tolerated = {*advice.clashes(before), *IN_BETWEEN}
    found = [each for each in advice.clashes(fields) if each not in tolerated]
    if found:
        raise Clashing(found)
    policy = clients.judged(fields)
    check_team_may_have(wanted, policy)
    if is_production(client.members) and policy.sector != policy_from_registration(before).sector:
        raise SectorFixed


def _now(
    session: Session,
    services: Services,
    client: Client,
    account_id: str,
    wanted: Mapping[str, Any],
) -> Outcome:
    if not wanted:
        return Outcome(changed=False)
    fields = clients.merged(client, wanted, client.client_id)
    service = session.get_one(Service, client.service_id)
    applied = clients.write(session, services, client, fields, service, by=account_id)
    fact = ClientChanged(
        account_id=account_id,
        service_id=client.service_id,
        client_id=client.client_id,
        changed=tuple(sorted(wanted)),
    )
    audit.record(session, fact, now=services.clock.now())
    return Outcome(changed=True, client_secret=applied.client_secret)


def _describe(
    session: Session,
    services: Services,
    client: Client,
    asked: ChangeRequest,
    wanted: Mapping[str, Any],
) -> None:
    """Let citizens see the service as it was asked, if anything of that was."""
    if not set(OF_SERVICE) & set(wanted):
        return
    service = session.get_one(Service, client.service_id)
    told = {
        "service": service.name,
        "service_cy": service.name_cy,
        "landing_page_url": service.landing_page_url,
        **{name: wanted[name] for name in OF_SERVICE if name in wanted},
    }
    seen = Seen(told["service"], told["service_cy"], told["landing_page_url"])
    team_services.describe(session, services, asked.requested_by, service, seen)
