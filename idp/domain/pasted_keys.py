"""Public keys that people paste: PEM, JWK or bare base64, read into the one form that is kept.

A private key is told apart first, whatever form it has, so that it is never kept by mistake.
Nothing here holds, logs or quotes what was pasted.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from idp.domain.client_keys import SHORTEST_RSA

LONGEST: Final = 16_384
"""Characters: a private RSA key of 8192 bits in PEM form is half of it."""
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_AROUND: Final = " \t\r\n\u00a0\ufeff\"'`"
_FOR_ADDRESSES: Final = str.maketrans("-_", "+/")
_UNREADABLE: Final = (
    ValueError,
    TypeError,
    KeyError,
    UnsupportedAlgorithm,
    JoseError,
    RecursionError,
)


class PrivateKeyPasted(Exception):
    """What was pasted holds a private key: whoever has it must make a new pair."""

    def __init__(self) -> None:
        super().__init__(
            "That is a private key. We did not keep it, but you must not use it any more: "
            "make a new pair and paste its public key."
        )


class KeyFault(StrEnum):
    """Why something is no key that we can use."""

    UNREADABLE = "unreadable"
    SEVERAL = "several"
    KIND = "kind"
    WEAK = "weak"


class NotAKey(Exception):
    """What was pasted is no public key that a client may use; `fault` says why."""

    WORDS: Final = {
        KeyFault.UNREADABLE: "That is not a public key in PEM or JWK form.",
        KeyFault.SEVERAL: "Those are several keys. Paste one.",
        KeyFault.KIND: "The key must be an RSA key, or an EC key of the curve P-256.",
        KeyFault.WEAK: "An RSA key must have 2048 bits or more.",
    }

    def __init__(self, fault: KeyFault) -> None:
        super().__init__(self.WORDS[fault])
        self.fault = fault


def read_public_key(text: str) -> str:
    """Return the pasted public key as base64 of its SubjectPublicKeyInfo in DER, on one line.

    Takes PEM (a key or a certificate), a JWK, a set of one JWK, or the base64 itself. Raises
    PrivateKeyPasted, NotAKey.
    """
    pasted = text.strip(_AROUND)
    said = _on_one_line(pasted).upper()
    if "PRIVATE KEY" in said or "OPENSSH" in said:
        raise PrivateKeyPasted
    if len(pasted) > LONGEST:
        raise NotAKey(KeyFault.UNREADABLE)
    if pasted.startswith(("{", "[")):
        key = _from_json(pasted)
    elif "-----BEGIN" in pasted:
        key = _from_pem(pasted)
    else:
        key = _from_base64(pasted)
    _check_strength(key)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(der).decode("ascii")


def refuse_private_key(text: str) -> None:
    """Raise PrivateKeyPasted when a line that asks for something else holds a private key."""
    line = _on_one_line(text)
    if "PRIVATE KEY" in line or _is_private(_der(line) or b""):
        raise PrivateKeyPasted


def _on_one_line(text: str) -> str:
    """Return a text without doubled space; what looks like a space is one, and so is a break."""
    return " ".join(text.replace("\\r", " ").replace("\\n", " ").split())


def _from_json(pasted: str) -> Any:
    try:
        read = json.loads(pasted)
    except (ValueError, RecursionError) as error:
        # It cannot be looked into, and what names a private member may well hold one.
        if '"d"' in pasted or "'d'" in pasted:
            raise PrivateKeyPasted from error
        raise NotAKey(KeyFault.UNREADABLE) from error
    keys = read.get("keys", [read]) if isinstance(read, dict) else read
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise NotAKey(KeyFault.UNREADABLE)
    if any(_PRIVATE_MEMBERS & set(key) for key in keys):
        raise PrivateKeyPasted
    if len(keys) != 1:
        raise NotAKey(KeyFault.SEVERAL if keys else KeyFault.UNREADABLE)
    if keys[0].get("kty") not in ("RSA", "EC"):
        raise NotAKey(KeyFault.KIND)
    return _loaded(lambda: JWKRegistry.import_key(keys[0]).public_key)


def _from_pem(pasted: str) -> Any:
    if pasted.count("-----BEGIN") != 1:
        raise NotAKey(KeyFault.SEVERAL)
    # Pasting through a form or a chat indents lines and changes their ends.
    pem = "\n".join(line.strip() for line in pasted.splitlines()).encode("utf-8", "replace")
    if "CERTIFICATE" in pasted:
        return _loaded(lambda: load_pem_x509_certificate(pem).public_key())
    return _loaded(lambda: load_pem_public_key(pem))


def _from_base64(pasted: str) -> Any:
    der = _der(pasted)
    if der is None:
        raise NotAKey(KeyFault.UNREADABLE)
    if _is_private(der):
        raise PrivateKeyPasted
    return _loaded(lambda: load_der_public_key(der))


def _der(text: str) -> bytes | None:
    """Return what base64 stands for, also in quotes, on several lines or without its end."""
    letters = "".join(_on_one_line(text.strip(_AROUND)).split()).translate(_FOR_ADDRESSES)
    try:
        return b64decode(letters.rstrip("=") + "=" * (-len(letters.rstrip("=")) % 4), validate=True)
    except (NotBase64, ValueError):
        return None


def _is_private(der: bytes) -> bool:
    try:
        load_der_private_key(der, password=None)
    except TypeError:  # it is one, and needs a password
        return True
    except _UNREADABLE:
        return False
    return True


def _loaded(load: Callable[[], Any]) -> Any:
    try:
        return load()
    except _UNREADABLE as error:
        raise NotAKey(KeyFault.UNREADABLE) from error


def _check_strength(key: object) -> None:
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < SHORTEST_RSA:
            raise NotAKey(KeyFault.WEAK)
    elif not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise NotAKey(KeyFault.KIND)
