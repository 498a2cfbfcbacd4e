"""The page that offers a passkey. Saying no is as easy as saying yes, and is remembered."""

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from idp.domain import accounts, passkeys, second_factors
from idp.domain.accounts import Account
from idp.domain.journeys import Journey
from idp.journeys.offer_passkey import steps
from idp.web import current
from idp.web.forms import Form, say
from idp.web.journey_pages import enter, leave
from idp.web.layout import show
from idp.web.passkey_forms import PasskeyForm

blueprint = Blueprint(
    "offer_passkey", __name__, url_prefix="/j/<journey_id>", template_folder="templates"
)


@blueprint.route("/passkey-offer", methods=["GET", "POST"])
def offer(journey_id: str) -> Response:
    """Ask whether they want a passkey, and add the one their browser makes."""
    journey = enter(journey_id)
    session, services = current.session(), current.services()
    account = steps.owner_to_ask(session, services, journey, current.signed_in())
    if account is None:
        return leave(journey)
    if request.form.get("do") == "not_now" and Form().accepted():
        accounts.passkey_was_offered(session, account.id, current.now())
        return leave(journey)
    form = PasskeyForm()
    if form.accepted() and _add(journey, account, form):
        return leave(journey)
    asked = steps.asked(journey, account, current.browser_hash())
    options = passkeys.options_to_add(session, services, account, asked)
    return show("offer_passkey/offer.html", form=form, options=options)


def _add(journey: Journey, account: Account, form: PasskeyForm) -> bool:
    session, services = current.session(), current.services()
    asked = steps.asked(journey, account, current.browser_hash())
    try:
        second_factors.add_passkey(
            session, services, account, asked, form.answer.text, device=current.device()
        )
    except passkeys.Refused as refused:
        second_factors.passkey_was_refused(session, services, refused, journey_id=journey.id)
        say(form.answer, _("We could not add that passkey. Try again, or go on without one"))
        return False
    return True
