"""Try your client: a request is built here, followed, and its answer shown by the room `tried`."""

import json
from typing import Final
from urllib.parse import urlencode

from flask import Response, request
from flask_babel import lazy_gettext as _

from idp.domain import tries
from idp.domain.members import Role
from idp.journeys.service_teams.views.door import WRITER, client, console, me, role, service, to
from idp.protocol import metadata, pkce
from idp.protocol.client_policy import ClientPolicy, policy_from_registration
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.forms import Form
from idp.web.layout import show

MEANT: Final = {
    "response_type": _("Always code: tokens never travel through the browser."),
    "client_id": _("Which client asks."),
    "redirect_uri": _("Where the answer goes. Here our own page, which only tries may use."),
    "scope": _("What the client wants to know. openid always."),
    "state": _("A random value that comes back, so that the client knows its own request."),
    "nonce": _("A random value that comes back in the ID token, so that none is replayed."),
    "vtr": _("How sure the sign-in has to be."),
    "prompt": _("Whether the person is asked again, or not at all."),
    "max_age": _("How old the sign-in may be, in seconds."),
    "ui_locales": _("The language of the pages."),
    "claims": _("What the client wants to know about an identity."),
    "code_challenge": _("The hash of a secret that only this client has, for the code alone."),
    "code_challenge_method": _("Always S256."),
}
LONGEST: Final = 500
_TYPED: Final = ("scope", "vtr", "prompt", "max_age", "ui_locales")


@console.page("/team/services/<service_id>/clients/<client_id>/try", WRITER, ("GET", "POST"))
def try_client(**named: str) -> Response:
    """Ask for the parameters of a request, and keep it for a few minutes."""
    policy = _may_be_tried()
    form = Form()
    if form.accepted():
        secrets = tries.fresh_secrets(current.services())
        verifier = secrets.verifier if "pkce" in request.form else None
        made = tries.begin(
            current.session(),
            current.services(),
            client_id=policy.client_id,
            account_id=me(),
            browser_hash=current.browser_hash(),
            asked=_asked(policy, secrets, verifier),
            verifier=verifier,
        )
        return to("tried_request", **named, try_id=made.id)
    scope = " ".join(["openid", *sorted(policy.scopes - {"openid"})])
    return show(
        "service_teams/try.html",
        form=form,
        service=service(),
        client=client(),
        policy=policy,
        scope=scope,
        meant=MEANT,
        vtr='["Cl.Cm"]' if policy.assurance == "vot" else "",
    )


@console.page("/team/services/<service_id>/clients/<client_id>/try/<try_id>", WRITER)
def tried_request(try_id: str, **_named: str) -> Response:
    """Show the request, parameter by parameter, and the way to follow it."""
    policy = _may_be_tried()
    found = tries.find(
        current.session(),
        try_id[:64],
        policy.client_id,
        current.browser_hash(),
        current.now(),
    )
    if found is None:
        raise PageRefused(Kind.NOT_FOUND)
    asked = found.asked
    endpoint = metadata.authorization_endpoint(current.services().settings.issuer)
    return show(
        "service_teams/tried_request.html",
        service=service(),
        client=client(),
        policy=policy,
        parameters=[(name, value, MEANT[name]) for name, value in asked.items()],
        address=f"{endpoint}?{urlencode(asked)}",
    )


def may_try(policy: ClientPolicy) -> bool:
    """Return whether this member may try this client, to be led here."""
    offered = current.services().settings.tries_offered
    return role() >= Role.WRITER and tries.may_try(policy, offered=offered)


def _may_be_tried() -> ClientPolicy:
    """Return the policy of an integration client; production knows no tries."""
    policy = policy_from_registration(client().members)
    if not tries.may_try(policy, offered=current.services().settings.tries_offered):
        raise PageRefused(Kind.NOT_FOUND)
    return policy


def _asked(policy: ClientPolicy, secrets: tries.Secrets, verifier: str | None) -> dict[str, str]:
    """Return the parameters of the request; what is wrong in them is for `/authorize` to say."""
    typed = {name: request.form.get(name, "").strip()[:LONGEST] for name in (*_TYPED, "claims")}
    claims = {"userinfo": dict.fromkeys(typed["claims"].split())}
    asked = {
        "response_type": "code",
        "client_id": policy.client_id,
        "redirect_uri": tries.redirect_uri(current.services().settings.issuer),
        "state": secrets.state,
        "nonce": secrets.nonce,
        **{name: typed[name] for name in _TYPED},
        "claims": json.dumps(claims) if typed["claims"] else "",
        "code_challenge": pkce.challenge_of(verifier) if verifier else "",
        "code_challenge_method": pkce.METHOD if verifier else "",
    }
    return {name: value for name, value in asked.items() if value}
