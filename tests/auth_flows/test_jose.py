"""Tokens made by hand are what a library takes them for."""

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.auth_flows import jose

CLAIMS = {"iss": "us"}


def pem_of(key: PrivateKeyTypes) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)]
)
def test_another_library_believes_what_is_signed_by_a_key(key: PrivateKeyTypes) -> None:
    pem = pem_of(key)
    alg = jose.algorithm_of(pem)
    token = jose.compact({"alg": alg}, CLAIMS, jose.by_key(pem))
    again = jose.from_jwk(jose.as_jwk(jose.public_half(pem)))
    assert again is not None
    assert jwt.decode(token, again, algorithms=[alg]) == CLAIMS
    assert jose.header_of(token) == {"alg": alg}


def test_another_library_believes_what_is_signed_by_a_secret() -> None:
    secret = b"s" * 32
    token = jose.compact({"alg": "HS256"}, CLAIMS, jose.by_secret(secret))
    assert jwt.decode(token, secret, algorithms=["HS256"]) == CLAIMS


def test_what_is_no_token_has_no_header_and_what_is_no_key_is_none() -> None:
    assert jose.header_of("a.b.c") == {}
    assert jose.from_jwk({"kty": "EC", "crv": "P-256", "x": "_", "y": "_"}) is None
    assert jose.from_jwk({"kty": "oct"}) is None


def test_a_forged_signature_reads_as_well_as_the_one_it_replaces() -> None:
    signature = jose.b64(bytes(range(64)))
    forged = jose.forged(f"head.claims.{signature}").rpartition(".")[2]
    assert forged != signature
    assert len(jose.un64(forged)) == 64
    assert jose.b64(jose.un64(forged)) == forged
