"""The passkeys: which there are, adding one, removing one."""

from flask import Response, abort
from flask_babel import gettext as _

from idp.domain import passkeys as kept
from idp.domain import second_factors
from idp.domain.confirmations import Change
from idp.domain.passkey_challenges import Asked, Ceremony
from idp.journeys.account.views.door import (
    Owner,
    blueprint,
    owner,
    to,
    unless_confirmed,
    use_confirmation,
)
from idp.web import current, i18n
from idp.web.forms import Form, say
from idp.web.layout import show
from idp.web.passkey_forms import PasskeyForm


@blueprint.route("/passkeys", methods=["GET", "POST"])
def passkeys() -> Response:
    """Show the passkeys, and add the one that the browser makes."""
    who, session, services = owner(), current.session(), current.services()
    asked = unless_confirmed(who, Change.PASSKEYS)
    if asked is not None:
        return asked
    form = PasskeyForm()
    if form.accepted():
        answer = _add(who, form)
        if answer is not None:
            return answer
    there = kept.of_account(session, who.account.id)
    room = len(there) < kept.MOST
    return show(
        "account/passkeys.html",
        form=form,
        passkeys=there,
        device_of=i18n.device,
        options=kept.options_to_add(session, services, who.account, _asked(who)) if room else "",
    )


@blueprint.post("/passkeys/<passkey_id>/remove")
def remove_passkey(passkey_id: str) -> Response:
    """Remove one of the owner's own passkeys."""
    who = owner()
    if not Form().accepted() or passkey_id not in [
        each.id for each in kept.of_account(current.session(), who.account.id)
    ]:
        abort(404)
    if not use_confirmation(who, Change.PASSKEYS):
        return to("confirm", change=Change.PASSKEYS.value)
    second_factors.remove_passkey(
        current.session(), current.services(), who.account, passkey_id, device=current.device()
    )
    return to("ways_changed")


def _add(who: Owner, form: PasskeyForm) -> Response | None:
    session, services = current.session(), current.services()
    try:
        second_factors.add_passkey(
            session, services, who.account, _asked(who), form.answer.text, device=current.device()
        )
    except kept.Refused as refused:
        second_factors.passkey_was_refused(session, services, refused)
        say(form.answer, _("We could not add that passkey. Try again"))
        return None
    if not use_confirmation(who, Change.PASSKEYS):
        # Another change used it up at the same moment: this passkey is not kept.
        session.rollback()
        return to("confirm", change=Change.PASSKEYS.value)
    return to("ways_changed")


def _asked(who: Owner) -> Asked:
    return Asked(Ceremony.ADD, current.browser_hash(), who.signed_in.sid, who.account.id)
