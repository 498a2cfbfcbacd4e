"""Showing again who one is, before a change: the password, and a code if the last one is old."""

from flask import Response, abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from idp.domain import audit, confirmations, guessing, throttles
from idp.domain.accounts import email_key
from idp.domain.confirmations import Change
from idp.domain.guessing import Counter
from idp.domain.passwords import TooBusy
from idp.domain.throttles import Kind, Locked
from idp.journeys.account.forms import ConfirmCodeForm, ConfirmPasswordForm
from idp.journeys.account.views.door import Owner, blueprint, owner, to
from idp.web import cookies, current
from idp.web.errors import Kind as ErrorKind
from idp.web.errors import PageRefused
from idp.web.forms import say
from idp.web.layout import show

REASONS = {
    Change.EMAIL: lazy_gettext("to change your email address"),
    Change.PASSWORD: lazy_gettext("to change your password"),
    Change.SIGN_OUT: lazy_gettext("to sign out everywhere"),
    Change.DATA: lazy_gettext("to download your data"),
    Change.DELETE: lazy_gettext("to delete your account"),
    Change.APP: lazy_gettext("to change your authenticator app"),
    Change.BACKUP: lazy_gettext("to change your back-up app"),
    Change.RECOVERY_CODES: lazy_gettext("to get new recovery codes"),
    Change.PASSKEYS: lazy_gettext("to change your passkeys"),
}
PAGES = {
    Change.EMAIL: "email",
    Change.PASSWORD: "password",
    Change.SIGN_OUT: "sign_out_everywhere",
    Change.DATA: "data",
    Change.DELETE: "delete",
    Change.APP: "app",
    Change.BACKUP: "backup",
    Change.RECOVERY_CODES: "recovery_codes",
    Change.PASSKEYS: "passkeys",
}
"""The page of each change that can be confirmed; no other can."""


@blueprint.route("/confirm/<change>", methods=["GET", "POST"])
def confirm(change: str) -> Response:
    """Ask for the password, with the reason in the sentence."""
    what, who = _change(change), owner()
    if confirmations.is_confirmed(current.services(), who.signed_in, what):
        return to(PAGES[what])
    until = _locked_until(who)
    if until is not None:
        return show("account/locked.html", until=until)
    form = ConfirmPasswordForm()
    if form.accepted():
        answer = _try_password(who, what, form)
        if answer is not None:
            return answer
    return show("account/confirm.html", form=form, reason=REASONS[what], email=who.account.email)


@blueprint.route("/confirm/<change>/code", methods=["GET", "POST"])
def confirm_code(change: str) -> Response:
    """Ask for a code, after the password."""
    what, who, services = _change(change), owner(), current.services()
    if not confirmations.is_half_confirmed(services, who.signed_in, what):
        return to("confirm", change=what.value)
    until = _locked_until(who)
    if until is not None:
        return show("account/locked.html", until=until)
    form = ConfirmCodeForm()
    if form.accepted():
        answer = _try_code(who, what, form)
        if answer is not None:
            return answer
    return show("account/confirm_code.html", form=form, reason=REASONS[what])


def _change(change: str) -> Change:
    if change not in [what.value for what in PAGES]:
        abort(404)
    return Change(change)


def _try_password(who: Owner, what: Change, form: ConfirmPasswordForm) -> Response | None:
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
            return to("confirm", change=what.value)
        say(form.password, _("Enter the correct password"))
        return None
    guessing.password_was_right(session, guess, verdict)
    secret = _kept(confirmations.password_was_given(session, services, who.signed_in, what))
    half = confirmations.is_half_confirmed(services, who.signed_in, what)
    if not half:
        _record(who, what)
    response = to("confirm_code", change=what.value) if half else to(PAGES[what])
    cookies.set_session_cookie(response, secret)
    return response


def _try_code(who: Owner, what: Change, form: ConfirmCodeForm) -> Response | None:
    session, services = current.session(), current.services()
    counter = Counter(Kind.APP_CODE, who.account.id)
    try:
        left = guessing.take_code_try(session, services, counter)
    except Locked:
        return to("confirm", change=what.value)
    current.checkpoint()
    if guessing.use_app_code(session, services, counter, who.account.id, form.code.text):
        secret = _kept(confirmations.code_was_given(session, services, who.signed_in, what))
        _record(who, what)
        response = to(PAGES[what])
        cookies.set_session_cookie(response, secret)
        return response
    if guessing.code_was_wrong(
        session, services, counter, who.account.id, tries_left=left, device=current.device()
    ):
        return to("confirm", change=what.value)
    say(form.code, _("That code is wrong. Check your app and try again"))
    return None


def _kept(secret: str | None) -> str:
    if secret is None:
        raise PageRefused(ErrorKind.GONE)
    return secret


def _record(who: Owner, what: Change) -> None:
    fact = audit.ChangeConfirmed(
        account_id=who.account.id, sid=who.signed_in.sid, change=what.value
    )
    audit.record(current.session(), fact, now=current.now())


def _locked_until(who: Owner) -> int | None:
    now, session = current.now(), current.session()
    ends = (
        throttles.locked_until(session, Kind.PASSWORD, email_key(who.account.email), now),
        throttles.locked_until(session, Kind.APP_CODE, who.account.id, now),
    )
    return max((end for end in ends if end is not None), default=None)
