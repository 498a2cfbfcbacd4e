"""The page that shows what a service will get, and asks."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request

from idp.journeys.share import steps
from idp.protocol import identity_claims
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form
from idp.web.journey_pages import destination, enter, leave, leave_signed_out, service_of
from idp.web.layout import show

blueprint = Blueprint("share", __name__, url_prefix="/j/<journey_id>", template_folder="templates")


@blueprint.route("/share", methods=["GET", "POST"])
def share(journey_id: str) -> Response:
    """Show each claim with its value. The form holds an answer, never what it is about."""
    journey = enter(journey_id)
    session, services = current.session(), current.services()
    signed_in = current.signed_in()
    if signed_in is None:
        return leave_signed_out(journey)
    offer = steps.offer_of(session, services, journey, signed_in)
    if offer is None:
        return leave(journey)
    form = Form()
    if form.accepted():
        choice = request.form.get("choice", "")
        if choice not in ("share", "refuse"):
            raise PageRefused(Kind.BAD_REQUEST)
        if choice == "share":
            steps.agree(session, offer)
        else:
            steps.refuse(session, services, journey, offer)
        return leave(journey)
    return show(
        "share/share.html",
        form=form,
        offer=offer,
        claims=identity_claims,
        service=service_of(journey),
        host=urlsplit(destination(journey)).netloc,
    )
