"""Keys that people paste: the public ones are read, in whatever form; no private one is."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc.jwk import ECKey, RSAKey

from idp.domain import client_keys
from idp.domain.pasted_keys import (
    KeyFault,
    NotAKey,
    PrivateKeyPasted,
    read_public_key,
    refuse_private_key,
)
from tests.support.relying_party import ec_key, public_key_text, rsa_key

EC, RSA = ec_key("pasted"), rsa_key("pasted")
PEM_LOCK = BestAvailableEncryption(b"open sesame")


def pem(key: Any, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, form).decode())


def jwk(key: Any, *, private: bool = False) -> dict[str, Any]:
    kind = ECKey if isinstance(key, ec.EllipticCurvePrivateKey) else RSAKey
    return dict(kind.import_key(key).as_dict(private=private))


@pytest.mark.parametrize("key", [EC, RSA], ids=["ec", "rsa"])
def test_a_public_key_is_read_in_every_form(key: Any) -> None:
    expected = public_key_text(key)
    indented = "\r\n".join(f"   {line} " for line in pem(key).splitlines())
    split = "\n".join(expected[i : i + 64] for i in range(0, len(expected), 64))
    forms = [pem(key), indented, json.dumps(jwk(key)), json.dumps({"keys": [jwk(key)]}), split]
    if isinstance(key, rsa.RSAPrivateKey):
        forms.append(pem(key, PublicFormat.PKCS1))
    for form in forms:
        assert read_public_key(form) == expected
    assert isinstance(client_keys.static_key(expected), RSAKey | ECKey)


def private_forms(key: Any) -> list[str]:
    pkcs8, old = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL
    pems = [
        key.private_bytes(Encoding.PEM, form, lock).decode()
        for form, lock in [
            (pkcs8, NoEncryption()),
            (pkcs8, PEM_LOCK),
            (old, NoEncryption()),
            (PrivateFormat.OpenSSH, NoEncryption()),
        ]
    ]
    ders = [
        base64.b64encode(key.private_bytes(Encoding.DER, form, lock)).decode()
        for form, lock in [(pkcs8, NoEncryption()), (pkcs8, PEM_LOCK), (old, NoEncryption())]
    ]
    jwks = [json.dumps(jwk(key, private=True)), json.dumps({"keys": [jwk(key, private=True)]})]
    broken = json.dumps(jwk(key, private=True))[:-1]
    odd = [
        pems[0].replace("PRIVATE KEY", "PRIVATE\u00a0 KEY"),
        f'"{ders[0]}"',
        ders[0].rstrip("="),
        ders[0].replace("+", "-").replace("/", "_"),
    ]
    return [*pems, *ders, *jwks, broken, pem(key) + pems[0], *odd]


@pytest.mark.parametrize("key", [EC, RSA], ids=["ec", "rsa"])
def test_a_private_key_is_refused_in_every_form_and_not_quoted(key: Any) -> None:
    for form in private_forms(key):
        with pytest.raises(PrivateKeyPasted) as refused:
            read_public_key(form)
        shown = repr(refused.value) + repr(refused.value.__cause__)
        assert not any(part in shown for part in form.split() if len(part) > 40)


def test_a_private_key_is_told_apart_in_a_line_for_something_else() -> None:
    pems, bare = private_forms(EC), private_forms(EC)[4]
    for line in (
        pems[0],
        pems[0].replace("\n", "\\n"),
        bare,
        f"'{bare}'",
        f"{bare[:64]}\\n{bare[64:]}",
    ):
        with pytest.raises(PrivateKeyPasted):
            refuse_private_key(line)
    for line in (
        "",
        "Apply for a permit",
        "A private key",
        "https://a.example/x",
        public_key_text(EC),
    ):
        refuse_private_key(line)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", KeyFault.UNREADABLE),
        ("a key, honestly", KeyFault.UNREADABLE),
        ("AAAA", KeyFault.UNREADABLE),
        ("{", KeyFault.UNREADABLE),
        ("[" * 5000, KeyFault.UNREADABLE),
        ("[1]", KeyFault.UNREADABLE),
        ('{"keys": []}', KeyFault.UNREADABLE),
        ('{"kty": "EC"}', KeyFault.UNREADABLE),
        ("A" * 20_000, KeyFault.UNREADABLE),
        ("-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----", KeyFault.UNREADABLE),
        ("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", KeyFault.UNREADABLE),
        (pem(EC) + pem(RSA), KeyFault.SEVERAL),
        (json.dumps([jwk(EC), jwk(RSA)]), KeyFault.SEVERAL),
        ('{"kty": "OKP", "crv": "Ed25519", "x": "AA"}', KeyFault.KIND),
        (pem(ed25519.Ed25519PrivateKey.generate()), KeyFault.KIND),
        (pem(ec.generate_private_key(ec.SECP384R1())), KeyFault.KIND),
        (pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)), KeyFault.WEAK),
    ],
)
def test_what_is_no_key_is_refused_with_the_reason(text: str, fault: KeyFault) -> None:
    with pytest.raises(NotAKey) as refused:
        read_public_key(text)
    assert refused.value.fault is fault
    assert str(refused.value)


def test_a_secret_key_of_a_jwk_is_private_too() -> None:
    with pytest.raises(PrivateKeyPasted):
        read_public_key('{"kty": "oct", "k": "c2VjcmV0"}')
