"""A client that is there: what it is, and changes of it, at once or when an operator approves."""

from typing import Any, Final

from flask import Response, request
from flask_babel import lazy_gettext as _

from idp.domain import team_changes
from idp.domain.client_drafts import Clashing
from idp.domain.clients import Client
from idp.domain.members import Role
from idp.domain.team_changes import AnothersChangeWaits, Outcome, SectorFixed
from idp.journeys.service_teams.client_forms import CLASHES, OTHERS
from idp.journeys.service_teams.views.asking import ask, field_of
from idp.journeys.service_teams.views.door import (
    READER,
    WRITER,
    client,
    console,
    me,
    role,
    service,
    to,
)
from idp.journeys.service_teams.views.registering import CAUTIONS
from idp.journeys.service_teams.views.trying import may_try
from idp.protocol import registration_advice as advice
from idp.protocol.client_policy import is_production, policy_from_registration
from idp.protocol.errors import InvalidClientMetadata
from idp.web import client_fields as fields
from idp.web import current
from idp.web.client_fields import Field
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form, say
from idp.web.layout import show

CLIENT: Final = "/team/services/<service_id>/clients/<client_id>"


@console.page(CLIENT, READER)
def client_page(**_named: str) -> Response:
    """Show a client, each field with what it is."""
    found = client()
    waits = team_changes.waiting(current.session(), found.client_id)
    registration = found.members
    return show(
        "service_teams/client.html",
        service=service(),
        client=found,
        registration=registration,
        environment=registration.get("environment", "integration"),
        cards_shown=fields.CARDS,
        shown=fields.shown,
        is_asked=fields.is_asked,
        fixed={"sector"} if _sector_is_fixed(found) else set(),
        may_try=may_try(policy_from_registration(registration)),
        may_write=role() >= Role.WRITER,
        changed=fields.FIELDS.get(request.args.get("changed", "")),
        registered="registered" in request.args,
        problems=[CLASHES[each] for each in advice.clashes(registration)],
        cautions=[CAUTIONS[each] for each in advice.cautions(registration)],
        waits=waits,
        differences=fields.differences(registration, waits.asked) if waits else [],
        may_withdraw=role() is Role.MANAGER or (waits is not None and waits.requested_by == me()),
        button=Form(),
    )


@console.page(f"{CLIENT}/change/<field>", WRITER, ("GET", "POST"))
def change_client(service_id: str, client_id: str, field: str) -> Response:
    """Ask one field anew."""
    asked, found = field_of(field), client()
    if asked.slug == "sector" and _sector_is_fixed(found):
        return to("client_page", service_id=service_id, client_id=client_id)
    registration = team_changes.as_asked(current.session(), found)
    form, answer = ask(asked, registration, client_id)
    if answer is not None:
        outcome = _changed(form, asked, answer.given) if answer.given is not None else None
        if outcome is not None and outcome.client_secret:
            return show(
                "service_teams/changed_secret.html",
                service=service(),
                client=found,
                secret=outcome.client_secret,
            )
        if not form.errors and answer.then:
            return to(
                "change_client", service_id=service_id, client_id=client_id, field=answer.then
            )
        if not form.errors:
            done = {"changed": asked.slug} if outcome is not None and outcome.changed else {}
            return to("client_page", service_id=service_id, client_id=client_id, **done)
    return show(
        "service_teams/question.html",
        form=form,
        field=asked,
        registration=registration,
        service=service(),
        progress=None,
        of_client=client_id,
        waits=is_production(found.members),
    )


@console.page(f"{CLIENT}/withdraw", WRITER, ("POST",))
def withdraw_change(service_id: str, client_id: str) -> Response:
    """Take back a change that waits: one's own, or as a manager anybody's."""
    if Form().accepted():
        own = role() is not Role.MANAGER
        team_changes.withdraw(current.session(), current.services(), client_id, me(), own=own)
    return to("client_page", service_id=service_id, client_id=client_id)


def _sector_is_fixed(found: Client) -> bool:
    return is_production(found.members) and bool(found.members.get("sector_identifier_uri"))


def _changed(form: Any, asked: Field, given: dict[str, Any]) -> Outcome | None:
    """Change the client, or say on the form why it cannot become so."""
    if asked.slug == "identity" and not given[asked.member]:
        given |= {"claims": None, "accepted_levels_of_confidence": None}
    try:
        return team_changes.change(
            current.session(), current.services(), client().client_id, me(), given
        )
    except Clashing as clashing:
        say(form.value, CLASHES[clashing.clashes[0]])
    except SectorFixed:
        say(
            form.value,
            _("The client is live: with addresses of other hosts every citizen would be new to it"),
        )
    except AnothersChangeWaits:
        say(form.value, OTHERS["change"])
    except InvalidClientMetadata as error:
        raise PageRefused(Kind.BAD_REQUEST, sentence=str(error)) from error
    return None
