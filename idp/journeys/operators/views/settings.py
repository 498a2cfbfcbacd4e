"""What the installation is set to, and changing its limits: a second operator has to agree."""

from typing import Final

from flask import Response
from flask_babel import lazy_gettext as _

from idp.domain import accounts, limits, passwords, terms, throttles
from idp.domain.throttles import Kind
from idp.journeys.operators.limit_forms import LimitForm
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.errors import Kind as Row
from idp.web.errors import PageRefused
from idp.web.forms import say
from idp.web.layout import show

GROUPS: Final = {
    "sign_in": _("Passwords and codes at sign-in"),
    "recovery_codes": _("Recovery codes"),
    "reset": _("Codes for a new password"),
    "getting_back_in": _("Getting back in without a code"),
    "asked_again": _("When a service asks somebody again who they are"),
}


@console.page("/ops/settings", OPERATOR, command="onepass settings show")
def settings() -> Response:
    """Show limits, terms and the list of passwords that nobody may have."""
    session = current.session()
    rows = []
    for group, kinds in limits.GROUPS.items():
        changed = limits.changed(session, group)
        who = accounts.get(session, changed.changed_by) if changed else None
        rows.append(
            {
                "group": group,
                "limit": throttles.limit_of(session, Kind(kinds[0])),
                "changed": changed,
                "by": (who.email if who else changed.changed_by) if changed else None,
                "waits": limits.waits(session, group),
            }
        )
    return show(
        "operators/settings.html",
        rows=rows,
        names=GROUPS,
        terms=terms.CURRENT,
        denied=passwords.count_of_common(),
    )


@console.page("/ops/settings/<group>", OPERATOR, ("GET", "POST"), command="onepass settings change")
def change_limit(group: str) -> Response:
    """Ask for another limit; nothing changes before a second operator approves it."""
    if group not in limits.GROUPS:
        raise PageRefused(Row.NOT_FOUND)
    session = current.session()
    before = throttles.limit_of(session, Kind(limits.GROUPS[group][0]))
    form = LimitForm()
    if form.accepted():
        try:
            limits.ask(
                session,
                current.services(),
                group,
                before=before,
                tries=form.tries.number,
                hours=form.hours.number,
                by=me(),
                reason=form.reason.text,
            )
            return to("settings")
        except limits.Unchanged:
            say(form.tries, _("Enter another number of tries or of hours: these are in force"))
    return show(
        "operators/limit.html",
        form=form,
        name=GROUPS[group],
        before=before,
        waits=limits.waits(session, group),
    )
