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


@console.page(f"{_HERE}/suspend", OPERATOR, _FORM, command="onepass accounts suspend")
def suspend_citizen(account_id: str) -> Response:
    """Keep the owner out for now."""
    return _lever(account_id, Lever.SUSPEND)


@console.page(f"{_HERE}/restore", OPERATOR, _FORM, command="onepass accounts restore")
def restore_citizen(account_id: str) -> Response:
    """Open a suspended account again."""
    return _lever(account_id, Lever.RESTORE)


@console.page(f"{_HERE}/force-reset", OPERATOR, _FORM, command="onepass accounts force-reset")
def force_reset_of_citizen(account_id: str) -> Response:
    """Order a new password."""
    return _lever(account_id, Lever.FORCE_RESET)


@console.page(f"{_HERE}/force-proof", OPERATOR, _FORM, command="onepass accounts force-proof")
def force_proof_of_citizen(account_id: str) -> Response:
    """Order a new proof of identity."""
    return _lever(account_id, Lever.FORCE_PROOF)


@console.page(f"{_HERE}/block", OPERATOR, _FORM, command="onepass accounts block")
def block_citizen(account_id: str) -> Response:
    """Ask a second operator to keep the owner out for good."""
    return _lever(account_id, Lever.BLOCK)


@console.page(f"{_HERE}/unlock", OPERATOR, _FORM, command="onepass accounts unlock")
def unlock_citizen(account_id: str) -> Response:
    """Lift the locks."""
    return _lever(account_id, Lever.UNLOCK)


@console.page(
    f"{_HERE}/remove-second-factor",
    OPERATOR,
    _FORM,
    command="onepass accounts remove-second-factor",
)
def remove_second_factor_of_citizen(account_id: str) -> Response:
    """Ask a second operator to let the owner set up a new second factor at once."""
    return _lever(account_id, Lever.REMOVE_SECOND_FACTOR)


@console.page(f"{_HERE}/sign-out", OPERATOR, _FORM, command="onepass accounts sign-out")
def sign_out_citizen(account_id: str) -> Response:
    """End every session."""
    return _lever(account_id, Lever.SIGN_OUT)


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
