"""A copy of all that is kept about the owner, made at once."""

from datetime import datetime
from typing import Any

import orjson
from flask import Response, make_response

from idp.domain import audit, personal_data
from idp.domain.confirmations import Change
from idp.journeys.account.views.door import (
    blueprint,
    owner,
    to,
    unless_confirmed,
    use_confirmation,
)
from idp.journeys.account.words import HAPPENED, PARTS, STATES
from idp.web import current, i18n
from idp.web.forms import Form
from idp.web.layout import show

READ_HERE = 50
"""Events that the page shows; the file has all of them."""


@blueprint.route("/data", methods=["GET", "POST"])
def data() -> Response:
    """Show the copy, and hand it over as a file when asked."""
    who, session = owner(), current.session()
    asked = unless_confirmed(who, Change.DATA)
    if asked is not None:
        return asked
    copy = personal_data.copy_of(session, current.services(), who.account)
    form = Form()
    if not form.accepted():
        newest = copy | {"activity": copy["activity"][:READ_HERE]}
        return show(
            "account/data.html",
            form=form,
            copy=_for_reading("", newest),
            more=len(copy["activity"]) > READ_HERE,
            parts=PARTS,
            words=HAPPENED,
        )
    if not use_confirmation(who, Change.DATA):
        return to("confirm", change=Change.DATA.value)
    fact = audit.DataDownloaded(account_id=who.account.id, sid=who.signed_in.sid)
    audit.record(session, fact, now=current.now())
    response = make_response(orjson.dumps(copy, option=orjson.OPT_INDENT_2))
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Disposition"] = 'attachment; filename="onepass-account.json"'
    return response


def _for_reading(name: str, value: Any) -> Any:
    """Return a part of the copy as people write it: moments, languages and states in words."""
    if isinstance(value, dict):
        return {each: _for_reading(each, part) for each, part in value.items()}
    if isinstance(value, list):
        return [_for_reading(name, part) for part in value]
    if value and (name == "at" or name.endswith("_at")):
        return i18n.date_and_time(int(datetime.fromisoformat(value).timestamp()))
    if name == "language":
        return i18n.LANGUAGES.get(value, value)
    if value and name in ("state", "new_password_wanted_because"):
        return str(STATES.get(value, value))
    return value
