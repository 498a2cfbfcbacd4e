"""The last requests of any client, as its team sees them."""

from flask import Response, abort, request, url_for

from idp.domain import client_requests as requests_of
from idp.domain.clients import Client
from idp.journeys.operators.views.door import OPERATOR, console
from idp.web import current, refusal_words
from idp.web.layout import show


@console.page("/ops/clients/<client_id>/requests", OPERATOR, command="onepass clients requests")
def client_requests(client_id: str) -> Response:
    """Show the requests, all of them or those that the address asks for."""
    client = current.session().get(Client, client_id[:64])
    if client is None:
        abort(404)
    asked = refusal_words.asked_of(request.args)
    return show(
        "operators/client_requests.html",
        client=client,
        requests=requests_of.last_of(
            current.session(), client, failed=asked.failed, reference=asked.reference
        ),
        address=url_for("operators.client_requests", client_id=client_id),
        failed=asked.failed,
        reference=asked.reference,
        words=refusal_words,
    )
