"""Invitations: made and taken back by managers, accepted by whoever has the address."""

from typing import Any

from flask import Response, abort
from flask_babel import lazy_gettext as _

from idp.domain import accounts
from idp.domain import invitations as kept
from idp.domain.accounts import Account
from idp.domain.clients import Service
from idp.domain.invitations import AlreadyMember, Invitation, TooManyInvitations
from idp.domain.members import Role
from idp.domain.throttles import Locked
from idp.journeys.service_teams.member_forms import ROLE_HINTS, ROLE_WORDS, InviteForm
from idp.journeys.service_teams.views.door import MANAGER, console, me, service, to
from idp.web import current, i18n
from idp.web.consoles import ANYBODY
from idp.web.forms import Form, say
from idp.web.layout import show

_REFUSED: dict[type[Exception], Any] = {
    AlreadyMember: _("They are a member of this service already"),
    TooManyInvitations: _("50 invitations are open: take one back first"),
    Locked: _("Too many invitations were sent. Try again in 2 hours"),
}


@console.page("/team/services/<service_id>/members/invite", MANAGER, ("GET", "POST"))
def invite(service_id: str) -> Response:
    """Invite somebody by their email address."""
    form = InviteForm()
    if form.accepted():
        try:
            kept.invite(
                current.session(),
                current.services(),
                service_id,
                email=form.email.text,
                role=Role[form.role.data],
                by=me(),
                language=i18n.language(),
            )
        except (AlreadyMember, TooManyInvitations, Locked) as refused:
            say(form.email, _REFUSED[type(refused)])
        else:
            return to("members", service_id=service_id)
    return show("service_teams/invite.html", form=form, service=service())


@console.page(
    "/team/services/<service_id>/invitations/<invitation_id>/withdraw", MANAGER, ("POST",)
)
def withdraw(service_id: str, invitation_id: str) -> Response:
    """Take an invitation of this service back."""
    named = (current.session(), current.services(), service_id, invitation_id[:32])
    if not Form().accepted() or not kept.withdraw(*named, by=me()):
        abort(404)
    return to("members", service_id=service_id)


@console.page("/team/invitations", ANYBODY)
def invitations() -> Response:
    """Show what this person is invited to."""
    return show(
        "service_teams/invitations.html", waiting=invitations_waiting(), role_words=ROLE_WORDS
    )


@console.page("/team/invitations/<invitation_id>", ANYBODY, ("GET", "POST"))
def invitation(invitation_id: str) -> Response:
    """Let this person accept an invitation to their own address."""
    found = [pair for pair in invitations_waiting() if pair[0].id == invitation_id]
    if not found:
        abort(404)
    [(waiting, wanted)] = found
    form = Form()
    if form.accepted():
        joined = kept.accept(current.session(), current.services(), waiting.id, _account())
        if joined is None:
            abort(404)
        return to("members", service_id=joined)
    return show(
        "service_teams/invitation.html",
        form=form,
        invitation=waiting,
        service=wanted,
        role_words=ROLE_WORDS,
        role_hints=ROLE_HINTS,
    )


def invitations_waiting() -> list[tuple[Invitation, Service]]:
    """Return what this person is invited to, the newest first."""
    return kept.waiting_for(current.session(), _account(), current.now())


def _account() -> Account:
    account = accounts.get(current.session(), me())
    if account is None:
        abort(404)
    return account
