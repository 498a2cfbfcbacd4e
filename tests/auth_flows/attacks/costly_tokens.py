"""Attacks by tokens that are odd inside, or costly to read."""

import base64
import json
import os
import zlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from tests.auth_flows import jose
from tests.auth_flows.attacks import attack
from tests.auth_flows.places import (
    ASSERTION,
    REQUEST,
    Place,
    is_refused,
    places,
    request_claims,
    send_object,
    signing_client,
)
from tests.auth_flows.probe import Probe
from tests.auth_flows.verdicts import NotTried

MOMENT = 5.0
"""Seconds in which a costly token is refused."""
DEPTH = {ASSERTION: 15_000}
LENGTH = {ASSERTION: 30_000}
BOMB = {ASSERTION: 20_000_000}
LEAST_DEPTH, LEAST_LENGTH, LEAST_BOMB = 1_000, 2_000, 1_000_000
"""For tokens that travel in an address or a header, where little fits in."""


def _ours(probe: Probe) -> list[Place]:
    found = [place for place in places(probe) if place.key]
    if not found:
        raise NotTried("no client of the target file has a key to sign with")
    return found


@attack("JWT-07", fix="Compare issuer and subject whole, as the texts they are.",
        left_out="tokens that the provider signs, where only it could make the change")  # fmt: skip
def issuer_in_part(probe: Probe) -> None:
    for place in _ours(probe):
        name = place.make()[1]["iss"]
        for wrong in (
            name[:-1], name + "x", name + "/", name + " ", " " + name, name + "\x00", [name],
            [name, "other"], name.upper(), {"id": name}, f"https://attacker.example/{name}",
        ):  # fmt: skip
            header, claims = place.make()
            token = place.signed(header, claims | {"iss": wrong})
            is_refused(probe, place, token, f"iss={wrong!r}")


@attack("JWT-08", fix="Refuse doubled members, and bound depth and length before parsing.")
def odd_inside(probe: Probe) -> None:
    for place in places(probe):
        depth, length = DEPTH.get(place.name, LEAST_DEPTH), LENGTH.get(place.name, LEAST_LENGTH)
        nested = b"[" * depth + b"]" * depth
        _, claims, signature = place.good_token().split(".")
        for words, head in (
            ("a header of nested lists", nested),
            ("a header that holds nested lists", b'{"alg":"ES256","x":' + nested + b"}"),
            ("a huge header", json.dumps({"alg": "ES256", "x": "A" * length}).encode()),
        ):
            token = f"{jose.b64(head)}.{claims}.{signature}"
            is_refused(probe, place, token, words, MOMENT)
        if place.key:
            _odd_and_signed(probe, place, nested)


def _odd_and_signed(probe: Probe, place: Place, nested: bytes) -> None:
    alg = jose.algorithm_of(place.key)
    for name in ("iss", "aud", "exp"):
        header, claims = place.make()
        other = json.dumps({"exp": 1}.get(name, "https://attacker.example")).encode()
        text = json.dumps(claims).encode()
        both = b'"' + name.encode() + b'":' + other
        for words, payload in (
            ("the right one last", b"{" + both + b"," + text[1:]),
            ("the right one first", text[:-1] + b"," + both + b"}"),
        ):
            is_refused(probe, place, place.signed(header, payload), f"{name} twice, {words}")
    for first, second in (("none", alg), (alg, "none")):
        _, claims = place.make()
        head = f'{{"alg":"{first}","alg":"{second}"}}'.encode()
        is_refused(probe, place, place.signed(head, claims), f"alg twice, {first} first")
    header, claims = place.make()
    text = json.dumps(claims).encode()
    deep = text[:-1] + b',"x":' + nested + b"}"
    is_refused(probe, place, place.signed(header, deep), "claims with nested lists", MOMENT)
    for words, payload in (
        ("a list", b"[]"),
        ("a text", b'"x"'),
        ("nothing", b""),
        ("no JSON", b"{"),
    ):
        is_refused(probe, place, place.signed(header, payload), f"claims that are {words}")


def _encrypted(header: dict[str, Any], plain: bytes, to: rsa.RSAPublicKey | None = None) -> str:
    """A compact JWE by a key that only the holder of `to` finds out, or nobody (RFC 7516)."""
    key, nonce = os.urandom(32), os.urandom(12)
    wrapped = b"" if header["alg"] == "dir" else os.urandom(40)
    if to is not None:
        wrapped = to.encrypt(key, padding.OAEP(padding.MGF1(SHA256()), SHA256(), None))
    if header.get("zip"):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        plain = packer.compress(plain) + packer.flush()
    head = jose.b64(json.dumps(header).encode())
    sealed = AESGCM(key).encrypt(nonce, plain, head.encode())
    parts = (wrapped, nonce, sealed[:-16], sealed[-16:])
    return ".".join([head, *(jose.b64(part) for part in parts)])


def _rsa_key(probe: Probe) -> tuple[rsa.RSAPublicKey, dict[str, Any]] | None:
    for jwk in probe.ground.wire.send("GET", probe.endpoint("jwks_uri")).json.get("keys", []):
        key = jose.from_jwk(jwk)
        if isinstance(key, rsa.RSAPublicKey):
            return key, {"kid": jwk.get("kid", "")}
    return None


@attack("JWT-09", fix="Refuse encrypted tokens unread, or bound p2c and what is unpacked.")
def costly_to_open(probe: Probe) -> None:
    salt, published = base64.urlsafe_b64encode(os.urandom(12)).decode(), _rsa_key(probe)
    for place in places(probe):
        bomb = bytes(BOMB.get(place.name, LEAST_BOMB))
        slow = {"alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2s": salt, "p2c": 2_000_000_000}
        zipped = {"enc": "A256GCM", "zip": "DEF"}
        tokens = {
            "a password to be hashed two thousand million times": _encrypted(slow, b"{}"),
            "packed, by a key to be agreed on": _encrypted({"alg": "dir"} | zipped, bomb),
        }
        if published:
            key, name = published
            head = {"alg": "RSA-OAEP-256"} | zipped | name
            tokens["packed, for the published key"] = _encrypted(head, bomb, key)
        for words, token in tokens.items():
            is_refused(probe, place, token, f"encrypted: {words}", MOMENT)


@attack("JWT-10", fix="Ask for a signature inside whatever was encrypted.",
        left_out="encryption to other keys than a published RSA key")  # fmt: skip
def unsigned_within(probe: Probe) -> None:
    client, published = signing_client(probe), _rsa_key(probe)
    if published is None:
        raise NotTried("the provider publishes no RSA key to encrypt to")
    place = next(place for place in places(probe) if place.name == REQUEST)
    key, name = published
    claims = request_claims(probe.ask(client), probe.target.issuer, int(probe.ground.clock.now()))
    for words, inner in (
        ("plain claims", json.dumps(claims).encode()),
        ("an unsigned token", jose.compact({"alg": "none"}, claims, jose.unsigned).encode()),
    ):
        for more in ({}, {"cty": "JWT"}, {"typ": "oauth-authz-req+jwt"}):
            head = {"alg": "RSA-OAEP-256", "enc": "A256GCM"} | name | more
            token = _encrypted(head, inner, key)
            is_refused(probe, place, token, f"{words}, encrypted to the provider, {more or ''}")
    answer = send_object(probe, client, place.good_token())
    probe.works(place.accepted(answer), answer, "the same request signed, after that")
