"""What waits for an operator."""

from flask import Response

from idp.domain import change_requests
from idp.journeys.operators.views.door import OPERATOR, console
from idp.web import current
from idp.web.layout import show


@console.page("/ops", OPERATOR, command="onepass requests list")
def queue() -> Response:
    """Show what waits for a decision."""
    return show("operators/queue.html", waiting=change_requests.waiting(current.session()))
