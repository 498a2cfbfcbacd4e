"""The door of the service teams' console: who comes in, to which service, with which role."""

from collections.abc import Mapping
from typing import Any

from flask import Response, g, make_response, redirect, url_for

from idp.domain import members
from idp.domain.clients import Client, Service
from idp.domain.members import Role
from idp.domain.sessions import BrowserSession
from idp.web import consoles, current
from idp.web.consoles import ANYBODY, Console, NotForThem
from idp.web.own_pages import SEE_OTHER, SERVICE_TEAMS

READER, WRITER, MANAGER = (role.name.lower() for role in Role)


def _admit(who: BrowserSession, needed: str, named: Mapping[str, Any]) -> None:
    """Let a member in whose role is enough; the client in the address must be the service's."""
    if needed == ANYBODY:
        return
    session = current.session()
    service = session.get(Service, str(named["service_id"])[:64])
    if service is None:
        raise NotForThem(hidden=True)
    role = members.role_in(session, service.id, who.account_id)
    if role is None:
        raise NotForThem(hidden=True, service_id=service.id)
    if role < Role[needed.upper()]:
        raise NotForThem(hidden=False, service_id=service.id)
    if "client_id" in named:
        client = members.client_of(session, service.id, str(named["client_id"])[:64])
        if client is None:
            raise NotForThem(hidden=True, service_id=service.id)
        g.console_client = client
    g.console_service, g.console_role = service, role


console = Console("service_teams", __name__, pages=SERVICE_TEAMS, admit=_admit)


def service() -> Service:
    """Return the service that the address names and this person is a member of."""
    found: Service = g.console_service
    return found


def client() -> Client:
    """Return the client that the address names, which is the service's."""
    found: Client = g.console_client
    return found


def role() -> Role:
    """Return what this person may do in the service."""
    held: Role = g.console_role
    return held


def me() -> str:
    """Return the account of this person."""
    return consoles.me().account_id


def to(page: str, **values: str) -> Response:
    """Send the browser to another page of the console."""
    address = url_for(f"service_teams.{page}", **values)  # type: ignore[arg-type] # never its own names
    return make_response(redirect(address, SEE_OTHER))
