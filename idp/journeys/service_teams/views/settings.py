"""Copy and paste: the settings of a client for the software that its team uses."""

from flask import Response

from idp.journeys.service_teams.snippets import facts_of, snippets_for
from idp.journeys.service_teams.views.door import READER, client, console, service
from idp.journeys.service_teams.views.trying import may_try
from idp.protocol.client_policy import policy_from_registration
from idp.web import current
from idp.web.layout import show


@console.page("/team/services/<service_id>/clients/<client_id>/settings", READER)
def settings(service_id: str, client_id: str) -> Response:
    """Show what to copy; never a secret."""
    del service_id, client_id
    registered = client()
    policy = policy_from_registration(registered.members)
    # The registered order counts: a policy keeps a set.
    first = registered.members["redirect_uris"][0]
    issuer = current.services().settings.issuer
    return show(
        "service_teams/settings.html",
        service=service(),
        client=registered,
        policy=policy,
        may_try=may_try(policy),
        snippets=snippets_for(policy, first, issuer),
        discovery=facts_of(policy, first, issuer).discovery,
    )
