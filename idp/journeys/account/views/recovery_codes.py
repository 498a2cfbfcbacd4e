"""New recovery codes, in the place of all before."""

from flask import Response, request, url_for

from idp.domain.confirmations import Change
from idp.journeys.account.views.door import blueprint, owner, unless_confirmed, use_confirmation
from idp.web import recovery_codes_page
from idp.web.recovery_codes_page import Place


@blueprint.route("/recovery-codes", methods=["GET", "POST"])
def recovery_codes() -> Response:
    """Say how many are left, and make new ones once it is confirmed.

    What a page of new ones sends after that needs no confirmation: it brings what it was given.
    """
    who = owner()
    if request.form.get("do") not in ("file", "save"):
        asked = unless_confirmed(who, Change.RECOVERY_CODES)
        if asked is not None:
            return asked
    return recovery_codes_page.answer(
        Place(
            who.account,
            url_for("account.ways_changed"),
            frame="account/base.html",
            back=url_for("account.security"),
            asks_twice=True,
            may_make=lambda: use_confirmation(who, Change.RECOVERY_CODES),
        )
    )
