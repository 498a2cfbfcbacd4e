"""The authenticator apps: another one in the place of either, a back-up, and changing places."""

from flask import Response
from flask_babel import gettext as _

from idp.domain import authenticator_apps, second_factors
from idp.domain.authenticator_apps import Role
from idp.domain.confirmations import Change
from idp.journeys.account import steps
from idp.journeys.account.forms import BackupForm, NewAppForm
from idp.journeys.account.views.door import (
    Owner,
    blueprint,
    owner,
    to,
    unless_confirmed,
    use_confirmation,
)
from idp.web import app_setup, current
from idp.web.forms import say
from idp.web.layout import show


@blueprint.route("/app", methods=["GET", "POST"])
def app() -> Response:
    """Put another app in the place of the default one; the old one works until its first code."""
    who = owner()
    asked = unless_confirmed(who, Change.APP)
    return asked or _set_up(who, Change.APP, Role.DEFAULT)


@blueprint.route("/backup", methods=["GET", "POST"])
def backup() -> Response:
    """Add a back-up app, or ask what shall become of the one there is."""
    who = owner()
    asked = unless_confirmed(who, Change.BACKUP)
    if asked is not None:
        return asked
    factors = second_factors.of(current.session(), who.account.id)
    if factors.backup_app is None:
        return _set_up(who, Change.BACKUP, Role.BACKUP)
    form = BackupForm()
    if form.accepted():
        if form.change.data == "replace":
            return to("backup_app")
        return _change_backup(who, remove=form.change.data == "remove")
    return show("account/backup.html", form=form, backup=factors.backup_app)


@blueprint.route("/backup/app", methods=["GET", "POST"])
def backup_app() -> Response:
    """Put another app in the place of the back-up."""
    who = owner()
    asked = unless_confirmed(who, Change.BACKUP)
    return asked or _set_up(who, Change.BACKUP, Role.BACKUP)


@blueprint.get("/ways-changed")
def ways_changed() -> Response:
    """Say that it is done, and how the owner signs in now."""
    factors = second_factors.of(current.session(), owner().account.id)
    return show("account/ways_changed.html", factors=factors)


def _change_backup(who: Owner, *, remove: bool) -> Response:
    if not use_confirmation(who, Change.BACKUP):
        return to("confirm", change=Change.BACKUP.value)
    act = second_factors.remove_backup_app if remove else second_factors.switch_apps
    act(current.session(), current.services(), who.account, device=current.device())
    return to("ways_changed")


def _set_up(who: Owner, change: Change, role: Role) -> Response:
    session, services = current.session(), current.services()
    form = NewAppForm()
    seed = steps.proposed_seed(services, who.signed_in)
    if form.accepted():
        step = authenticator_apps.step_of(seed, form.code.text, current.now())
        if step is None:
            say(form.code, _("That code is wrong. Check your app and try again"))
        elif use_confirmation(who, change):
            steps.keep_app(
                session,
                services,
                who.account,
                who.signed_in,
                role=role,
                step=step,
                device=current.device(),
            )
            return to("ways_changed")
        else:
            return to("confirm", change=change.value)
    return show(
        "account/app.html",
        form=form,
        setup=app_setup.of(seed, who.account.email),
        backup=role is Role.BACKUP,
    )
