"""The public list of services: which are on it."""

from flask import Response

from idp.domain import service_list
from idp.domain.clients import Service
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form
from idp.web.layout import show


@console.page("/ops/services-list", OPERATOR, command="onepass services-list show")
def services_list() -> Response:
    """Show which services are on the public list, with a button for each."""
    found = service_list.all_services(current.session())
    return show("operators/services_list.html", services=found, form=Form())


@console.page(
    "/ops/services-list/<service_id>/put", OPERATOR, ("POST",), command="onepass services-list put"
)
def list_service(service_id: str) -> Response:
    """Put a service on the list."""
    _posted(service_id)
    service_list.put_on(current.session(), current.services(), service_id, by=me())
    return to("services_list")


@console.page(
    "/ops/services-list/<service_id>/take",
    OPERATOR,
    ("POST",),
    command="onepass services-list take",
)
def unlist_service(service_id: str) -> Response:
    """Take a service off the list."""
    _posted(service_id)
    service_list.take_off(current.session(), current.services(), service_id, by=me())
    return to("services_list")


def _posted(service_id: str) -> None:
    if not Form().accepted():
        raise PageRefused(Kind.BAD_REQUEST)
    if current.session().get(Service, service_id) is None:
        raise PageRefused(Kind.NOT_FOUND)
