"""Another email address, once it is proved. Nobody learns whether an address has an account."""

from flask import Response
from flask_babel import gettext as _

from idp.domain import email_codes
from idp.domain.accounts import EmailTaken, email_key
from idp.domain.confirmations import Change
from idp.domain.journeys import Journey
from idp.domain.throttles import Locked
from idp.journeys.account import new_email
from idp.journeys.account.forms import NewEmailCodeForm, NewEmailForm
from idp.journeys.account.views.door import (
    Owner,
    blueprint,
    owner,
    to,
    unless_confirmed,
    use_confirmation,
)
from idp.web import current, i18n
from idp.web.errors import Kind, PageRefused
from idp.web.forms import OF_TEST_CITIZENS, Form, say
from idp.web.journey_pages import enter
from idp.web.layout import show

LIFETIME = email_codes.LIFETIMES[email_codes.Purpose.CHANGE_EMAIL]


@blueprint.route("/email", methods=["GET", "POST"])
def email() -> Response:
    """Ask for the new address, and send a code to it."""
    who = owner()
    if new_email.is_fixed(who.account):
        return show("account/email_fixed.html", email=who.account.email, status=403)
    asked = unless_confirmed(who, Change.EMAIL)
    if asked is not None:
        return asked
    form = NewEmailForm()
    if form.accepted():
        if email_key(form.email.text) == who.account.email_key:
            say(form.email, _("That is your email address already"))
        elif new_email.is_reserved(form.email.text):
            say(form.email, OF_TEST_CITIZENS)
        elif use_confirmation(who, Change.EMAIL):
            journey = new_email.begin(
                current.session(),
                current.services(),
                who.signed_in,
                browser_id=current.browser_id(),
                language=i18n.language(),
                email=form.email.text,
            )
            return _send(who, journey)
        else:
            return to("confirm", change=Change.EMAIL.value)
    return show("account/email.html", form=form, email=who.account.email)


@blueprint.route("/email/<journey_id>", methods=["GET", "POST"])
def email_code(journey_id: str) -> Response:
    """Ask for the code that was mailed to the new address."""
    who = owner()
    journey = _change_of(who, journey_id)
    form = NewEmailCodeForm()
    if form.accepted():
        session, services = current.session(), current.services()
        if new_email.prove(session, services, journey, form.code.text):
            try:
                new_email.take(session, services, journey, who.account, who.signed_in)
            except EmailTaken:
                current.checkpoint()
            else:
                return to("email_changed")
        say(form.code, _("That code is wrong or has expired. Try again or get a new one"))
    return show("account/email_code.html", form=form, journey=journey, works_for=LIFETIME)


@blueprint.route("/email/<journey_id>/resend", methods=["GET", "POST"])
def email_resend(journey_id: str) -> Response:
    """Send another code, or say that no more can be sent for now."""
    who = owner()
    journey = _change_of(who, journey_id)
    until = new_email.sending_locked_until(current.session(), current.services(), journey)
    if until is not None:
        return show("account/email_locked.html", until=until, journey=journey)
    form = Form()
    if form.accepted():
        return _send(who, journey)
    return show("account/email_resend.html", form=form, journey=journey)


@blueprint.get("/email-changed")
def email_changed() -> Response:
    """Say that it is done."""
    return show("account/email_changed.html", email=owner().account.email)


def _send(who: Owner, journey: Journey) -> Response:
    try:
        new_email.send_code(
            current.session(),
            current.services(),
            journey,
            language=i18n.language(),
            device=who.signed_in.device,
        )
    except Locked:
        return to("email_resend", journey_id=journey.id)
    return to("email_code", journey_id=journey.id)


def _change_of(who: Owner, journey_id: str) -> Journey:
    """Return the change under way, which nobody else can go on with."""
    journey = enter(journey_id)
    if journey.choice != new_email.CHOICE or journey.account_id != who.account.id:
        raise PageRefused(Kind.EXPIRED)
    return journey
