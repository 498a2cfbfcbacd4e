"""Showing again who one is, before a change: the password first."""

from flask import Response
from flask_babel import gettext as _

from idp.domain import confirmations, guessing
from idp.domain.accounts import email_key
from idp.domain.confirmations import Change
from idp.domain.guessing import Counter
from idp.domain.passwords import TooBusy
from idp.domain.throttles import Kind, Locked
from idp.journeys.account import steps
from idp.journeys.account.forms import ConfirmPasswordForm
from idp.journeys.account.views.changes import PAGES, REASONS, change_of
from idp.journeys.account.views.confirmed import confirmed, kept
from idp.journeys.account.views.door import Owner, blueprint, owner, to
from idp.web import cookies, current, errors
from idp.web.forms import say
from idp.web.layout import show
from idp.web.locks import just_locked, note_lock


@blueprint.route("/confirm/<change>", methods=["GET", "POST"])
def confirm(change: str) -> Response:
    """Ask for the password, with the reason in the sentence."""
    what, who = change_of(change), owner()
    session, services = current.session(), current.services()
    if confirmations.is_confirmed(services, who.account, who.signed_in, what):
        return to(PAGES[what])
    ways = steps.ways_to_confirm(session, services, who.account, what)
    if not ways and confirmations.held_until(services, who.account, what) is not None:
        return to("held", change=what.value)
    until = guessing.locked_until(
        session, services, Counter(Kind.PASSWORD, email_key(who.account.email))
    )
    if until is not None:
        others = ways & {steps.Way.PASSKEY}
        return show(
            "account/locked.html", until=until, just=just_locked(), change=what, ways=others
        )
    form = ConfirmPasswordForm()
    if form.accepted():
        answer = _try(who, what, form)
        if answer is not None:
            return answer
    return show(
        "account/confirm.html",
        form=form,
        reason=REASONS[what],
        email=who.account.email,
        change=what,
        ways=ways & {steps.Way.PASSKEY},
    )


def _try(who: Owner, what: Change, form: ConfirmPasswordForm) -> Response | None:
    session, services = current.session(), current.services()
    account_email = who.account.email
    try:
        guess = guessing.take_password_try(session, services, account_email)
    except Locked:
        return to("confirm", change=what.value)
    current.checkpoint()
    try:
        verdict = guessing.judge(services, guess, form.password.text)
    except TooBusy:
        guessing.nothing_was_tried(session, guess)
        current.checkpoint()
        raise
    if not verdict.right:
        if guessing.password_was_wrong(session, services, guess, device=current.device()):
            note_lock()
            return to("confirm", change=what.value)
        say(form.password, _("Enter the correct password"))
        return None
    if not guessing.password_was_right(session, guess, verdict):
        # Deleted, or given another password, while this one was judged: this session is over.
        raise errors.PageRefused(errors.Kind.GONE)
    secret = confirmations.password_was_given(session, services, who.account, who.signed_in, what)
    if not confirmations.is_half_confirmed(services, who.signed_in, what):
        return confirmed(who, what, secret)
    response = to("confirm_code", change=what.value)
    cookies.set_session_cookie(response, kept(secret))
    return response
