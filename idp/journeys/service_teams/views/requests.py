"""What went wrong: the last requests of a client, and the cure of each that failed."""

from flask import Response, request, url_for

from idp.domain import client_requests
from idp.journeys.service_teams.views.door import READER, client, console, service
from idp.journeys.service_teams.views.trying import may_try
from idp.protocol.client_policy import policy_from_registration
from idp.web import current, refusal_words
from idp.web.layout import show


@console.page("/team/services/<service_id>/clients/<client_id>/requests", READER)
def requests(**named: str) -> Response:
    """Show the requests, all of them or those that the address asks for."""
    asked = refusal_words.asked_of(request.args)
    found = client_requests.last_of(
        current.session(), client(), failed=asked.failed, reference=asked.reference
    )
    return show(
        "service_teams/requests.html",
        service=service(),
        client=client(),
        requests=found,
        most=client_requests.MOST,
        address=url_for("service_teams.requests", **named),  # type: ignore[arg-type] # its own names
        failed=asked.failed,
        reference=asked.reference,
        words=refusal_words,
        may_try=may_try(policy_from_registration(client().members)),
    )
