"""What was done to the service and its clients, by whom."""

import json
from typing import Final

from flask import Response, request, url_for
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from idp.domain import service_history
from idp.domain.clients import Client
from idp.domain.service_history import OF_CLIENTS, OF_SERVICES, Asked, Event, Who
from idp.journeys.service_teams.views.door import READER, console, service
from idp.web import current, i18n, spreadsheets
from idp.web.layout import show

MOST_ROWS: Final = 5000
HAPPENED: Final[dict[str, object]] = {
    "client_applied": _("A client was registered or changed"),
    "client_applied_by_team": _("A client was registered or changed with a registration key"),
    "client_changed": _("A client was changed"),
    "client_registered": _("A client was registered"),
    "client_restored": _("A client was switched on again"),
    "client_suspended": _("A client was suspended"),
    "console_refused": _("A page was refused to somebody who lacks the role"),
    "faults_wanted": _("Faulty answers were asked for, or ended"),
    "invitation_accepted": _("An invitation was accepted"),
    "invitation_withdrawn": _("An invitation was taken back"),
    "member_added": _("A member was added"),
    "member_invited": _("Somebody was invited"),
    "member_removed": _("A member was removed"),
    "member_role_changed": _("A member got another role"),
    "private_key_refused": _("A private key was pasted and refused"),
    "client_secret_made": _("A secret was made"),
    "client_secret_retired": _("A secret was ended"),
    "client_key_replaced": _("A public key was replaced"),
    "client_keys_fetched": _("A key set was fetched"),
    "request_decided": _("A request was decided"),
    "request_submitted": _("Something was submitted for approval"),
    "service_created": _("The service was made"),
    "service_described": _("What citizens see of the service was changed"),
    "service_listed": _("The service was put on the public list again"),
    "service_unlisted": _("The service was taken off the public list"),
    "service_went_live": _("The service went live"),
    "test_citizen_deleted": _("A test citizen was deleted"),
    "test_citizen_made": _("A test citizen was made"),
}
WHO: Final[dict[str, object]] = {
    Who.OPERATOR: _("an operator"),
    Who.ELSEWHERE: _("by command or with a registration key"),
    Who.NO_MEMBER: _("somebody who is not a member now"),
}


@console.page("/team/services/<service_id>/audit", READER)
def audit(service_id: str) -> Response:
    """Show what was done, newest first."""
    clients = _clients(service_id)
    asked = _asked(clients)
    page = service_history.page(current.session(), service_id, asked)
    kept = _kept(asked)
    older = None
    if page.more is not None:
        before = f"{page.more[0]}-{page.more[1]}"
        older = url_for("service_teams.audit", service_id=service_id, before=before, **kept)  # type: ignore[arg-type]
    return show(
        "service_teams/audit.html",
        service=service(),
        asked=asked,
        page=page,
        clients=clients,
        facts=sorted({*OF_CLIENTS, *OF_SERVICES}, key=_words_of),
        words_of=_words_of,
        written=_written,
        who=WHO,
        older=older,
        file=url_for("service_teams.audit_file", service_id=service_id, **kept),  # type: ignore[arg-type]
    )


@console.page("/team/services/<service_id>/audit/csv", READER)
def audit_file(service_id: str) -> Response:
    """Send what was done as a file for spreadsheets."""
    asked = _asked(_clients(service_id))
    page = service_history.page(current.session(), service_id, asked, MOST_ROWS)
    head = (_("When"), _("What"), _("Client ID"), _("Who"), _("Whom"), _("Details"))
    rows: list[tuple[object, ...]] = [(*head, _("Field"), _("Before"), _("After"))]
    for event in page.events:
        rows += _rows(event)
    return spreadsheets.file("onepass-service-audit", rows)


def _rows(event: Event) -> list[tuple[object, ...]]:
    """One row for each field that changed; one for an event that changed none."""
    said = "; ".join(f"{name}: {value}" for name, value in event.told.items())
    row = (
        i18n.date_and_time(event.at),
        HAPPENED[event.fact],
        event.client_id or "",
        WHO.get(event.who, event.who),
        "" if event.whom is None else WHO.get(event.whom, event.whom),
        said,
    )
    changes = event.changes or {"": ("", "")}
    return [(*row, name, _written(old), _written(new)) for name, (old, new) in changes.items()]


def _clients(service_id: str) -> list[Client]:
    theirs = select(Client).where(Client.service_id == service_id).order_by(Client.client_id)
    return list(current.session().scalars(theirs))


def _asked(clients: list[Client]) -> Asked:
    """Read what the address asks for; what is not there to be asked for is not asked."""
    client, fact = request.args.get("client", ""), request.args.get("fact", "")
    before = request.args.get("before", "").split("-")
    readable = len(before) == 2 and all(
        part.isascii() and part.isdigit() and len(part) < 16 for part in before
    )
    return Asked(
        client_id=client if client in {each.client_id for each in clients} else None,
        fact=fact if fact in {*OF_CLIENTS, *OF_SERVICES} else None,
        before=(int(before[0]), int(before[1])) if readable else None,
    )


def _kept(asked: Asked) -> dict[str, str]:
    kept = {"client": asked.client_id, "fact": asked.fact}
    return {name: value for name, value in kept.items() if value is not None}


def _words_of(fact: str) -> str:
    return str(HAPPENED[fact])


def _written(value: object) -> str:
    """Return a value of a registration as it is read."""
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    return ", ".join(map(str, value)) if isinstance(value, list) else json.dumps(value)
