"""Attacks on the keys that the provider publishes, and on what it signs with."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.auth_flows import jose
from tests.auth_flows.attacks import attack
from tests.auth_flows.credentials import check_credential
from tests.auth_flows.key_sets import keys_in, signed_by
from tests.auth_flows.probe import Probe, claims_of
from tests.auth_flows.wire import Answer

PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
SHORTEST = 2048
SHORTEST_SECRET = 32
"""Bytes: as long as the hash of HS256."""
CURVES = ("P-256", "P-384", "P-521", "Ed25519", "Ed448")


@attack("KEY-01", fix="Publish the public members of strong keys, each under a kid of its own.")
def weak_keys(probe: Probe) -> None:
    published = probe.ground.wire.send("GET", probe.endpoint("jwks_uri"))
    token = str(probe.redeeming_works().json.get("id_token"))
    probe.works(signed_by(token, published), published, "verifying an ID token by the key set")
    _are_good(probe, published)
    if "identity_keys" in probe.target.pages:
        others = probe.ground.wire.send("GET", probe.page("identity_keys"))
        _are_good(probe, others)
        shared = [
            key for key in keys_in(others) if _number(key) in map(_number, keys_in(published))
        ]
        probe.expect(
            not shared,
            others,
            tried="the keys of identity credentials beside those of ID tokens",
            wanted="none is both",
        )
        check_credential(probe, published, others)


def _number(key: dict[str, Any]) -> Any:
    return key.get("x") or key.get("n")


def _are_good(probe: Probe, answer: Answer) -> None:
    keys = keys_in(answer)
    names = [key.get("kid") for key in keys]
    faults = [fault for key in keys for fault in _faults(key)]
    probe.expect(bool(keys) and not faults, answer, tried="every published key",
                 wanted="public members of strong keys" + (f", not {faults[0]}" if faults else ""),
    )  # fmt: skip
    probe.expect(
        len(set(names)) == len(names) and all(names),
        answer,
        tried="the names of the keys",
        wanted="each has a kid of its own",
    )


def _faults(key: dict[str, Any]) -> list[str]:
    found = [f"the private member {name}" for name in PRIVATE if name in key]
    kind, alg = key.get("kty"), str(key.get("alg", ""))
    if kind not in ("RSA", "EC", "OKP"):
        found.append(f"a key of the kind {kind}")
    if kind == "RSA":
        parsed = jose.from_jwk(key)
        strong = isinstance(parsed, rsa.RSAPublicKey) and parsed.key_size >= SHORTEST
        if not strong or parsed is None or jose.un64(str(key["e"])) in (b"\1", b"\2"):
            found.append("a weak RSA key")
    elif key.get("crv") not in CURVES:
        found.append(f"a key on the curve {key.get('crv')}")
    if key.get("use") not in (None, "sig", "enc"):
        found.append(f"a key for {key.get('use')}")
    if alg[:2] and not alg.startswith({"RSA": ("RS", "PS")}.get(str(kind), ("ES", "Ed", "EC"))):
        found.append(f"a key of the kind {kind} for {alg}")
    return found


@attack("KEY-04", fix="Sign ID tokens by a private key; a secret for that must be 32 bytes long.",
        left_out="registering a client for such tokens")  # fmt: skip
def signed_by_a_secret(probe: Probe) -> None:
    for client in (client for client in probe.target.clients if client.secret):
        answer = probe.redeeming_works(client)
        token = str(answer.json.get("id_token"))
        alg = str(jose.header_of(token).get("alg"))
        long = len(client.secret.encode()) >= SHORTEST_SECRET
        probe.expect(
            bool(claims_of(token)) and (not alg.startswith("HS") or long) and alg != "none",
            answer,
            tried=f"the signature of an ID token for a client by {client.method}",
            wanted=f"none by a short secret, not {alg}",
        )
        signed, _, signature = token.rpartition(".")
        made = jose.b64(jose.by_secret(client.secret.encode())(signed.encode()))
        probe.expect(
            made != signature or long,
            answer,
            tried="the same signature made from the client's secret",
            wanted="it is another",
        )
    offered = probe.ground.metadata.get("id_token_signing_alg_values_supported", [])
    published = probe.ground.wire.send("GET", probe.endpoint("jwks_uri"))
    probe.expect(
        "none" not in offered, published, tried="the metadata", wanted="no unsigned ID tokens"
    )
