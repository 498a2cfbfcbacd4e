"""The services that were used, and what each was given."""

from flask import Response, abort

from idp.domain import account_changes
from idp.journeys.account import steps
from idp.journeys.account.views.door import blueprint, owner, to
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


@blueprint.route("/service/<client_id>", methods=["GET", "POST"])
def service(client_id: str) -> Response:
    """Show when a service was used and what it was given; take that away on request."""
    who, session = owner(), current.session()
    used = next(
        (one for one in steps.services_used(session, who.account.id) if one.client_id == client_id),
        None,
    )
    if used is None:
        abort(404)
    form = Form()
    if form.accepted():
        account_changes.stop_sharing(session, current.services(), who.account, client_id)
        return to("service_removed")
    return show(
        "account/service.html",
        form=form,
        used=used,
        shared=steps.shared_with(session, who.account.id, client_id),
        claim_words=CLAIMS,
    )


@blueprint.get("/service-removed")
def service_removed() -> Response:
    """Say that a service has nothing of this person from us any more."""
    return show("account/service_removed.html")
