"""Deleting the account."""

from flask import Response

from idp.domain import account_changes
from idp.domain.confirmations import Change
from idp.journeys.account import steps
from idp.journeys.account.views.door import blueprint, owner, to, unless_confirmed, use_confirmation
from idp.web import cookies, current, i18n
from idp.web.forms import Form
from idp.web.layout import show


@blueprint.route("/delete", methods=["GET", "POST"])
def delete() -> Response:
    """Say what will be deleted and what will not, and do it when asked."""
    who, session = owner(), current.session()
    asked = unless_confirmed(who, Change.DELETE)
    if asked is not None:
        return asked
    form = Form()
    if not form.accepted():
        used = steps.services_used(session, who.account.id)
        welsh = i18n.language() == "cy"
        shown = [((each.name_cy if welsh else None) or each.name, each) for each in used]
        services = [each for _, each in sorted(shown, key=lambda pair: pair[0].casefold())]
        return show("account/delete.html", form=form, services=services)
    if not use_confirmation(who, Change.DELETE):
        return to("confirm", change=Change.DELETE.value)
    account_changes.delete_account(session, current.services(), who.account, who.signed_in)
    response = show("account/deleted.html")
    cookies.clear_session_cookie(response)
    return response
