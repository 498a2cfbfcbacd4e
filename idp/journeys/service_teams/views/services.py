"""The services that this person is a member of, a new one, and the page of each."""

from dataclasses import dataclass
from typing import Final

from flask import Response
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _

from idp.domain import clients, departments, members, team_changes, team_services
from idp.domain.clients import Service
from idp.domain.members import Role
from idp.domain.team_changes import AnothersChangeWaits, GoLiveWaits
from idp.domain.team_services import NameTaken, Seen, TooManyServices
from idp.journeys.service_teams.client_forms import OTHERS
from idp.journeys.service_teams.forms import NewServiceForm, SeenForm
from idp.journeys.service_teams.views.door import MANAGER, READER, console, me, role, service, to
from idp.journeys.service_teams.views.invitations import invitations_waiting
from idp.protocol.client_policy import ENVIRONMENTS
from idp.protocol.errors import InvalidClientMetadata
from idp.web import current, i18n
from idp.web.consoles import ANYBODY
from idp.web.forms import say
from idp.web.layout import show

NAME_TAKEN: Final = {
    "taken": _("Another service has that name, or one that people read as the same. Choose another")
}
ELSEWHERE: Final = {
    "members": _("Members and invitations"),
    "audit": _("What was changed, and by whom"),
    "go_live": _("Going live"),
    "test_citizens": _("Test citizens"),
}
"""The other pages about a service, by their endpoints."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The first page that citizens see, in one language."""

    code: str
    language: str
    heading: str
    words: str


@console.page("/team", ANYBODY)
def services() -> Response:
    """Show the services of this person."""
    session = current.session()
    listed = members.services_of(session, me())
    owners = {each.id: each for each in departments.all_departments(session)}
    return show(
        "service_teams/services.html",
        services=listed,
        departments=owners,
        invited=len(invitations_waiting()),
        may_add=current.services().settings.teams_help_themselves,
    )


@console.page("/team/services/new", ANYBODY, ("GET", "POST"))
def new_service() -> Response:
    """Ask for a service and its department, and make it."""
    settings = current.services().settings
    if not settings.teams_help_themselves:
        contact = settings.support_contact
        return show("service_teams/no_new_service.html", contact=contact, status=403)
    form = NewServiceForm()
    session = current.session()
    if form.accepted():
        seen = Seen(form.name.text, form.name_cy.text or None)
        try:
            made = team_services.create(
                session, current.services(), me(), form.department.text, seen
            )
        except NameTaken:
            say(form.name, NAME_TAKEN["taken"])
        except TooManyServices:
            say(form.name, _("You manage as many services as one account may"))
        else:
            return to("service_page", service_id=made.id)
    known = departments.all_departments(session)
    return show("service_teams/new_service.html", form=form, departments=known)


@console.page("/team/services/<service_id>", READER)
def service_page(**_named: str) -> Response:
    """Show a service: its clients by environment, and the way to everything else about it."""
    session, found = current.session(), service()
    theirs = team_services.clients_of(session, found.id)
    by_environment = {
        environment: [
            client
            for client in theirs
            if client.members.get("environment", "integration") == environment
        ]
        for environment in ENVIRONMENTS
    }
    return show(
        "service_teams/service.html",
        service=found,
        department=team_services.department_of(session, found),
        clients=by_environment,
        role=role().name,
        may_write=role() >= Role.WRITER,
        may_manage=role() >= Role.MANAGER,
        elsewhere=_elsewhere(),
    )


@console.page("/team/services/<service_id>/branding", MANAGER, ("GET", "POST"))
def branding(**_named: str) -> Response:
    """Ask what citizens shall see of the service."""
    found, status = service(), 200
    form = SeenForm(
        data={
            "name": found.name,
            "name_cy": found.name_cy,
            "landing_page": found.landing_page_url,
        }
    )
    if form.accepted():
        seen = Seen(form.name.text, form.name_cy.text or None, form.landing_page.text or None)
        try:
            team_changes.describe(current.session(), current.services(), me(), found, seen)
        except NameTaken:
            say(form.name, NAME_TAKEN["taken"])
        except InvalidClientMetadata:
            say(form.landing_page, _("A live service begins at an address with https://"))
        except AnothersChangeWaits:
            say(form.name, OTHERS["change"])
        except GoLiveWaits:
            status = 409
        else:
            return to("service_page", service_id=found.id)
    return show(
        "service_teams/branding.html",
        form=form,
        service=found,
        previews=_previews(found, form),
        waits=team_changes.waits_to_go_live(current.session(), found.id),
        live=clients.has_live_client(current.session(), found.id),
        status=status,
    )


def _previews(found: Service, form: SeenForm) -> list[Preview]:
    """Return what citizens see on the way in, in each language."""
    name = form.name.text or found.name
    shown = {"en": name, "cy": form.name_cy.text or name}
    previews = []
    for code, language in i18n.LANGUAGES.items():
        with force_locale(code):
            words = gettext("You need a Onepass account to use %(service)s.")
            heading = gettext("Create a Onepass account or sign in")
        previews.append(Preview(code, language, heading, words % {"service": shown[code]}))
    return previews


def _elsewhere() -> dict[str, object]:
    production = current.services().settings.mode == "production"
    may_make_citizens = role() >= Role.WRITER and not production
    return {
        endpoint: words
        for endpoint, words in ELSEWHERE.items()
        if endpoint != "test_citizens" or may_make_citizens
    }
