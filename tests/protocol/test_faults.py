"""Faulty answers on request: each is wrong in one way, and everything else stays as it was."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp.protocol import faults
from tests.protocol.examples import NOW

CLAIMS: dict[str, Any] = {
    "iss": "https://id.example/",
    "sub": "a subject",
    "aud": "tax-account",
    "exp": NOW + 120,
    "iat": NOW,
    "nonce": "a nonce",
    "vot": "Cl.Cm",
}
KEY = ec.generate_private_key(ec.SECP256R1())


def changed(claims: dict[str, object], before: dict[str, object] = CLAIMS) -> set[str]:
    return {name for name in claims if claims[name] != before.get(name)}


@pytest.mark.parametrize(
    ("fault", "members"),
    [
        ("INVALID_ISS", {"iss"}),
        ("INVALID_AUD", {"aud"}),
        ("NONCE_NOT_MATCHING", {"nonce"}),
        ("TOKEN_EXPIRED", {"iat", "exp"}),
        ("TOKEN_NOT_VALID_YET", {"iat", "nbf", "exp"}),
        ("INCORRECT_VOT", {"vot"}),
        ("INVALID_SIGNATURE", set()),
    ],
)
def test_an_id_token_is_spoilt_where_asked(fault: str, members: set[str]) -> None:
    spoilt = faults.spoilt_id_token(CLAIMS, {f"id_token.{fault}"}, NOW)
    assert changed(spoilt) == members
    assert faults.spoilt_core_identity(CLAIMS, {f"id_token.{fault}"}, NOW) == CLAIMS


def test_times_are_spoilt_in_the_right_direction() -> None:
    expired = faults.spoilt_id_token(CLAIMS | {"nbf": NOW}, {"id_token.TOKEN_EXPIRED"}, NOW)
    assert expired["nbf"] == expired["iat"] < expired["exp"] < NOW  # type: ignore[operator]
    early = faults.spoilt_id_token(CLAIMS, {"id_token.TOKEN_NOT_VALID_YET"}, NOW)
    assert NOW < early["nbf"] < early["exp"]  # type: ignore[operator]


def test_a_level_is_spoilt_under_the_name_it_has() -> None:
    wanted = {"id_token.INCORRECT_VOT"}
    assert faults.spoilt_id_token(CLAIMS, wanted, NOW)["vot"] == "Cl"
    assert faults.spoilt_id_token(CLAIMS | {"vot": "Cl"}, wanted, NOW)["vot"] == "Cl.Cm"
    by_acr: dict[str, object] = {"acr": "Cl.Cm"}
    assert faults.spoilt_id_token(by_acr, wanted, NOW) == {"acr": "Cl"}


@pytest.mark.parametrize("fault", ["INVALID_ISS", "INVALID_AUD", "INCORRECT_SUB", "TOKEN_EXPIRED"])
def test_a_core_identity_is_spoilt_where_asked(fault: str) -> None:
    spoilt = faults.spoilt_core_identity(CLAIMS, {f"core_identity.{fault}"}, NOW)
    assert changed(spoilt)
    assert faults.spoilt_id_token(CLAIMS, {f"core_identity.{fault}"}, NOW) == CLAIMS


def test_a_signature_and_an_algorithm_are_spoilt_where_asked() -> None:
    token = jwt.encode(CLAIMS, KEY, algorithm="ES256", headers={"kid": "k"})
    options: Any = {"verify_exp": False, "verify_aud": False, "verify_iat": False}

    def read(spoilt: str) -> dict[str, Any]:
        read: dict[str, Any] = jwt.decode(
            spoilt, KEY.public_key(), algorithms=["ES256"], options=options
        )
        return read

    assert read(faults.spoilt_signature("id_token", token, {"core_identity.INVALID_SIGNATURE"}))
    with pytest.raises(jwt.InvalidSignatureError):
        read(faults.spoilt_signature("id_token", token, {"id_token.INVALID_SIGNATURE"}))
    header = faults.spoilt_signature("id_token", token, {"id_token.INVALID_ALG_HEADER"})
    assert jwt.get_unverified_header(header)["alg"] == "HS256"
    assert jwt.get_unverified_header(header)["kid"] == "k"
    with pytest.raises(jwt.InvalidAlgorithmError):
        read(header)


def test_the_authorization_endpoint_refuses_where_asked() -> None:
    assert faults.refusal(()) is None
    assert faults.refusal({"id_token.INVALID_ISS"}) is None
    assert faults.refusal({"authorize.ACCESS_DENIED"}) == (
        "access_denied",
        "Access denied by resource owner or authorization server",
    )
    assert faults.refusal({"authorize.TEMPORARILY_UNAVAILABLE"}) == (
        "temporarily_unavailable",
        "The authorization server is temporarily unavailable",
    )


def test_every_fault_has_a_name_that_says_where_it_shows() -> None:
    assert len(set(faults.FAULTS)) == len(faults.FAULTS) == 16
    assert {name.partition(".")[0] for name in faults.FAULTS} == {
        "id_token",
        "core_identity",
        "authorize",
    }
