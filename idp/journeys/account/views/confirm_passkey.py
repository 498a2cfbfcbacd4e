"""Showing again who one is with a passkey, which stands for the password and the code together."""

from flask import Response
from flask_babel import gettext as _

from idp.domain import confirmations, passkeys, second_factors
from idp.domain.confirmations import Change
from idp.domain.passkey_challenges import Asked, Ceremony
from idp.domain.sessions import Method
from idp.journeys.account import steps
from idp.journeys.account.steps import Way
from idp.journeys.account.views.changes import PAGES, REASONS, change_of
from idp.journeys.account.views.confirmed import confirmed
from idp.journeys.account.views.door import Owner, blueprint, owner, to
from idp.web import current
from idp.web.forms import say
from idp.web.layout import show
from idp.web.passkey_forms import PasskeyForm


@blueprint.route("/confirm/<change>/passkey", methods=["GET", "POST"])
def confirm_passkey(change: str) -> Response:
    """Ask the browser for one of the owner's passkeys."""
    what, who = change_of(change), owner()
    session, services = current.session(), current.services()
    if confirmations.is_confirmed(services, who.account, who.signed_in, what):
        return to(PAGES[what])
    if Way.PASSKEY not in steps.ways_to_confirm(session, services, who.account, what):
        return to("confirm", change=what.value)
    asked, form = _asked(who, what), PasskeyForm()
    if form.accepted():
        answer = _try(who, what, asked, form)
        if answer is not None:
            return answer
    return show(
        "account/confirm_passkey.html",
        form=form,
        reason=REASONS[what],
        change=what,
        options=passkeys.options_to_use(session, services, asked),
    )


def _try(who: Owner, what: Change, asked: Asked, form: PasskeyForm) -> Response | None:
    session, services = current.session(), current.services()
    try:
        passkeys.use(session, services, asked, form.answer.text)
    except passkeys.Refused as refused:
        second_factors.passkey_was_refused(session, services, refused)
        say(form.answer, _("We could not accept that passkey. Try again, or use another way"))
        return None
    secret = confirmations.factor_was_given(session, services, who.signed_in, what, Method.PASSKEY)
    return confirmed(who, what, secret)


def _asked(who: Owner, what: Change) -> Asked:
    """Return what the challenge is for: this change in this session, and no other."""
    place = f"{who.signed_in.sid} {what}"
    return Asked(Ceremony.CONFIRM, current.browser_hash(), place, who.account.id)
