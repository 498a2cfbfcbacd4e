"""The services that this person is a member of."""

from flask import Response

from idp.domain import members
from idp.journeys.service_teams.views.door import console, me
from idp.web import current
from idp.web.consoles import ANYBODY
from idp.web.layout import show


@console.page("/team", ANYBODY)
def services() -> Response:
    """Show the services of this person."""
    return show(
        "service_teams/services.html", services=members.services_of(current.session(), me())
    )
