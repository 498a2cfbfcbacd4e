"""Attacks on the token endpoint itself: other methods, other grants, other forms of a request."""

import json
from urllib.parse import urlencode

from tests.auth_flows.attacks import attack
from tests.auth_flows.probe import Grant, Probe, got_tokens
from tests.auth_flows.wire import FORM, Pairs

GUARDS = {
    "Cache-Control": "no-store",
    "Content-Type": "application/json",
    "X-Content-Type-Options": "nosniff",
}
NO_GRANT = ("unsupported_grant_type", "unauthorized_client", "invalid_request", "invalid_scope")


def _reached(probe: Probe) -> None:
    """Our client is known at the token endpoint: with a code nobody gave, it hears of the code."""
    answer = probe.token(probe.token_fields(Grant(probe.ask(), "no-such-code")))
    probe.works(answer.json.get("error") == "invalid_grant", answer, "the proof of the client")


@attack("TOKEN-08", fix="Answer GET by 405, and read parameters from the body only.")
def in_the_address(probe: Probe) -> None:
    _reached(probe)
    endpoint = probe.endpoint("token_endpoint")
    fields = probe.token_fields(Grant(probe.ask(), "no-such-code"))
    proof, headers = probe.proof()
    query = "?" + urlencode(fields + proof)
    answer = probe.ground.wire.send("GET", endpoint + query, headers=headers)
    told = answer.json.get("error")
    probe.expect(
        # Whoever says that there is no such code has read the request.
        answer.status in (400, 404, 405) and told != "invalid_grant" and not got_tokens(answer),
        answer,
        tried="a token request by GET",
        wanted="405, or that there is no such page",
    )
    proof, headers = probe.proof()  # an assertion counts once
    query = "?" + urlencode(fields + proof)
    answer = probe.ground.wire.form(endpoint + query, [], headers)
    told = answer.json.get("error")
    probe.expect(
        answer.status in (400, 401) and told != "invalid_grant",
        answer,
        tried="a token request whose parameters stand in the query of a POST",
        wanted="they are not read (any error but invalid_grant)",
    )


@attack("TOKEN-09", fix="Refuse what is no form, and what comes twice or empty.")
def odd_bodies(probe: Probe) -> None:
    _reached(probe)
    fields = probe.token_fields(Grant(probe.ask(), "no-such-code"))
    errors = ("invalid_request", "unsupported_grant_type", "invalid_client")
    for name, value in fields:
        for second in (value, "x"):
            answer = probe.token([*fields, (name, second)])
            probe.token_refused(answer, errors, f"{name} twice, the second time {second[:20]}")
    for name in ("grant_type", "code"):  # an empty redirect_uri is one left out: see TOKEN-04
        emptied = [(key, "" if key == name else value) for key, value in fields]
        probe.token_refused(probe.token(emptied), errors, f"an empty {name}")
    endpoint = probe.endpoint("token_endpoint")
    proof, headers = probe.proof()
    whole: Pairs = fields + proof
    for kind, body in (
        ("application/json", json.dumps(dict(whole))),
        ("text/plain", urlencode(whole)),
        ("multipart/form-data; boundary=x", "--x--"),
        (FORM, "%ff%fe=%00&&&=;"),
    ):
        answer = probe.ground.wire.send(
            "POST", endpoint, body=body, headers={"Content-Type": kind} | headers
        )
        probe.expect(
            answer.status in (400, 401, 415) and answer.json.get("error") != "invalid_grant",
            answer,
            tried=f"a body of {kind}",
            wanted="400 invalid_request, or 415",
        )


@attack("TOKEN-10", fix="Offer no password grant.")
def password_grant(probe: Probe) -> None:
    _reached(probe)
    persons = probe.ground.persons
    email = persons[0].citizen.email if persons else "nobody@example.com"
    password = persons[0].citizen.password if persons else "no password"
    fields = [("grant_type", "password"), ("username", email), ("password", password)]
    answer = probe.token([*fields, ("scope", "openid")])
    probe.token_refused(answer, NO_GRANT, "grant_type=password")
    offered = probe.ground.metadata.get("grant_types_supported", [])
    probe.expect("password" not in offered, answer, tried="the metadata", wanted="no such grant")


@attack("TOKEN-11", fix="Refuse grants that the client is not registered for.")
def grant_not_registered(probe: Probe) -> None:
    _reached(probe)
    assertion = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    device = "urn:ietf:params:oauth:grant-type:device_code"
    for fields in (
        [("grant_type", "refresh_token"), ("refresh_token", "no-such-token")],
        [("grant_type", assertion), ("assertion", "a.b.c")],
        [("grant_type", exchange), ("subject_token", "a.b.c")],
        [("grant_type", device), ("device_code", "no-such-code")],
        [("grant_type", "implicit")],
        [("grant_type", "AUTHORIZATION_CODE")],
    ):
        offered = fields[0][1] in probe.ground.metadata.get("grant_types_supported", [])
        errors = (*NO_GRANT, "invalid_grant") if offered else NO_GRANT
        probe.token_refused(probe.token(fields), errors, f"grant_type={fields[0][1]}")


@attack("TOKEN-12", fix="Give clients acting for themselves neither ID token nor a citizen's sub.",
        left_out="public clients")  # fmt: skip
def client_credentials(probe: Probe) -> None:
    _reached(probe)
    for scope in (None, "openid", "offline_access", "openid email offline_access"):
        fields = [("grant_type", "client_credentials")]
        answer = probe.token(fields + ([("scope", scope)] if scope else []))
        tried = f"client_credentials, scope={scope}"
        if scope is None and answer.status == 200:
            probe.expect("id_token" not in answer.json, answer, tried=tried, wanted="no ID token")
        else:
            probe.token_refused(answer, NO_GRANT, tried)


@attack("TOKEN-13", fix="Send no-store, JSON and nosniff with every token answer, errors too.")
def cached(probe: Probe) -> None:
    _reached(probe)
    answers = {"an error": probe.token([("grant_type", "password")])}
    answers["another"] = probe.token(probe.token_fields(Grant(probe.ask(), "no-such-code")))
    if probe.ground.persons:
        answers["tokens"] = probe.redeem(probe.grant())
        userinfo = probe.userinfo(str(answers["tokens"].json.get("access_token")))
        answers["UserInfo"] = userinfo
    for words, answer in answers.items():
        for header, value in GUARDS.items():
            told = answer.header(header)
            probe.expect(
                value in told,
                answer,
                tried=f"the headers of {words}",
                wanted=f"{header}: {value}, not {told or 'none'}",
            )
