"""Attacks on clients that prove themselves by a signed assertion (RFC 7523)."""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.auth_flows import jose
from tests.auth_flows.attacks import attack
from tests.auth_flows.attacks.client_proofs import KEY
from tests.auth_flows.knocking import NOBODY, Knocking
from tests.auth_flows.probe import Probe, got_tokens
from tests.auth_flows.proof import assertion_claims, by_assertion
from tests.auth_flows.targets import Client
from tests.auth_flows.verdicts import NotTried
from tests.auth_flows.wire import Answer, Pairs

AT_ONCE = 6
DAY = 86_400
NOT_BELIEVED = ("invalid_client", "invalid_request", "unauthorized_client")
"""An `invalid_grant` would mean that the client was believed, and the code another's."""


def client_by_key(probe: Probe) -> Client:
    """A client of ours that signs. Raises NotTried if there is none."""
    clients = probe.clients_by(KEY)
    if not clients:
        raise NotTried("no client of the target file proves itself by a key")
    return clients[0]


def another_key() -> str:
    """A private key that nobody knows."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _claims(probe: Probe, client: Client) -> dict[str, Any]:
    now = int(probe.ground.clock.now())
    return assertion_claims(client, probe.endpoint("token_endpoint"), now)


def _signed(client: Client, claims: Mapping[str, Any], key: str = "") -> Pairs:
    key = key or client.key
    token = jose.compact({"alg": jose.algorithm_of(key)}, claims, jose.by_key(key))
    return by_assertion(token)


@attack("CLIENT-07", fix="Use each jti up in one atomic statement, until the assertion expires.")
def replayed(probe: Probe) -> None:
    client_by_key(probe)
    for client in probe.clients_by(KEY):
        knocking = Knocking(probe, client)
        fields = _signed(client, _claims(probe, client))
        first = knocking.send(fields)
        probe.works(got_tokens(first), first, "an assertion made by hand")
        knocking.is_not_believed(fields, tried="the same assertion with another code")
        _replayed_elsewhere(probe, client, str(first.json.get("access_token")), fields)
        fields = _signed(client, _claims(probe, client))
        wrong = [("grant_type", "authorization_code"), ("code", "no-such-code"),
                 ("redirect_uri", client.redirect_uri)]  # fmt: skip
        probe.ground.wire.form(probe.endpoint("token_endpoint"), wrong + fields)
        knocking.is_not_believed(fields, tried="one that came with a wrong code before")
        knocking.code_was_good()
        _at_once(probe, client)


def _replayed_elsewhere(probe: Probe, client: Client, token: str, used: Pairs) -> None:
    """An assertion that got tokens asks nothing at another endpoint."""
    if "introspection_endpoint" not in probe.ground.metadata:
        return
    query: Pairs = [("token", token)]
    if _asked(probe, query + _signed(client, _claims(probe, client))).status == 200:
        answer = _asked(probe, query + used)
        probe.expect(
            answer.status in (400, 401),
            answer,
            tried="an assertion that was used for tokens, at introspection",
            wanted="400 or 401: it was used",
        )


def _asked(probe: Probe, fields: Pairs) -> Answer:
    return probe.ground.wire.form(probe.endpoint("introspection_endpoint"), fields)


def _at_once(probe: Probe, client: Client) -> None:
    fields = _signed(client, _claims(probe, client))
    codes = iter([probe.token_fields(probe.grant(client)) for _ in range(AT_ONCE)])
    endpoint = probe.endpoint("token_endpoint")
    answers = probe.at_once(AT_ONCE, lambda: probe.ground.wire.form(endpoint, next(codes) + fields))
    won = [answer for answer in answers if got_tokens(answer)]
    for answer in won:
        probe.ground.wire.masker.learn(str(answer.json.get("access_token")))
    probe.expect(
        len(won) == 1,
        (won or answers)[-1],
        tried=f"one assertion with {AT_ONCE} codes at the same moment",
        wanted=f"exactly one gets tokens, not {len(won)}",
    )


@attack("CLIENT-08", fix="Accept an assertion only if every audience in it is this provider.")
def for_somebody_else(probe: Probe) -> None:
    client = client_by_key(probe)
    knocking = Knocking(probe, client)
    issuer, token = probe.target.issuer, probe.endpoint("token_endpoint")
    elsewhere = "https://attacker.example/token"
    for audience in (
        elsewhere,
        [token, elsewhere],
        [elsewhere],
        [],
        "",
        None,
        probe.endpoint("authorization_endpoint"),
        probe.endpoint("userinfo_endpoint"),
        token + "/",
        issuer.rstrip("/") + ".attacker.example/",
        issuer[: len(issuer) // 2],
        client.id,
    ):
        claims = _claims(probe, client) | {"aud": audience}
        knocking.is_not_believed(_signed(client, claims), tried=f"aud={json.dumps(audience)}")
    claims = _claims(probe, client)
    del claims["aud"]
    knocking.is_not_believed(_signed(client, claims), tried="no aud")
    knocking.code_was_good()


@attack("CLIENT-09", fix="Ask for iss, sub, aud, exp and jti, and hold the times to minutes.")
def wrong_claims(probe: Probe) -> None:
    client = client_by_key(probe)
    knocking = Knocking(probe, client)
    now = int(probe.ground.clock.now())
    for name in ("iss", "sub", "exp", "jti"):
        claims = {key: value for key, value in _claims(probe, client).items() if key != name}
        knocking.is_not_believed(_signed(client, claims), tried=f"no {name}")
    for name, value in (
        ("iss", "somebody-else"),
        ("iss", ""),
        ("sub", "somebody-else"),
        ("exp", now - 120),
        ("exp", now - 2 * 3600),
        ("exp", -1),
        ("exp", now + DAY),
        ("exp", now + 3650 * DAY),
        ("exp", str(now + 60)),
        ("exp", True),
        ("exp", None),
        ("nbf", now + 600),
        ("iat", now + 600),
        ("iat", "yesterday"),
        ("jti", 7),
    ):
        claims = _claims(probe, client) | {name: value}
        knocking.is_not_believed(_signed(client, claims), tried=f"{name}={value!r} at {now}")
    knocking.code_was_good()


@attack("CLIENT-10", fix="Verify by the registered key and its algorithms alone.")
def wrong_signature(probe: Probe) -> None:
    client = client_by_key(probe)
    knocking = Knocking(probe, client)
    alg, sign = jose.algorithm_of(client.key), jose.by_key(client.key)

    def tried(words: str, header: Mapping[str, Any], signature: jose.Sign) -> None:
        token = jose.compact(header, _claims(probe, client), signature)
        knocking.is_not_believed(by_assertion(token), tried=words)

    for none in ("none", "None", "NONE", "nOnE", ""):
        tried(f"alg={none!r}, unsigned", {"alg": none}, jose.unsigned)
    tried("no alg", {}, sign)
    for form, secret in jose.as_secrets(jose.public_half(client.key)).items():
        tried(f"HS256 by the public key as {form}", {"alg": "HS256"}, jose.by_secret(secret))
    tried("HS256 by nothing", {"alg": "HS256"}, jose.by_secret(b""))
    tried("an empty signature", {"alg": alg}, jose.unsigned)
    tried("a signature of zeros", {"alg": alg}, lambda _: bytes(64))
    tried("the key of nobody", {"alg": alg}, jose.by_key(another_key()))
    for other in ("ES384", "RS256", "HS256", "ES256K"):
        if other != alg:
            tried(f"the right key, and alg={other}", {"alg": other}, sign)
    knocking.code_was_good()


@attack("CLIENT-11", fix="Look the key up by the subject, and hold client_id and iss to it.")
def for_another_client(probe: Probe) -> None:
    clients = probe.clients_by(KEY)
    if len(clients) < 2:
        raise NotTried("the target file names no two clients that prove themselves by keys")
    one, other = clients[:2]
    knocking = Knocking(probe, one)
    names: tuple[Pairs, ...] = ([], [("client_id", one.id)], [("client_id", other.id)])
    for name in names:
        said = f", with client_id={name[0][1]}" if name else ""
        fields = _signed(one, _claims(probe, one), other.key)
        knocking.is_not_believed(fields + name, tried="signed by another client's key" + said)
        for claim in ("iss", "sub"):
            claims = _claims(probe, one) | {claim: other.id}
            fields = _signed(one, claims, other.key)
            knocking.is_not_believed(
                fields + name, tried=f"{claim} and key of another client" + said, errors=NOBODY
            )
    knocking.code_was_good()
    knocking = Knocking(probe, other)
    fields = [*_signed(other, _claims(probe, other)), ("client_id", one.id)]
    knocking.is_not_believed(
        fields, tried="its own assertion under another's client_id", errors=NOT_BELIEVED
    )
    knocking.code_was_good()
