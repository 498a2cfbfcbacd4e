"""Second factors that are held after a reset: until when, and the one way to change them before."""

from flask import Response

from idp.domain import confirmations
from idp.journeys.account import steps
from idp.journeys.account.views.changes import PAGES, change_of
from idp.journeys.account.views.door import blueprint, owner, to
from idp.web import current
from idp.web.layout import show


@blueprint.get("/held/<change>")
def held(change: str) -> Response:
    """Say until when this change has to wait, and who need not wait."""
    what, who = change_of(change), owner()
    session, services = current.session(), current.services()
    until = confirmations.held_until(services, who.account, what)
    if until is None:
        return to(PAGES[what])
    ways = steps.ways_to_confirm(session, services, who.account, what)
    return show("account/held.html", until=until, change=what, ways=ways)
