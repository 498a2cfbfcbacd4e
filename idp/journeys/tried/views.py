"""The page that a try comes back to: once, in the browser that began it."""

from flask import Blueprint, Response, request

from idp.domain import access_tokens, audit, tries
from idp.domain.clients import Client, RegisteredClient
from idp.domain.request_facts import TryRedeemed
from idp.domain.tries import Try
from idp.journeys.tried import steps
from idp.oauth_server.grants.authorization_code import redeem_as
from idp.protocol.parameters import single_values
from idp.web import current
from idp.web.errors import Kind, PageRefused
from idp.web.layout import show
from idp.web.released_claims import released

blueprint = Blueprint("tried", __name__, template_folder="templates")
GONE = 410


@blueprint.get("/try/callback")
def callback() -> Response:
    """Show what came of a try. A second look, another browser or a late one see nothing of it."""
    answer, _ = single_values(request.args.items(multi=True))
    found = tries.take(
        current.session(), answer.get("state", ""), current.browser_hash(), current.now()
    )
    if found is None:
        return show("tried/over.html", status=GONE)
    client = current.session().get_one(Client, found.client_id)
    service_id = client.service_id
    # What redeems a code commits by itself, and nothing may be open meanwhile.
    current.checkpoint()
    registered = current.client(found.client_id)
    if registered is None or not registered.policy.active:
        raise PageRefused(Kind.GONE)
    return _shown(found, registered, answer, service_id)


def _shown(
    found: Try, registered: RegisteredClient, answer: dict[str, str], service_id: str
) -> Response:
    wiring, now = current.wiring(), current.now()
    issuer = wiring.services.settings.issuer
    expected = steps.expected_of(found, registered.policy, issuer, now)
    code = answer.get("code", "")
    tokens = (
        redeem_as(
            wiring.server,
            registered,
            code=code,
            redirect_uri=tries.redirect_uri(issuer),
            verifier=found.verifier,
            request_id=current.request_id(),
            now=now,
        )
        if code
        else None
    )
    userinfo = None
    if tokens is not None:
        userinfo = released(wiring, current.arrival(), str(tokens["access_token"]))
        _give_back(registered, str(tokens["access_token"]))
    keys = wiring.services.keyring.public_jwks()["keys"]
    response = show(
        "tried/result.html",
        client_id=found.client_id,
        client_name=registered.policy.name,
        service_id=service_id,
        asked=found.asked,
        answer=answer,
        answer_checks=steps.tick_answer(answer, expected),
        tokens=steps.tokens_of(tokens, keys, expected) if tokens else [],
        userinfo=steps.as_text(userinfo) if userinfo is not None else "",
        userinfo_checks=steps.tick_userinfo(userinfo, str(tokens["id_token"])) if tokens else [],
        curl=steps.curl_of(found, registered.policy, issuer, code) if code else "",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _give_back(registered: RegisteredClient, access_token: str) -> None:
    """Revoke what the try was given: the page that shows it is the last that it is good for."""
    services = current.services()
    claims = access_tokens.signed_by_us(services.keyring, services.settings.issuer, access_token)
    if claims is None:
        return
    client_id = registered.policy.client_id
    session, now = current.session(), current.now()
    grant_id = str(claims["grant"])
    audit.record(session, TryRedeemed(client_id=client_id, grant_id=grant_id), now=now)
    grant = access_tokens.live_grant(session, grant_id, client_id, now)
    if grant is not None:
        access_tokens.revoke(session, grant, now)
