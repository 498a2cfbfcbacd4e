"""Attacks on ID tokens that pass the browser: what came with them must not be exchangeable."""

import base64
import hashlib
from collections.abc import Iterable

from tests.auth_flows import jose
from tests.auth_flows.asking import Asked
from tests.auth_flows.attacks import attack
from tests.auth_flows.key_sets import signed_by
from tests.auth_flows.probe import TOKENS, Probe, claims_of, got_tokens
from tests.auth_flows.sign_in import Walk
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import NotTried

REFUSED = ("invalid_request", "unsupported_response_mode", "unauthorized_client")
HASHES = {"c_hash": "code", "at_hash": "access_token"}


@attack("IDT-02", fix="Bind code, access token and state to the ID token that comes with them.")
def loose_answers(probe: Probe) -> None:
    kinds = [kind for kind in _offered(probe) if "id_token" in kind.split()]
    asking = next(((c, k) for k in kinds for c in probe.plain_clients() if _may(probe, c, k)), None)
    if asking is None:
        raise NotTried("no client of the target file may have an ID token by the browser")
    client = asking[0]
    for kind in kinds[kinds.index(asking[1]) :]:
        asked = probe.ask(client, response_type=kind)
        done = _done(probe, asked)
        if "id_token" not in done.outcome.values:
            continue  # this client is registered for fewer
        _is_bound(probe, asked, done)
        _is_the_same_by_the_token_endpoint(probe, asked, done)
        for words, changes in (
            ("without a nonce", {"nonce": None}),
            ("with response_mode=query", {"response_mode": "query"}),
        ):
            worse = probe.ask(client, **{"response_type": kind, **changes})
            told = _done(probe, worse).answers[-1]
            probe.refused(told, REFUSED, f"response_type={kind} {words}", worse)


def _offered(probe: Probe) -> Iterable[str]:
    """The answers with more than a code that are offered, those with most first."""
    kinds = map(str, probe.ground.metadata.get("response_types_supported", []))
    return sorted((k for k in kinds if " " in k), key=lambda k: len(k.split()), reverse=True)


def _may(probe: Probe, client: Client, kind: str) -> bool:
    return "id_token" in _done(probe, probe.ask(client, response_type=kind)).outcome.values


def _done(probe: Probe, asked: Asked) -> Walk:
    done = probe.go_through(probe.ground.signed_in(), asked)
    told = done.outcome.values
    probe.ground.wire.masker.learn(*(told.get(name, "") for name in ("code", *TOKENS)))
    return done


def half_hash(token: str, value: str) -> str:
    """What an ID token should say of `value` by the hash of its own signature (Core 3.3.2.11)."""
    alg = str(jose.header_of(token).get("alg"))
    size = "512" if alg == "EdDSA" else alg[-3:]
    digest = hashlib.new(f"sha{size}" if size in ("256", "384", "512") else "sha256")
    digest.update(value.encode())
    half = digest.digest()[: digest.digest_size // 2]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()


def _is_bound(probe: Probe, asked: Asked, done: Walk) -> None:
    """The ID token of this answer says what else is in it, and whom it is for."""
    told, answer = done.outcome.values, done.answers[-1]
    token, kind = told["id_token"], asked.value("response_type")
    claims = claims_of(token)
    probe.works(bool(claims), answer, f"an ID token by the browser (response_type={kind})")
    keys = probe.ground.wire.send("GET", probe.endpoint("jwks_uri"))
    holds = {
        "it is signed by a published key": signed_by(token, keys),
        "iss is the issuer": claims.get("iss") == probe.target.issuer,
        "aud is the client": claims.get("aud") in (asked.client.id, [asked.client.id]),
        "nonce is that of the request": claims.get("nonce") == asked.nonce,
        "s_hash is of the state, or not there": claims.get("s_hash")
        in (None, half_hash(token, asked.state)),
    }
    for name, of in HASHES.items():
        if of in told:
            right = half_hash(token, told[of])
            holds[f"{name} is there, and of the {of}"] = claims.get(name) == right
    for words, held in holds.items():
        probe.expect(held, answer, tried=f"the ID token with {kind}", wanted=words)


def _is_the_same_by_the_token_endpoint(probe: Probe, asked: Asked, done: Walk) -> None:
    told = done.outcome.values
    if "code" not in told:
        return
    answer = probe.token(probe.fields_for(asked, told["code"]), asked.client)
    probe.works(got_tokens(answer), answer, "redeeming the code that came with it")
    first = claims_of(told["id_token"])
    token = str(answer.json.get("id_token", ""))
    second = claims_of(token)
    right = half_hash(token, str(answer.json.get("access_token")))
    for words, held in {
        "iss, sub and nonce of the first": all(
            second.get(name) == first.get(name) for name in ("iss", "sub", "nonce")
        ),
        "at_hash of its access token, or none": second.get("at_hash") in (None, right),
    }.items():
        probe.expect(held, answer, tried="the ID token for that code", wanted=words)
