"""Showing again who one is: the code after the password, of an app or one of the recovery codes."""

from collections.abc import Callable

from flask import Response
from flask_babel import gettext as _

from idp.domain import confirmations, guessing
from idp.domain.confirmations import Change
from idp.domain.guessing import Counter
from idp.domain.sessions import Method
from idp.domain.throttles import Kind
from idp.journeys.account import steps
from idp.journeys.account.forms import ConfirmCodeForm
from idp.journeys.account.steps import Way
from idp.journeys.account.views.changes import REASONS, change_of
from idp.journeys.account.views.confirmed import confirmed
from idp.journeys.account.views.door import Owner, blueprint, owner, to
from idp.web import current, tries
from idp.web.forms import say
from idp.web.layout import show
from idp.web.locks import just_locked
from idp.web.recovery_code_form import RecoveryCodeForm
from idp.web.tries import Outcome


@blueprint.route("/confirm/<change>/code", methods=["GET", "POST"])
def confirm_code(change: str) -> Response:
    """Ask for a code of the app, after the password."""
    what, who, ways = _arrive(change)
    if not ways:
        return to("confirm", change=what.value)
    if Way.APP not in ways:
        return to("confirm_recovery_code", change=what.value)
    session, services = current.session(), current.services()
    counter, form = Counter(Kind.APP_CODE, who.account.id), ConfirmCodeForm()
    if form.accepted():
        answer = _try(
            who,
            what,
            counter,
            Method.APP,
            lambda: guessing.use_app_code(
                session, services, counter, who.account.id, form.code.text
            ),
        )
        if answer is not None:
            return answer
        say(form.code, _("That code is wrong. Check your app and try again"))
    return _show("account/confirm_code.html", form, what, counter, ways - {Way.APP})


@blueprint.route("/confirm/<change>/recovery-code", methods=["GET", "POST"])
def confirm_recovery_code(change: str) -> Response:
    """Ask for a recovery code, after the password."""
    what, who, ways = _arrive(change)
    if Way.RECOVERY_CODE not in ways:
        return to("confirm_code" if ways else "confirm", change=what.value)
    session, services, device = current.session(), current.services(), current.device()
    counter, form = Counter(Kind.RECOVERY_CODE, who.account.id), RecoveryCodeForm()
    if form.accepted():
        answer = _try(
            who,
            what,
            counter,
            Method.RECOVERY_CODE,
            lambda: guessing.use_recovery_code(
                session,
                services,
                counter,
                who.account.id,
                form.recovery_code.text,
                device=device,
            ),
        )
        if answer is not None:
            return answer
        say(form.recovery_code, _("That recovery code is wrong or already used"))
    others = ways - {Way.RECOVERY_CODE}
    return _show("account/confirm_recovery_code.html", form, what, counter, others)


def _arrive(change: str) -> tuple[Change, Owner, frozenset[Way]]:
    """Return what is confirmed, whose it is, and how they may go on: no way before the password."""
    what, who = change_of(change), owner()
    session, services = current.session(), current.services()
    if not confirmations.is_half_confirmed(services, who.signed_in, what):
        return what, who, frozenset()
    return what, who, steps.ways_to_confirm(session, services, who.account, what)


def _try(
    who: Owner, what: Change, counter: Counter, method: Method, use: Callable[[], bool]
) -> Response | None:
    """Take a try, then let `use` look at what was typed; None when it was wrong."""
    outcome = tries.code_guess(counter, who.account.id, use)
    if outcome is Outcome.RIGHT:
        session, services = current.session(), current.services()
        secret = confirmations.factor_was_given(session, services, who.signed_in, what, method)
        return confirmed(who, what, secret)
    return to(_page(method), change=what.value) if outcome is Outcome.LOCKED else None


def _page(method: Method) -> str:
    return "confirm_code" if method is Method.APP else "confirm_recovery_code"


def _show(
    page: str,
    form: ConfirmCodeForm | RecoveryCodeForm,
    what: Change,
    counter: Counter,
    others: frozenset[Way],
) -> Response:
    until = guessing.locked_until(current.session(), current.services(), counter)
    if until is not None:
        return show(
            "account/locked.html", until=until, just=just_locked(), change=what, ways=others
        )
    return show(page, form=form, reason=REASONS[what], change=what, ways=others)
