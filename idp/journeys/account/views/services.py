"""The services that were used, and what each was given."""

from flask import Response, abort

from idp.domain import account_changes
from idp.journeys.account import steps
from idp.journeys.account.steps import Used
from idp.journeys.account.views.door import Owner, blueprint, owner, to
from idp.journeys.account.words import CLAIMS
from idp.web import current
from idp.web.forms import Form
from idp.web.layout import show


@blueprint.get("")
def services() -> Response:
    """Show which services this person has used, the one used last first."""
    who = owner()
    return show(
        "account/services.html",
        email=who.account.email,
        services=steps.services_used(current.session(), who.account.id),
    )


@blueprint.get("/service/<service_id>")
def service(service_id: str) -> Response:
    """Show when a service was used and what it was given."""
    who, session = owner(), current.session()
    used = _used(who, service_id)
    shared = steps.shared_with(session, who.account.id, used)
    clients = [current.client(client_id) for client_id in used.client_ids]
    return show(
        "account/service.html",
        used=used,
        shared=shared,
        reads_email=any(client and "email" in client.policy.scopes for client in clients),
        has_access=steps.has_access(session, who.account.id, used, shared),
        claim_words=CLAIMS,
    )


@blueprint.route("/service/<service_id>/remove", methods=["GET", "POST"])
def remove_service(service_id: str) -> Response:
    """Say what removing the service's access means, and do it when asked."""
    who, session = owner(), current.session()
    used = _used(who, service_id)
    form = Form()
    if form.accepted():
        account_changes.stop_sharing(session, current.services(), who.account, used.client_ids)
        return to("service_removed", service_id=service_id)
    return show("account/remove_service.html", form=form, used=used)


@blueprint.get("/service/<service_id>/removed")
def service_removed(service_id: str) -> Response:
    """Say that the service has nothing of this person from us any more."""
    return show("account/service_removed.html", used=_used(owner(), service_id))


def _used(who: Owner, service_id: str) -> Used:
    used = steps.service_used(current.session(), who.account.id, service_id)
    if used is None:
        abort(404)
    return used
