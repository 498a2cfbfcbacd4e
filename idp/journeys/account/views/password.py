"""Another password."""

from flask import Response
from flask_babel import gettext as _

from idp.domain import account_changes
from idp.domain.confirmations import Change
from idp.journeys.account import steps
from idp.journeys.account.views.door import blueprint, owner, to, unless_confirmed, use_confirmation
from idp.web import current
from idp.web.forms import say
from idp.web.layout import show
from idp.web.new_passwords import PROBLEMS, NewPasswordForm


@blueprint.route("/password", methods=["GET", "POST"])
def password() -> Response:
    """Ask for a new password, once the old one was given."""
    who = owner()
    asked = unless_confirmed(who, Change.PASSWORD)
    if asked is not None:
        return asked
    form = NewPasswordForm()
    if form.accepted():
        answer = _set(form)
        if answer is not None:
            return answer
    return show("account/password.html", form=form)


def _set(form: NewPasswordForm) -> Response | None:
    who, services = owner(), current.services()
    problem = steps.password_problem(who.account, form.password.text)
    if problem is not None:
        say(form.password, PROBLEMS[problem])
        return None
    old_hash = who.account.password_hash
    current.checkpoint()
    if steps.is_the_same(services, old_hash, form.password.text):
        say(form.password, _("You are already using that password"))
        return None
    new_hash = services.hasher.hash(form.password.text)
    who = owner()
    if not use_confirmation(who, Change.PASSWORD):
        return to("confirm", change=Change.PASSWORD.value)
    account_changes.change_password(
        current.session(), services, who.account, who.signed_in, password_hash=new_hash
    )
    return to("password_changed")


@blueprint.get("/password-changed")
def password_changed() -> Response:
    """Say that it is done, and what else happened."""
    return show("account/password_changed.html")
