"""A service team's own clients: registered and changed with a key, within the team's bounds.

Owns: whose client a team may touch, and whose service's name it may use.
Does not own: what a registration may say (`idp.protocol`), or the keys
(`idp.domain.registration_keys`).
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.domain import audit, clients
from idp.domain.clients import Applied, Client, Service
from idp.domain.members import Member
from idp.domain.registration_keys import RegistrationKey
from idp.domain.services import Services
from idp.protocol.client_policy import INTEGRATION, ClientPolicy, policy_from_registration
from idp.protocol.errors import InvalidClientMetadata
from idp.protocol.registration_names import OPERATORS_ALONE
from idp.protocol.registration_rules import is_in_latin_letters, outline
from idp.protocol.team_registration import check_team_may_have, members_of_a_team

MOST_CLIENTS = 100
"""Of one team, until operators have taken some over."""


class NotTheirs(Exception):
    """The team has no integration client of that id."""


class TooManyClients(Exception):
    """The team has as many clients as it may have."""


def register(
    session: Session, services: Services, key: RegistrationKey, registration: Mapping[str, Any]
) -> Applied:
    """Register a new client of the team that holds `key`.

    Raises InvalidClientMetadata or TooManyClients; nothing is written then.
    """
    asked = members_of_a_team(registration, new=True)
    theirs = select(func.count()).select_from(Client).where(Client.registered_by == key.name)
    if (session.scalar(theirs) or 0) >= MOST_CLIENTS:
        raise TooManyClients
    clients.name_services_one_at_a_time(session)
    return _apply(session, services, key, None, asked, clients.fresh_client_id(services))


def change(
    session: Session,
    services: Services,
    key: RegistrationKey,
    client_id: str,
    registration: Mapping[str, Any],
) -> Applied:
    """Replace what is given in the registration of a client of the team that holds `key`.

    Raises NotTheirs or InvalidClientMetadata; nothing is written then.
    """
    clients.name_services_one_at_a_time(session)
    client = clients.held(session, client_id)
    if client is None or client.registered_by != key.name:
        raise NotTheirs
    if policy_from_registration(json.loads(client.registration)).environment != INTEGRATION:
        raise NotTheirs
    given = dict(registration)
    # What we answer names the client, and may be sent back to us changed (RFC 7592 section 2.2).
    if given.get("client_id") == client_id:
        del given["client_id"]
    asked = members_of_a_team(given, new=False)
    return _apply(session, services, key, client, asked, client_id)


def told(session: Session, client_id: str) -> dict[str, Any]:
    """Return what a team hears of its client: everything that it may write, and the id."""
    registration = json.loads(session.get_one(Client, client_id).registration)
    shown = {name: value for name, value in registration.items() if name not in OPERATORS_ALONE}
    return {"client_id": client_id, **shown}


def _apply(
    session: Session,
    services: Services,
    key: RegistrationKey,
    client: Client | None,
    asked: Mapping[str, Any],
    client_id: str,
) -> Applied:
    fields = clients.merged(client, asked, client_id)
    policy = clients.judged(fields)
    check_team_may_have(asked, policy)
    _refuse_a_name_like_others(session, policy, key.name)
    service = clients.service_of(session, services, policy)
    applied = clients.write(session, services, client, fields, service, key.name)
    fact = audit.ClientAppliedByTeam(
        client_id=applied.client_id, key_id=key.id, created=applied.created
    )
    audit.record(session, fact, now=services.clock.now())
    return applied


def _refuse_a_name_like_others(session: Session, policy: ClientPolicy, team: str) -> None:
    """Refuse what a citizen would read as the name, in either language, of another's service."""
    names_asked = [name for name in (policy.service, policy.service_cy) if name]
    if not all(map(is_in_latin_letters, names_asked)):
        raise _names_are_anothers()
    wanted = set(map(outline, names_asked))
    of_clients = select(Client.service_id).where(Client.registered_by.is_distinct_from(team))
    of_members = select(Member.service_id)
    others = select(Service.name, Service.name_cy).where(
        Service.id.in_(of_clients) | Service.id.in_(of_members)
    )
    for names in session.execute(others):
        if wanted & {outline(name) for name in names if name}:
            raise _names_are_anothers()


def _names_are_anothers() -> InvalidClientMetadata:
    return InvalidClientMetadata(
        "invalid_client_metadata", "Invalid Service", detail="the name is another's"
    )
