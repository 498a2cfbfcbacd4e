"""What a try ticks of tokens that PyJWT signed, and of such as nobody signed."""

import json
from dataclasses import replace
from typing import Any

import jwt
import pytest

from idp.protocol import try_checks
from idp.protocol.try_checks import Expected, Ticked
from tests.support.relying_party import ec_key, rsa_key

NOW = 1_790_000_000
EXPECTED = Expected("https://id.example/", "tax", "s", "n", "ES256", None, None, NOW)
SIGNERS: dict[str, Any] = {"ES256": ec_key("try"), "RS256": rsa_key("try")}
HALVES: dict[str, Any] = {
    "ES256": jwt.algorithms.ECAlgorithm,
    "RS256": jwt.algorithms.RSAAlgorithm,
}


def key_set(algorithm: str, key: Any = None) -> list[dict[str, Any]]:
    public = (key or SIGNERS[algorithm]).public_key()
    return [{**json.loads(HALVES[algorithm].to_jwk(public)), "kid": "k"}]


def told(algorithm: str, **claims: Any) -> str:
    mine = {"iss": EXPECTED.issuer, "aud": "tax", "nonce": "n", "sub": "p"}
    times = {"iat": NOW, "exp": NOW + 60}
    key = SIGNERS[algorithm]
    return jwt.encode({**mine, **times, **claims}, key, algorithm, headers={"kid": "k"})


def failed(ticks: list[Ticked]) -> set[str]:
    return {each.name for each in ticks if not each.passed}


@pytest.mark.parametrize("algorithm", SIGNERS)
def test_a_signature_is_believed_of_its_key_alone(algorithm: str) -> None:
    expected = replace(EXPECTED, algorithm=algorithm)
    token = try_checks.decoded(told(algorithm))
    others = key_set(algorithm, ec_key("else") if algorithm == "ES256" else rsa_key("else"))
    for keys, wrong in (
        (key_set(algorithm), set()),
        (others, {"signature"}),
        ([{"kid": "k"}], {"signature"}),
        ([], {"kid", "signature"}),
    ):
        found = failed(try_checks.check_id_token(token, keys, "", expected))
        assert found == {"at_hash"} | wrong


@pytest.mark.parametrize("token", ["", "a", "a.b", "e30.W10.x", "W10.e30.x", "e30.e30"])
def test_what_cannot_be_read_passes_nothing_that_counts(token: str) -> None:
    read = try_checks.decoded(token)
    found = failed(try_checks.check_id_token(read, key_set("ES256"), "", EXPECTED))
    assert found >= {"alg", "kid", "signature", "iss", "aud", "sub", "exp"}


@pytest.mark.parametrize(
    ("claims", "expected", "wrong"),
    [
        ({"vot": "Cl.Cm"}, {"levels": frozenset({"Cl.Cm"})}, set()),
        ({"vot": "Cl"}, {"levels": frozenset({"Cl.Cm"})}, {"vot"}),
        ({"auth_time": NOW - 60}, {"max_age": 60}, set()),
        ({"auth_time": NOW - 61}, {"max_age": 60}, {"auth_time"}),
        ({}, {"max_age": 60}, {"auth_time"}),
        ({"exp": NOW}, {}, {"exp"}),
        ({"iat": NOW + 1}, {}, {"iat"}),
    ],
)
def test_level_age_and_times(
    claims: dict[str, Any], expected: dict[str, Any], wrong: set[str]
) -> None:
    token = try_checks.decoded(told("ES256", **claims))
    ticks = try_checks.check_id_token(token, key_set("ES256"), "", replace(EXPECTED, **expected))
    assert failed(ticks) == {"at_hash"} | wrong
