"""A recovery code in the place of the app's, and how many are left."""

from flask import Response
from flask_babel import gettext as _

from idp.domain import recovery_codes
from idp.domain.throttles import Kind
from idp.journeys.sign_in import steps, ways
from idp.journeys.sign_in.tries import try_code
from idp.web import current
from idp.web.forms import say
from idp.web.journey_pages import enter, leave, leave_signed_out, service_of, to
from idp.web.layout import show
from idp.web.recovery_code_form import RecoveryCodeForm
from idp.web.recovery_codes_page import codes_left

FEW = 3
"""Codes left from which on their owner is told to make new ones."""


def recovery_code(journey_id: str) -> Response:
    """Ask for a recovery code, and raise the session to `Cl.Cm` when it is right."""
    journey = enter(journey_id)
    signed_in = current.signed_in()
    if signed_in is None:
        return leave_signed_out(journey)
    if not steps.code_is_wanted(journey, signed_in):
        return leave(journey)
    session, services = current.session(), current.services()
    if not recovery_codes.left(session, signed_in.account_id):
        return to("sign_in.method", journey)
    if ways.codes_locked_until(session, services, signed_in):
        return to("sign_in.locked", journey)
    form = RecoveryCodeForm()
    if form.accepted():
        answer = try_code(
            journey,
            signed_in,
            steps.code_counter(journey, signed_in.account_id, Kind.RECOVERY_CODE),
            lambda: ways.use_recovery_code(
                session,
                services,
                journey,
                signed_in,
                form.recovery_code.text,
                device=current.device(),
            ),
            then="sign_in.recovery_code_used",
        )
        if answer is not None:
            return answer
        say(form.recovery_code, _("That recovery code is wrong or already used"))
    return show("sign_in/recovery_code.html", form=form, journey=journey)


def recovery_code_used(journey_id: str) -> Response:
    """Say how many codes are left, and lead on to the service."""
    journey = enter(journey_id)
    signed_in = current.signed_in()
    if signed_in is None or journey.otp_at is None or journey.account_id != signed_in.account_id:
        return leave(journey)
    left = recovery_codes.left(current.session(), signed_in.account_id)
    return show(
        "sign_in/recovery_code_used.html",
        journey=journey,
        service=service_of(journey),
        left=codes_left(left),
        few=left <= FEW,
    )
