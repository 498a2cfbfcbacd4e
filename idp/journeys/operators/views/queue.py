"""What waits for an operator."""

from flask import Response

from idp.domain import work_queue
from idp.journeys.operators.request_words import KINDS
from idp.journeys.operators.views.door import OPERATOR, console
from idp.web import current
from idp.web.layout import show


@console.page("/ops", OPERATOR, command="onepass requests list")
def queue() -> Response:
    """Show what waits for a decision."""
    found = work_queue.of(current.session(), current.now())
    return show("operators/queue.html", queue=found, kinds=KINDS, late_after=work_queue.LATE_AFTER)
