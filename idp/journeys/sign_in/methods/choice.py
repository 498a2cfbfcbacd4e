"""The page on which somebody chooses another way than the code of their app."""

from flask import Response, make_response, redirect, url_for

from idp.domain.journeys import Journey
from idp.journeys.sign_in import steps, ways
from idp.journeys.sign_in.forms import MethodForm
from idp.journeys.sign_in.ways import Way
from idp.web import current
from idp.web.journey_pages import SEE_OTHER, enter, leave, leave_signed_out
from idp.web.layout import show


def method(journey_id: str) -> Response:
    """Ask which way they want to go on."""
    journey = enter(journey_id)
    signed_in = current.signed_in()
    if signed_in is None:
        return leave_signed_out(journey)
    if not steps.code_is_wanted(journey, signed_in):
        return leave(journey)
    there = ways.ways_of(current.session(), signed_in.account_id)
    form = MethodForm.of(there)
    if form.accepted():
        return make_response(redirect(_address(journey, Way(form.way.data)), SEE_OTHER))
    return show("sign_in/method.html", form=form, journey=journey, only=len(there) < 2)


def _address(journey: Journey, way: Way) -> str:
    match way:
        case Way.APP:
            return url_for("sign_in.code", journey_id=journey.id)
        case Way.BACKUP_APP:
            return url_for("sign_in.code", journey_id=journey.id, app="backup")
        case Way.RECOVERY_CODE:
            return url_for("sign_in.recovery_code", journey_id=journey.id)
        case Way.PASSKEY:
            return url_for("sign_in.passkey", journey_id=journey.id)
