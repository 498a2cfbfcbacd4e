"""Clients: finding one, seeing its registration, suspending and restoring it."""

from typing import Final

from flask import Response
from flask import request as http_request

from idp.domain import change_requests, client_search, suspensions
from idp.domain.clients import ACTIVE, SUSPENDED, Client, Service
from idp.journeys.operators.request_forms import RestoreForm, SuspendForm
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.layout import show

MOST: Final = 100
"""Clients that one page lists."""


@console.page("/ops/clients", OPERATOR, command="onepass clients list")
def clients() -> Response:
    """List the clients, or those that a search finds."""
    wanted = http_request.args.get("q", "").strip()[:255]
    found = client_search.like(current.session(), wanted)
    return show(
        "operators/clients.html",
        wanted=wanted,
        clients=[(each, _service(each)) for each in found[:MOST]],
        more=len(found) - MOST,
    )


@console.page("/ops/clients/<client_id>", OPERATOR, command="onepass clients show")
def client(client_id: str) -> Response:
    """Show one client, and what can be done with it."""
    found = _client(client_id)
    asked = change_requests.of_client(current.session(), found.client_id, suspensions.SUSPEND)
    waiting = asked if asked is not None and asked.state == "submitted" else None
    return show(
        "operators/client.html",
        client=found,
        service=_service(found),
        registration=sorted(found.members.items()),
        can_suspend=found.state == ACTIVE,
        can_restore=found.state == SUSPENDED,
        waiting=waiting,
    )


@console.page(
    "/ops/clients/<client_id>/suspend",
    OPERATOR,
    ("GET", "POST"),
    command="onepass clients suspend",
)
def suspend_client(client_id: str) -> Response:
    """Ask why a client should be suspended, and ask another operator to do it."""
    found, form = _client(client_id), SuspendForm()
    if form.accepted():
        asked = suspensions.ask(
            current.session(),
            current.services(),
            found,
            by=me(),
            reason=form.reason.text,
            ticket=form.ticket.text,
        )
        if asked is None:
            return to("client", client_id=found.client_id)
        return to("request", request_id=asked.id)
    return show("operators/client_suspend.html", form=form, client=found, service=_service(found))


@console.page(
    "/ops/clients/<client_id>/restore",
    OPERATOR,
    ("GET", "POST"),
    command="onepass clients restore",
)
def restore_client(client_id: str) -> Response:
    """Lift a suspension."""
    found, form = _client(client_id), RestoreForm()
    if form.accepted():
        suspensions.restore_alone(
            current.session(),
            current.services(),
            found.client_id,
            by=me(),
            reason=form.reason.text,
        )
        return to("client", client_id=found.client_id)
    return show("operators/client_restore.html", form=form, client=found, service=_service(found))


def _client(client_id: str) -> Client:
    found = current.session().get(Client, client_id[:64])
    if found is None:
        raise PageRefused(Kind.NOT_FOUND)
    return found


def _service(of: Client) -> Service:
    return current.session().get_one(Service, of.service_id)
