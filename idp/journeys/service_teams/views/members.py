"""The members of a service: who they are, what they may do, and that they go."""

from flask import Response, abort
from flask_babel import gettext as _

from idp.domain import accounts, invitations
from idp.domain import members as kept
from idp.domain.accounts import Account
from idp.domain.members import LastManager, Role
from idp.journeys.service_teams.member_forms import ROLE_WORDS, RoleForm
from idp.journeys.service_teams.views.door import (
    MANAGER,
    READER,
    console,
    me,
    role,
    service,
    to,
)
from idp.web import current
from idp.web.forms import Form, say
from idp.web.layout import show


@console.page("/team/services/<service_id>/members", READER)
def members(service_id: str) -> Response:
    """Show who is in the team, and who is invited."""
    session = current.session()
    return show(
        "service_teams/members.html",
        form=Form(),
        service=service(),
        listed=kept.of_service(session, service_id),
        open_invitations=invitations.of_service(session, service_id, current.now()),
        role_words=ROLE_WORDS,
        manages=role() is Role.MANAGER,
        mine=me(),
    )


@console.page("/team/services/<service_id>/members/<member_id>", MANAGER, ("GET", "POST"))
def member(service_id: str, member_id: str) -> Response:
    """Give a member another role."""
    account, held = _member(service_id, member_id)
    form = RoleForm(role=held.name)
    if form.accepted():
        wanted = Role[form.role.data]
        session, services = current.session(), current.services()
        try:
            kept.change_role(session, services, service_id, account.id, wanted, by=me())
        except LastManager:
            say(form.role, _("The last manager must stay one. Make somebody else a manager first"))
        else:
            # Who is no manager any more sees the list all the same.
            return to("members", service_id=service_id)
    return show("service_teams/member.html", form=form, service=service(), account=account)


@console.page("/team/services/<service_id>/members/<member_id>/remove", MANAGER, ("GET", "POST"))
def remove_member(service_id: str, member_id: str) -> Response:
    """Take somebody out of the team, once it is confirmed."""
    account, _held = _member(service_id, member_id)
    return _let_go(account)


@console.page("/team/services/<service_id>/leave", READER, ("GET", "POST"))
def leave(service_id: str) -> Response:
    """Leave the team, once it is confirmed."""
    account, _held = _member(service_id, me())
    return _let_go(account)


def _let_go(account: Account) -> Response:
    left, leaving, only_manager = service(), account.id == me(), False
    form = Form()
    if form.accepted():
        session, services = current.session(), current.services()
        try:
            kept.remove(session, services, left.id, account.id, by=me())
        except LastManager:
            only_manager = True
        else:
            return to("services") if leaving else to("members", service_id=left.id)
    return show(
        "service_teams/leave.html",
        form=form,
        status=409 if only_manager else 200,
        service=left,
        account=account,
        leaving=leaving,
        only_manager=only_manager,
    )


def _member(service_id: str, member_id: str) -> tuple[Account, Role]:
    session = current.session()
    held = kept.role_in(session, service_id, member_id[:32])
    account = accounts.get(session, member_id[:32]) if held else None
    if held is None or account is None:
        abort(404)
    return account, held
