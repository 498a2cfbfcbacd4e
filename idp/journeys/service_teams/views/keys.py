"""A client's keys: the set at its address, fetched and examined; or the one that was pasted."""

from typing import Final

from flask import Response, abort

from idp.domain import accounts, client_proofs, team_changes, team_keys
from idp.domain.client_drafts import Clashing
from idp.domain.client_proofs import NAMED_KEY
from idp.domain.clients import Client
from idp.domain.key_sets import ExaminedSet
from idp.domain.members import Role
from idp.domain.pasted_keys import NotAKey, PrivateKeyPasted, read_public_key
from idp.domain.team_changes import AnothersChangeWaits
from idp.domain.throttles import Locked
from idp.journeys.service_teams.client_forms import CLASHES, OTHERS
from idp.journeys.service_teams.proof_forms import (
    FAULT_WORDS,
    FETCH_WORDS,
    PRIVATE_PASTED,
    TROUBLE_WORDS,
    ReplaceKeyForm,
)
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
from idp.journeys.service_teams.views.key_sets import fetched
from idp.journeys.service_teams.views.trying import may_try
from idp.protocol.client_policy import is_production, policy_from_registration
from idp.protocol.client_registration import JWKS, STATIC
from idp.protocol.errors import InvalidClientMetadata
from idp.web import current
from idp.web.errors import Kind as Refusal
from idp.web.errors import PageRefused
from idp.web.forms import Form, say
from idp.web.layout import show

_OTHER_WAYS: Final = ("token_endpoint_auth_method", "public_key_source", "jwks_uri")


@console.page("/team/services/<service_id>/clients/<client_id>/keys", READER)
def keys(**_named: str) -> Response:
    """Show where the client's keys are, and what we know of them."""
    return _page(client())


@console.page("/team/services/<service_id>/clients/<client_id>/keys/fetch", WRITER, ("POST",))
def fetch_keys(**_named: str) -> Response:
    """Fetch the key set now, and show what is in it and what is wrong with each key."""
    asked = client()
    address = asked.members.get("jwks_uri")
    if not Form().accepted() or team_keys.source(asked) != JWKS or not address:
        abort(404)
    try:
        found = fetched(asked.client_id, address)
    except Locked as locked:
        return _page(asked, locked_until=locked.until)
    team_keys.fetched(current.session(), current.services(), asked, found.usable, by=me())
    if found.usable:
        current.wiring().client_keys.renew(address)
    return _page(asked, found=found)


@console.page(
    "/team/services/<service_id>/clients/<client_id>/keys/replace", WRITER, ("GET", "POST")
)
def replace_key(**_named: str) -> Response:
    """Put another public key in the place of the one that was pasted, or ask for it."""
    asked = client()
    if team_keys.source(asked) != STATIC:
        abort(404)
    form, compromised = ReplaceKeyForm(), False
    if form.accepted():
        try:
            public_key = read_public_key(form.public_key.data or "")
        except PrivateKeyPasted:
            team_keys.refused_private_key(current.session(), current.services(), asked, by=me())
            say(form.public_key, PRIVATE_PASTED)
            compromised = True
        except NotAKey as wrong:
            say(form.public_key, FAULT_WORDS[wrong.fault])
        else:
            if _replaced(form, asked, public_key):
                return to("keys", service_id=service().id, client_id=asked.client_id)
    return show(
        "service_teams/replace_key.html",
        form=form,
        service=service(),
        client=asked,
        live=is_production(asked.members),
        compromised=compromised,
    )


def _replaced(form: ReplaceKeyForm, asked: Client, public_key: str) -> bool:
    """Use another key at once, or ask an operator to where citizens sign in; else say why not."""
    session, services = current.session(), current.services()
    if not is_production(asked.members):
        team_keys.replace(session, services, asked.client_id, public_key, by=me())
        current.wiring().registry.forget()
        return True
    # Whoever asked for another way to authenticate meanwhile wants this instead.
    as_it_is = {name: asked.members.get(name) for name in _OTHER_WAYS}
    given = {**as_it_is, "public_key": public_key}
    try:
        team_changes.change(session, services, asked.client_id, me(), given)
    except AnothersChangeWaits:
        say(form.public_key, OTHERS["change"])
        return False
    except Clashing as clashing:
        say(form.public_key, CLASHES[clashing.clashes[0]])
        return False
    except InvalidClientMetadata as error:
        raise PageRefused(Refusal.BAD_REQUEST, sentence=str(error)) from error
    return True


def _page(
    asked: Client, *, found: ExaminedSet | None = None, locked_until: int | None = None
) -> Response:
    session = current.session()
    pasted = team_keys.pasted(session, asked)
    public_key = asked.members.get("public_key")
    by = accounts.get(session, pasted.added_by) if pasted and pasted.added_by else None
    used = client_proofs.of_client(session, asked.client_id, NAMED_KEY)
    waits = team_changes.waiting(session, asked.client_id)
    waiting_key = waits.asked.get("public_key") if waits else None
    return show(
        "service_teams/keys.html",
        form=Form(),
        service=service(),
        client=asked,
        source=team_keys.source(asked),
        address=asked.members.get("jwks_uri"),
        pasted=pasted,
        added_by=by.email if by else None,
        thumbprint=team_keys.thumbprint(public_key) if public_key else None,
        waiting_thumbprint=team_keys.thumbprint(waiting_key) if waiting_key else None,
        last_used={each.proof: each.last_used_at for each in used},
        name_of=client_proofs.of_text,
        may_try=may_try(policy_from_registration(asked.members)),
        may_write=role() >= Role.WRITER,
        found=found,
        locked_until=locked_until,
        fetch_words=FETCH_WORDS,
        trouble_words=TROUBLE_WORDS,
    )
