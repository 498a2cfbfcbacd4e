"""A client's secrets: another one, shown once; and the end of an old one."""

from flask import Response, abort
from flask_babel import gettext as _

from idp.domain import accounts, team_secrets
from idp.domain.client_proofs import MOST_SECRETS
from idp.domain.members import Role
from idp.domain.team_secrets import LastSecret, TooManySecrets
from idp.journeys.service_teams.proof_forms import NewSecretForm
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
from idp.journeys.service_teams.views.trying import may_try
from idp.protocol.client_policy import policy_from_registration
from idp.web import current
from idp.web.forms import Form, say
from idp.web.layout import show


@console.page("/team/services/<service_id>/clients/<client_id>/secret", READER)
def secrets(**_named: str) -> Response:
    """Show which secrets are live, and nothing of them but four characters."""
    asked, session = client(), current.session()
    live = team_secrets.of_client(session, asked)
    makers = {each.added_by: accounts.get(session, each.added_by) for each in live if each.added_by}
    return show(
        "service_teams/secrets.html",
        service=service(),
        client=asked,
        by_secret=team_secrets.has_secrets(asked),
        live=live,
        makers=makers,
        may_try=may_try(policy_from_registration(asked.members)),
        may_write=role() >= Role.WRITER,
        may_make=len(live) < MOST_SECRETS,
    )


@console.page("/team/services/<service_id>/clients/<client_id>/secret/new", WRITER, ("GET", "POST"))
def new_secret(**_named: str) -> Response:
    """Make another secret and show it in this answer alone: it has no address to come back to."""
    asked = client()
    if not team_secrets.has_secrets(asked):
        abort(404)
    form = NewSecretForm()
    if form.accepted():
        try:
            secret = team_secrets.make(
                current.session(), current.services(), asked.client_id, by=me()
            )
        except TooManySecrets:
            say(form.ready, _("Two secrets work already. Retire one first"))
        else:
            current.wiring().registry.forget()
            return show(
                "service_teams/secret_shown.html", service=service(), client=asked, secret=secret
            )
    return show("service_teams/new_secret.html", form=form, service=service(), client=asked)


@console.page(
    "/team/services/<service_id>/clients/<client_id>/secret/<name>/retire", WRITER, ("GET", "POST")
)
def retire_secret(name: str, **_named: str) -> Response:
    """End a secret, once it is confirmed."""
    asked, session = client(), current.session()
    live = team_secrets.of_client(session, asked)
    chosen = next((each for each in live if each.name == name), None)
    if chosen is None:
        abort(404)
    form, last = Form(), len(live) == 1
    if form.accepted() and not last:
        try:
            team_secrets.retire(session, current.services(), asked.client_id, name, by=me())
        except LastSecret:
            last = True
        else:
            current.wiring().registry.forget()
            return to("secrets", service_id=service().id, client_id=asked.client_id)
    return show(
        "service_teams/retire_secret.html",
        form=form,
        status=409 if last else 200,
        service=service(),
        client=asked,
        chosen=chosen,
        last=last,
    )
