"""The page of new terms. Going on is agreeing; the way out is to leave."""

from flask import Blueprint, Response

from idp.domain import accounts, terms
from idp.web import current
from idp.web.forms import Form
from idp.web.journey_pages import enter, leave, service_of
from idp.web.layout import show

blueprint = Blueprint(
    "agree_to_terms", __name__, url_prefix="/j/<journey_id>", template_folder="templates"
)


@blueprint.route("/terms", methods=["GET", "POST"])
def agree(journey_id: str) -> Response:
    """Ask to agree to the terms of today, whoever has not yet."""
    journey = enter(journey_id)
    session, signed_in = current.session(), current.signed_in()
    account = accounts.get(session, signed_in.account_id) if signed_in else None
    if account is None or accounts.has_agreed(account):
        return leave(journey)
    form = Form()
    if form.accepted():
        accounts.agree(session, current.services(), account)
        return leave(journey)
    return show(
        "agree_to_terms/agree.html",
        form=form,
        terms=terms.CURRENT,
        service=service_of(journey),
    )
