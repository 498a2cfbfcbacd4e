"""A citizen’s record: found by address or subject, opened for a reason, for a while."""

from flask import Response
from flask_babel import gettext as _

from idp.domain import accounts, operator_acts
from idp.domain.accounts import Account
from idp.journeys.operators import citizen_steps
from idp.journeys.operators.citizen_forms import LookUpForm, ReasonForm
from idp.journeys.operators.citizen_words import ACTS, LEVERS, LOCKS, STATES
from idp.journeys.operators.views.door import OPERATOR, console, me, to
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.forms import say
from idp.web.layout import show


@console.page("/ops/citizens", OPERATOR, ("GET", "POST"), command="onepass accounts show")
def citizens() -> Response:
    """Ask whose record is wanted and why; what is typed never stands in an address."""
    form = LookUpForm()
    if form.accepted():
        found = citizen_steps.look_up(
            current.session(),
            current.services(),
            form.who.text,
            by=me(),
            reason=form.reason.text,
        )
        if found is not None:
            return to("citizen", account_id=found)
        say(
            form.who,
            _("There is no account with that address, and no service was given that subject"),
        )
    return show("operators/citizens.html", form=form)


@console.page(
    "/ops/citizens/<account_id>", OPERATOR, ("GET", "POST"), command="onepass accounts show"
)
def citizen(account_id: str) -> Response:
    """Show the record to whoever gave a reason just now; ask everybody else for one."""
    account, session, services = find(account_id), current.session(), current.services()
    form = ReasonForm()
    if form.accepted():
        operator_acts.write_down(
            session,
            services,
            by=me(),
            act=operator_acts.LOOK,
            account_id=account.id,
            reason=form.reason.text,
        )
        return to("citizen", account_id=account.id)
    if not operator_acts.may_see(session, services, by=me(), account_id=account.id):
        return show("operators/citizen_reason.html", form=form)
    return show(
        "operators/citizen.html",
        record=citizen_steps.record_of(session, services, account),
        own=account.id == me(),
        states=STATES,
        locks=LOCKS,
        levers=LEVERS,
        acts=ACTS,
    )


def find(account_id: str) -> Account:
    """Return the account that an address names. Raises PageRefused."""
    account = accounts.get(current.session(), account_id)
    if account is None:
        raise PageRefused(Kind.NOT_FOUND)
    return account
