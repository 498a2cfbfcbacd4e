"""The front page and the page about this prototype."""

from flask import Blueprint, Response

from idp.domain import service_list
from idp.web import current
from idp.web.layout import show

blueprint = Blueprint("home", __name__, template_folder="templates")


@blueprint.get("/")
def start() -> Response:
    """Show where to go: in the demo every service and the mailbox, in production a plain page."""
    signed_in = current.signed_in() is not None
    settings = current.services().settings
    if not settings.demonstration:
        return show("home/plain.html", signed_in=signed_in)
    services = service_list.listed(current.session())
    return show("home/start.html", services=services, signed_in=signed_in, mailbox=settings.mailbox)


@blueprint.get("/about")
def about() -> Response:
    """Say what this is, and lead to the pages that say more."""
    return show("home/about.html")
