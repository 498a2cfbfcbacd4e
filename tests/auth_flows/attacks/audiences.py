"""Attacks by access tokens at resources that they are not meant for."""

from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.redirects import EVIL
from tests.auth_flows.probe import Probe, claims_of

ELSEWHERE = "https://api.attacker.example/"


@attack("TOKEN-23", fix="Put exactly the resource in aud, and let each resource look at it.",
        left_out="resources of others, which this provider does not serve")  # fmt: skip
def another_resource(probe: Probe) -> None:
    grant = probe.grant()
    answer = probe.redeem(grant)
    token, id_token = (str(answer.json.get(name)) for name in ("access_token", "id_token"))
    told = probe.userinfo(token)
    probe.works(told.status == 200, told, "UserInfo with a token")
    claims = claims_of(token)
    if claims:
        audience = claims.get("aud")
        here = audience if isinstance(audience, list) else [audience]
        issuer = probe.target.issuer.rstrip("/")
        probe.expect(
            bool(here) and all(str(one).startswith(issuer) for one in here),
            answer,
            tried="the audience of the access token",
            wanted=f"this provider's own resource, not {audience!r}",
        )
    foreign = probe.userinfo(id_token)
    probe.expect(
        foreign.status in (400, 401),
        foreign,
        tried="UserInfo with a token of the client's audience (the ID token)",
        wanted="401",
    )
    _introspected(probe, token)
    for resource in (ELSEWHERE, EVIL):
        _meant_for(probe, resource)


def _introspected(probe: Probe, token: str) -> None:
    if "introspection_endpoint" not in probe.ground.metadata:
        return
    fields, headers = probe.proof()
    url = probe.endpoint("introspection_endpoint")
    answer = probe.ground.wire.form(url, [("token", token), *fields], headers)
    probe.expect(
        bool(answer.json.get("aud")) or not claims_of(token),
        answer,
        tried="introspection of the token",
        wanted="aud is told",
    )


def _meant_for(probe: Probe, resource: str) -> None:
    """A token that was asked for another resource is refused, or is no token for UserInfo."""
    asked = probe.ask(resource=resource)
    answer = probe.authorize(asked, browser=probe.ground.signed_in())
    code = probe.outcome(answer).values.get("code")
    if code is None:
        errors = ("invalid_target", "invalid_request")
        probe.refused(answer, errors, f"a request for the resource {resource}", asked)
        return
    given = probe.token([*probe.fields_for(asked, code), ("resource", resource)])
    token = str(given.json.get("access_token", ""))
    audience = claims_of(token).get("aud") if token else None
    meant = audience in (resource, [resource]) and probe.userinfo(token).status == 200
    probe.expect(
        not meant and resource not in (audience if isinstance(audience, list) else []),
        given,
        tried=f"a token for the resource {resource}, at UserInfo",
        wanted="it is refused, or the token is for UserInfo alone",
    )
