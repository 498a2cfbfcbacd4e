"""Everything that keeps the account safe, on one page; and the devices that are signed in."""

from flask import Response, abort

from idp.domain import account_changes, holds, identities, second_factors, sessions
from idp.domain.confirmations import Change
from idp.journeys.account.views.door import blueprint, owner, to, unless_confirmed, use_confirmation
from idp.web import cookies, current, i18n
from idp.web.forms import Form
from idp.web.layout import show
from idp.web.recovery_codes_page import codes_left


@blueprint.get("/security")
def security() -> Response:
    """Show what can be changed."""
    who, session, services = owner(), current.session(), current.services()
    return show(
        "account/security.html",
        account=who.account,
        codes_left=codes_left,
        factors=second_factors.of(session, who.account.id),
        held_until=holds.until(who.account, current.now()),
        devices=len(sessions.of_account(session, services, who.account.id)),
        identity=identities.find(session, services, who.account.id),
    )


@blueprint.get("/devices")
def devices() -> Response:
    """Show which devices are signed in."""
    who = owner()
    return show(
        "account/devices.html",
        form=Form(),
        here=who.signed_in.sid,
        device_of=i18n.device,
        devices=sessions.of_account(current.session(), current.services(), who.account.id),
    )


@blueprint.post("/devices/<sid>")
def sign_out_device(sid: str) -> Response:
    """Sign one of the owner's own devices out."""
    who = owner()
    if not Form().accepted() or sid == who.signed_in.sid:
        abort(404)
    session, services = current.session(), current.services()
    if not account_changes.sign_out_device(session, services, who.account.id, sid):
        abort(404)
    return to("devices")


@blueprint.route("/sign-out-everywhere", methods=["GET", "POST"])
def sign_out_everywhere() -> Response:
    """End every session, once it is confirmed."""
    who = owner()
    asked = unless_confirmed(who, Change.SIGN_OUT)
    if asked is not None:
        return asked
    form = Form()
    if not form.accepted():
        return show("account/sign_out_everywhere.html", form=form)
    if not use_confirmation(who, Change.SIGN_OUT):
        return to("confirm", change=Change.SIGN_OUT.value)
    account_changes.sign_out_everywhere(
        current.session(), current.services(), who.account, who.signed_in
    )
    response = show("account/signed_out_everywhere.html")
    cookies.clear_session_cookie(response)
    return response
