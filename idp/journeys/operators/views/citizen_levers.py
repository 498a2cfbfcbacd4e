"""The levers on a citizen's account: each shows what the citizen will see before it is pulled."""

from flask import Response

from idp.domain import citizen_levers, operator_acts
from idp.domain.citizen_levers import Lever, OwnAccount, Pulled
from idp.journeys.operators.citizen_forms import ReasonForm
from idp.journeys.operators.citizen_words import LEVERS
from idp.journeys.operators.views.citizens import find
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.layout import show

_HERE = "/ops/citizens/<account_id>"
_FORM = ("GET", "POST")


def _lever(account_id: str, lever: Lever) -> Response:
    account, session, services = find(account_id), current.session(), current.services()
    if not operator_acts.may_see(session, services, by=me(), account_id=account.id):
        return to("citizen", account_id=account.id)
    if account.id == me():
        raise PageRefused(Kind.FORBIDDEN)
    form = ReasonForm()
    if form.accepted():
        try:
            pulled = citizen_levers.pull(
                session, services, lever, account, by=me(), reason=form.reason.text
            )
        except OwnAccount as own:
            raise PageRefused(Kind.FORBIDDEN) from own
        if pulled is not Pulled.NOTHING:
            return to("citizen", account_id=account.id)
    asked = lever in citizen_levers.NEEDS_ANOTHER
    return show(
        "operators/citizen_lever.html",
        form=form,
        account=account,
        words=LEVERS[lever],
        needs_another=asked,
        waits=asked and citizen_levers.waits(session, lever, account.id),
        possible=citizen_levers.is_possible(session, services, account, lever),
    )


def _page(lever: Lever) -> None:
    name = lever.value.replace("_", "-")

    def view(account_id: str) -> Response:
        return _lever(account_id, lever)

    view.__name__ = f"{lever.value}_citizen"
    console.page(f"{_HERE}/{name}", OPERATOR, _FORM, command=f"onepass accounts {name}")(view)


for _each in Lever:
    _page(_each)
