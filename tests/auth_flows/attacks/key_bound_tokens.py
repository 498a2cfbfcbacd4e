"""Attacks on tokens that are bound to the key of whoever asked for them (RFC 9449)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.auth_flows import jose
from tests.auth_flows.attacks import attack
from tests.auth_flows.key_proofs import TYPE, WANTS_NONCE, Holder, digest
from tests.auth_flows.probe import Grant, Probe, got_tokens
from tests.auth_flows.pushing import ENDPOINT, Pushed, pushed
from tests.auth_flows.targets import Client
from tests.auth_flows.wire import Answer

REFUSED = ("invalid_dpop_proof", "invalid_grant", "invalid_request", WANTS_NONCE)
AT_ONCE = 6
LONG_AGO = 600
"""Seconds; a proof is good for seconds, or for a few minutes."""


def _tells_nothing(probe: Probe, answer: Answer, tried: str) -> None:
    probe.expect(
        400 <= answer.status < 500 and "sub" not in answer.json,
        answer,
        tried=tried,
        wanted="401, or another refusal, and nothing told",
    )


@attack("DPOP-01", fix="Take a bound token by the scheme DPoP alone, with a proof of its key.",
        left_out="resources other than UserInfo")  # fmt: skip
def without_its_key(probe: Probe) -> None:
    holder, thief = Holder(probe), Holder(probe)
    token, url = holder.bound_token(), probe.endpoint("userinfo_endpoint")
    theirs = thief.signed(thief.header | {"jwk": holder.jwk}, thief.claims("GET", url, token))
    for words, proof, scheme in (
        ("as Bearer, without a proof", "", "Bearer"),
        ("as bearer in small letters, without a proof", "", "bearer"),
        ("as Bearer, with a proof of its key", None, "Bearer"),
        ("as Bearer, with a proof of another key", thief.proof("GET", url, token), "Bearer"),
        ("without a proof", "", "DPoP"),
        ("with a proof of another key", thief.proof("GET", url, token), "DPoP"),
        ("with a proof of another key under the name of its own", theirs, "DPoP"),
    ):
        shown = holder.proof("GET", url, token) if proof is None else proof
        answer = holder.ask_userinfo(token, shown, scheme)
        _tells_nothing(probe, answer, f"a bound token {words}")
    answer = probe.userinfo(token, f"?access_token={token}", header=False)
    _tells_nothing(probe, answer, "a bound token in the query, without a proof")
    answer = probe.ground.wire.form(url, [("access_token", token)])
    _tells_nothing(probe, answer, "a bound token in the body, without a proof")
    holder.still_works(token)


@attack("DPOP-02", fix="Hold htm, htu, iat and ath to the request, and use each jti up once.",
        left_out="times of proofs, where they hold a number of the provider's")  # fmt: skip
def of_another_request(probe: Probe) -> None:
    holder = Holder(probe)
    token, other = holder.bound_token(), str(holder.bound_tokens().json.get("access_token"))
    userinfo, endpoint = probe.endpoint("userinfo_endpoint"), probe.endpoint("token_endpoint")
    for words, change in _wrong_claims(holder, "GET", endpoint, userinfo):
        proof = holder.proof("POST", endpoint, **change)
        answer = holder.redeem(probe.grant(), proof)
        probe.token_refused(answer, REFUSED, f"a good code, and a proof with {words}")
    of_tokens: list[tuple[str, dict[str, Any]]] = [
        ("no ath", {"ath": None}),
        ("an empty ath", {"ath": ""}),
        ("the ath of another token", {"ath": digest(other)}),
        ("the token itself as ath", {"ath": token}),
    ]
    for words, change in [*_wrong_claims(holder, "POST", userinfo, endpoint), *of_tokens]:
        proof = holder.proof("GET", userinfo, token, **change)
        answer = holder.ask_userinfo(token, proof)
        _tells_nothing(probe, answer, f"UserInfo, and a proof with {words}")
    _replayed(probe, holder, token)
    holder.still_works(token)


def _wrong_claims(
    holder: Holder, method: str, url: str, other: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Words and changes, each of which makes a proof one of something else."""
    yield f"the method {method}", {"htm": method}
    yield "no htm", {"htm": None}
    yield "the address of another endpoint", {"htu": other}
    yield "the address of another host", {"htu": "https://attacker.example/token"}
    yield "more behind the address", {"htu": f"{url}/more"}
    yield "a part of the address", {"htu": url[:-1]}
    yield "no htu", {"htu": None}
    yield "no jti", {"jti": None}
    if url in holder.nonces:
        yield "a number that is not the provider's", {"nonce": "made-up"}
        return
    now = int(holder.probe.ground.clock.now())
    yield f"the time of {LONG_AGO} s ago", {"iat": now - LONG_AGO}
    yield f"the time in {LONG_AGO} s", {"iat": now + LONG_AGO}
    yield "no iat", {"iat": None}
    yield "a time that is a text", {"iat": "now"}


def _replayed(probe: Probe, holder: Holder, token: str) -> None:
    """A proof that was used is refused, where it was used and at the same moment."""
    userinfo, endpoint = probe.endpoint("userinfo_endpoint"), probe.endpoint("token_endpoint")
    proof = holder.proof("POST", endpoint)
    first = holder.redeem(probe.grant(), proof)
    probe.works(got_tokens(first), first, "redeeming a code with a proof made before")
    answer = holder.redeem(probe.grant(), proof)
    probe.token_refused(answer, REFUSED, "the same proof with another good code")
    proof = holder.proof("GET", userinfo, token)
    first = holder.ask_userinfo(token, proof)
    probe.works(first.status == 200, first, "UserInfo with a proof made before")
    _tells_nothing(probe, holder.ask_userinfo(token, proof), "UserInfo with the same proof again")
    proof = holder.proof("GET", userinfo, token)
    answers = probe.at_once(AT_ONCE, lambda: holder.ask_userinfo(token, proof))
    won = [answer for answer in answers if answer.status == 200]
    probe.expect(
        len(won) == 1,
        (won or answers)[-1],
        tried=f"UserInfo with one proof {AT_ONCE} times at once",
        wanted=f"exactly one is answered, not {len(won)}",
    )


@attack("DPOP-03", fix="Take proofs of the type dpop+jwt alone, signed by the public key in them.")
def wrong_proofs(probe: Probe) -> None:
    holder = Holder(probe)
    token = holder.bound_token()
    userinfo, endpoint = probe.endpoint("userinfo_endpoint"), probe.endpoint("token_endpoint")
    for words, made in _forgeries(holder):
        answer = holder.redeem(probe.grant(), made(holder.claims("POST", endpoint)))
        probe.token_refused(answer, REFUSED, f"a good code, and a proof {words}")
        answer = holder.ask_userinfo(token, made(holder.claims("GET", userinfo, token)))
        _tells_nothing(probe, answer, f"UserInfo, and a proof {words}")
    holder.still_works(token)


Made = Callable[[dict[str, Any]], str]


def _forgeries(holder: Holder) -> Iterator[tuple[str, Made]]:
    """Words, and what makes such a proof of good claims."""
    head, stranger = holder.header, Holder(holder.probe)

    def headed(**changes: Any) -> Made:
        return lambda claims: holder.signed(head | changes, claims)

    def by(sign: jose.Sign, **changes: Any) -> Made:
        return lambda claims: jose.compact(head | changes, claims, sign)

    for none in ("none", "None", "NONE", ""):
        yield f"with alg={none!r}, unsigned", by(jose.unsigned, alg=none)
    for form, secret in jose.as_secrets(jose.public_half(holder.key)).items():
        yield f"by HS256 with the public key as {form}", by(jose.by_secret(secret), alg="HS256")
    shared = {"kty": "oct", "k": jose.b64(b"a secret of thirty-two letters..")}
    by_secret = jose.by_secret(b"a secret of thirty-two letters..")
    yield "by HS256 with the secret in it", by(by_secret, alg="HS256", jwk=shared)
    for typ in ("JWT", "at+jwt", "oauth-authz-req+jwt", TYPE[:-1], None):
        yield f"of the type {typ}", headed(typ=typ)
    yield "with the private key in it", headed(jwk=holder.jwk | {"d": _private_part(holder.key)})
    yield "without a key", headed(jwk=None)
    yield "with a text for a key", headed(jwk=json.dumps(holder.jwk))
    yield "with its key by address", headed(jwk=None, jku="https://attacker.example/keys")
    yield "signed by another key", by(jose.by_key(stranger.key))
    yield "with another signature", lambda claims: jose.forged(holder.signed(head, claims))
    yield "with an empty signature", by(jose.unsigned)
    yield "with an extension that is critical", headed(crit=["bork"], bork=True)
    yield "with another alg than its key's", headed(alg="PS256")
    yield (
        "beside another",
        lambda claims: ", ".join(
            holder.signed(head, claims | {"jti": f"{claims['jti']}{n}"}) for n in range(2)
        ),
    )
    yield "that is no token", lambda claims: "a.b.c"


def _private_part(pem: str) -> str:
    key = load_pem_private_key(pem.encode(), None)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return jose.b64(key.private_numbers().private_value.to_bytes(jose.COORDINATE))
    if isinstance(key, rsa.RSAPrivateKey):
        number = key.private_numbers().d
        return jose.b64(number.to_bytes(-(-number.bit_length() // 8)))
    raise TypeError("neither an elliptic nor an RSA key")


@attack("DPOP-04", fix="Hold a code to dpop_jkt or its push's key, a refresh token to its own.",
        left_out="refresh tokens, where the file names no public client with offline_access",
)  # fmt: skip
def moved_to_another_key(probe: Probe) -> None:
    holder, thief = Holder(probe), Holder(probe)
    holder.bound_tokens(probe.grant(dpop_jkt=holder.thumbprint))
    answer = thief.redeem(probe.grant(dpop_jkt=holder.thumbprint))
    probe.token_refused(answer, REFUSED, "a code asked for by dpop_jkt, with a proof of another")
    answer = probe.redeem(probe.grant(dpop_jkt=holder.thumbprint))
    probe.token_refused(answer, REFUSED, "a code asked for by dpop_jkt, without a proof")
    if ENDPOINT in probe.ground.metadata:
        _pushed_with_a_key(probe, holder, thief)
    for client in probe.target.special_clients:
        if "offline_access" in client.scope and probe.ground.offers("refresh_tokens"):
            _refreshed(probe, client, holder, thief)


def _pushed_with_a_key(probe: Probe, holder: Holder, thief: Holder) -> None:
    """A code is bound to the key that the request was pushed with, or by dpop_jkt in the push."""

    def by_name() -> Pushed:
        return pushed(probe, dpop_jkt=holder.thumbprint)

    for words, make in (("with a proof", holder.pushed), ("with dpop_jkt", by_name)):
        for whose, beside in ((holder, ""), (thief, ""), (None, ""), (thief, thief.thumbprint)):
            one = make()
            asked = one.brought(**({"dpop_jkt": beside} if beside else {}))
            done = probe.go_through(probe.ground.signed_in(), asked)
            grant = Grant(one.asked, done.outcome.values.get("code", ""))
            if whose is holder:
                holder.bound_tokens(grant)
                continue
            answer = whose.redeem(grant) if whose else probe.redeem(grant)
            said = "a proof of another key" if whose else "no proof"
            also = ", which the query names" if beside else ""
            probe.token_refused(
                answer, REFUSED, f"a code whose request was pushed {words}, and {said}{also}"
            )


def _refreshed(probe: Probe, client: Client, holder: Holder, thief: Holder) -> None:
    """A refresh token of a public client works with the key alone that it was given to."""
    tokens = holder.bound_tokens(probe.grant(client, prompt="consent"))
    token = str(tokens.json.get("refresh_token", ""))
    probe.works(bool(token), tokens, f"a refresh token for {client.id}")
    for whose, said in ((thief, "a proof of another key"), (None, "no proof")):
        fields = [("grant_type", "refresh_token"), ("refresh_token", token)]
        answer = whose.for_tokens(fields, client) if whose else probe.token(fields, client)
        probe.token_refused(answer, REFUSED, f"a refresh token of a public client, and {said}")
    answer = holder.for_tokens(fields, client)
    probe.works(got_tokens(answer), answer, "the same refresh token with a proof of its key")
