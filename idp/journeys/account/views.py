"""The first page of somebody's own account."""

from flask import Blueprint, Response

from idp.web import current, own_pages
from idp.web.layout import show
from idp.web.own_pages import ACCOUNT

blueprint = Blueprint("account", __name__, url_prefix="/account", template_folder="templates")


@blueprint.before_request
def sign_in_first() -> Response | None:
    """Let nobody see these pages who is not signed in at `Cl.Cm`."""
    return own_pages.sign_in_first(ACCOUNT)


@blueprint.get("")
def services() -> Response:
    """Show which services this person has used."""
    seen = current.seen()
    return show("account/services.html", email=seen.facts.email if seen else "")
