"""Attacks by signed requests, and by requests that stand elsewhere (RFC 9101)."""

import json
from collections.abc import Collection
from typing import Any

from tests.auth_flows import jose
from tests.auth_flows.asking import Asked, challenge_of
from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.assertions import another_key
from tests.auth_flows.attacks.redirects import EVIL
from tests.auth_flows.places import object_audience, request_claims, send_object, signing_client
from tests.auth_flows.probe import Probe, claims_of, got_tokens
from tests.auth_flows.targets import Client
from tests.auth_flows.traps import trap
from tests.auth_flows.wire import Answer

REFUSED = (
    "invalid_request_object", "invalid_request", "unauthorized_client", "access_denied",
)  # fmt: skip
NOT_FETCHED = (
    *REFUSED, "request_uri_not_supported", "invalid_request_uri", "request_not_supported",
)  # fmt: skip
VERIFIER = "attackers-verifier-" * 3


def _signed(probe: Probe, client: Client, asked: Asked, /, **changes: Any) -> str:
    """A request object of this request; a change to None leaves a claim out."""
    now = int(probe.ground.clock.now())
    claims = request_claims(asked, object_audience(probe, client), now) | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    header = {"alg": jose.algorithm_of(client.key), "typ": "oauth-authz-req+jwt"}
    return jose.compact(header, claims, jose.by_key(client.key))


def _bring(probe: Probe, client: Client, token: str, /, **beside: str | None) -> Answer:
    """Bring it, with the address beside it where the client's profile wants that."""
    usual: dict[str, str | None] = {"redirect_uri": client.redirect_uri} if client.vectors else {}
    return send_object(probe, client, token, **(usual | beside))


def _works(probe: Probe, client: Client) -> None:
    answer = _bring(probe, client, _signed(probe, client, probe.ask(client)))
    kind = probe.outcome(answer, client).kind
    probe.works(kind in ("page", "goes on"), answer, f"a request object of {client.id}")


def _is_refused(
    probe: Probe, client: Client, answer: Answer, tried: str, errors: Collection[str] = REFUSED
) -> None:
    """Refused here or at this client; what was not understood need not bring its state back."""
    outcome = probe.outcome(answer, client)
    probe.expect(
        outcome.kind == "refused here"
        or (
            outcome.kind == "sent back" and outcome.error in errors and "code" not in outcome.values
        ),
        answer,
        tried=tried,
        wanted=f"a refusal ({' or '.join(sorted(errors))}), with neither code nor token",
    )


@attack("JAR-01", fix="Fetch no request, or those of registered https addresses alone.",
        left_out="addresses that the provider reaches and this machine does not")  # fmt: skip
def fetched_from_anywhere(probe: Probe) -> None:
    probe.plain_request_works()
    clients = [probe.client, *probe.clients_by("private_key_jwt")[:1]]
    for client in clients:
        asked = probe.ask(client)
        document = _signed(probe, client, asked) if client.key else json.dumps(dict(asked.pairs))
        with trap(document) as trapped:
            for address in (
                f"{trapped.url}/request.jwt",
                f"{trapped.url}/request.jwt#part",
                f"http://localhost:{trapped.port}/",
                f"https://127.0.0.1:{trapped.port}/",
                f"HTTP://127.0.0.1:{trapped.port}/",
                f"http://[::ffff:127.0.0.1]:{trapped.port}/",
                f"//127.0.0.1:{trapped.port}/",
                f"gopher://127.0.0.1:{trapped.port}/_x",
                "file:///etc/passwd",
                "http://169.254.169.254/latest/meta-data/",
                "urn:ietf:params:oauth:request_uri:no-such-request",
            ):
                _not_fetched(probe, client, asked, address)
            probe.expect(
                trapped.calls == 0,
                probe.authorize(probe.ask(client, request_uri=f"{trapped.url}/last")),
                tried="addresses of this machine as request_uri",
                wanted=f"nobody calls there, not {trapped.calls} times",
            )


def _not_fetched(probe: Probe, client: Client, asked: Asked, address: str) -> None:
    answer = probe.authorize(probe.ask(client, request_uri=address))
    _is_refused(probe, client, answer, f"request_uri={address}", NOT_FETCHED)
    if client.key and probe.ground.metadata.get("request_parameter_supported"):
        token = _signed(probe, client, asked, request_uri=address)
        answer = _bring(probe, client, token)
        _is_refused(probe, client, answer, f"{address} inside an object", NOT_FETCHED)


@attack("JAR-02", fix="Check signature, iss, aud, client_id and times of every request object.")
def not_ones_own(probe: Probe) -> None:
    signing_client(probe)
    now, clients = int(probe.ground.clock.now()), probe.clients_by("private_key_jwt")
    for client in clients:
        _works(probe, client)
        other = next((one for one in clients if one != client), None)
        another = next((one.id for one in probe.target.clients if one != client), "nobody")
        changes: tuple[dict[str, Any], ...] = (
            {"aud": "https://attacker.example/"},
            {"aud": ["https://attacker.example/"]},
            {"aud": []},
            {"aud": None},
            {"aud": client.id},
            {"iss": None},
            {"iss": "somebody-else"},
            {"iss": probe.target.issuer},
            {"client_id": "somebody-else"},
            {"client_id": another},
            {"client_id": None},
            {"exp": now - 120},
            {"exp": now - 7200},
            {"exp": str(now + 60)},
            {"nbf": now + 600},
            {"request": "a.b.c"},
            {"redirect_uri": EVIL},
            {"sub": client.id},
        )
        for change in changes:
            answer = _bring(probe, client, _signed(probe, client, probe.ask(client), **change))
            _is_refused(probe, client, answer, f"a request object with {change} at {now}")
        for words, key in (("another client", other and other.key), ("nobody", another_key())):
            if key:
                asked = probe.ask(client)
                claims = request_claims(asked, object_audience(probe, client), now)
                token = jose.compact({"alg": jose.algorithm_of(key)}, claims, jose.by_key(key))
                answer = _bring(probe, client, token)
                _is_refused(probe, client, answer, f"signed with the key of {words}")
        if other:
            theirs = _signed(probe, other, probe.ask(other))
            answer = _bring(probe, client, theirs)
            _is_refused(probe, client, answer, "the request object of another client")


@attack("JAR-03", fix="Take every value from the signed object, and refuse another client_id.")
def changed_beside(probe: Probe) -> None:
    client = signing_client(probe)
    _works(probe, client)
    probe.redeeming_works(client)
    for name, value in (
        ("state", "changed"),
        ("nonce", "changed"),
        ("redirect_uri", EVIL),
        ("scope", f"{client.scope} profile"),
        ("response_type", "token"),
        ("response_type", "code id_token"),
        ("response_mode", "fragment"),
        ("prompt", "login"),
        ("code_challenge", challenge_of(VERIFIER)),
        ("code_challenge_method", "plain"),
        ("claims", json.dumps({"id_token": {"email": None}})),
    ):
        _inside_counts(probe, client, name, value)
    asked = probe.ask(client)
    token = _signed(probe, client, asked)
    answer = probe.authorize(Asked(probe.client, [
        ("client_id", probe.client.id), ("redirect_uri", probe.client.redirect_uri),
        ("response_type", "code"), ("scope", client.scope), ("request", token),
    ], "", "", ""))  # fmt: skip
    _is_refused(probe, probe.client, answer, "another client_id beside it")
    answer = _bring(probe, client, _signed(probe, client, asked, redirect_uri=EVIL))
    probe.refused_here(answer, f"redirect_uri={EVIL} inside it")
    for address in (EVIL, client.redirect_uri):
        claims = dict(probe.ask(client).pairs) | {"redirect_uri": address, "iss": client.id}
        bare = jose.compact({"alg": "none"}, claims, jose.unsigned)
        answer = _bring(probe, client, bare)
        probe.refused_here(answer, f"redirect_uri={address} in an unsigned one")
    _narrow_stays_narrow(probe, client)


def _inside_counts(probe: Probe, client: Client, name: str, value: str) -> None:
    """A value beside the object is refused, or changes nothing of what the object asks."""
    asked = probe.ask(client)
    token = _signed(probe, client, asked)
    url = Asked(client, [("client_id", client.id), ("request", token)], "", "", "")
    beside = {"response_type": "code", "scope": client.scope} | {name: value}
    url.pairs.extend(beside.items())
    answer = probe.authorize(url, browser=probe.ground.signed_in())
    outcome = probe.outcome(answer, client)
    tried = f"{name}={value[:40]} beside a request object"
    probe.expect(
        outcome.kind in ("sent back", "refused here")
        and EVIL not in answer.location
        and outcome.values.get("state", asked.state) in (asked.state, ""),
        answer,
        tried=tried,
        wanted="a refusal, or the answer that was signed for",
    )
    code = outcome.values.get("code")
    if not code:
        return
    probe.expect(
        "#" not in answer.location.rstrip("#_="),
        answer,
        tried=tried,
        wanted="the answer in the query, as was signed",
    )
    given = probe.token(probe.fields_for(asked, code), client)
    told = claims_of(str(given.json.get("id_token", "")))
    probe.expect(
        got_tokens(given) and told.get("nonce") == asked.nonce and "email" not in told,
        given,
        tried=f"the tokens of it ({tried})",
        wanted="those that were signed for: verifier, nonce and claims",
    )


def _narrow_stays_narrow(probe: Probe, client: Client) -> None:
    asked = probe.ask(client, scope="openid")
    token = _signed(probe, client, asked)
    pairs = [("client_id", client.id), ("response_type", "code"), ("scope", client.scope),
             ("request", token)]  # fmt: skip
    answer = probe.authorize(Asked(client, pairs, "", "", ""), browser=probe.ground.signed_in())
    code = probe.outcome(answer, client).values.get("code")
    if not code:
        errors = (*REFUSED, "invalid_scope")
        _is_refused(probe, client, answer, "a wider scope beside it", errors)
        return
    given = probe.token(probe.fields_for(asked, code), client)
    told = probe.userinfo(str(given.json.get("access_token")))
    probe.expect(
        told.status == 200 and "email" not in told.json,
        told,
        tried=f"scope={client.scope} beside a request object for openid",
        wanted="UserInfo tells what was signed for",
    )


@attack("JAR-04", fix="Answer what is not supported by its own error; never pass over it.")
def passed_over(probe: Probe) -> None:
    probe.plain_request_works()
    metadata = probe.ground.metadata
    registration = json.dumps({"client_name": "Evil", "redirect_uris": [EVIL]})
    tries = [("registration", registration, "registration_not_supported")]
    if not metadata.get("request_parameter_supported"):
        bare = jose.compact({"alg": "none"}, {"redirect_uri": EVIL}, jose.unsigned)
        tries.append(("request", bare, "request_not_supported"))
    if not metadata.get("request_uri_parameter_supported"):
        tries.append(("request_uri", "https://attacker.example/r", "request_uri_not_supported"))
    for name, value, error in tries:
        for more in ({}, {"prompt": "none"}):
            asked = probe.ask(**more, **{name: value})
            answer = probe.authorize(asked)
            probe.refused(answer, (error, "invalid_request"), f"{name}={value[:60]}", asked)
