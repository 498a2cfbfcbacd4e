"""Encryption at rest, and keys derived for other uses, from the installation's sealing keys.

Owns: the text form of a sealing key, AES-256-GCM sealing, HKDF derivation.
Does not own: where sealing keys come from (`idp.settings`) or what is sealed with them.

A sealing key never works by itself: one key for sealing and one per derivation label come out of
it by HKDF-SHA256 (RFC 5869), so no two uses share key material. The first key of an installation
seals and derives; every key it lists opens. That is how a sealing key is rotated: put a new one
in front, `onepass keys reseal`, then drop the old one.
"""

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.kernel.entropy import Entropy

VERSION = "v1"
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class SealBroken(Exception):
    """What was sealed cannot be opened: wrong key, wrong place, or changed since."""


@dataclass(frozen=True)
class SealingKey:
    """One sealing key: `id` names it in what it sealed, `key` is 32 secret bytes."""

    id: str
    key: bytes = field(repr=False)


def parse_sealing_keys(text: str) -> tuple[SealingKey, ...]:
    """Read `id:base64url,id2:…` (commas or white space between keys); the first one seals.

    Raises ValueError, whose words never contain key material.
    """
    keys: list[SealingKey] = []
    for position, item in enumerate(re.split(r"[,\s]+", text.strip(", \t\r\n")), start=1):
        if not item:
            raise ValueError("no sealing key is given")
        identifier, colon, encoded = item.partition(":")
        if not colon or not KEY_ID.fullmatch(identifier):
            raise ValueError(
                f"sealing key {position} must be written id:key, "
                "the id being lower-case letters, digits and hyphens (32 at most)"
            )
        if any(known.id == identifier for known in keys):
            raise ValueError(f"sealing key id {identifier!r} is given twice")
        keys.append(SealingKey(identifier, _key_bytes(identifier, encoded)))
    return tuple(keys)


def _key_bytes(identifier: str, encoded: str) -> bytes:
    try:
        key = _decoded(encoded)
    except ValueError:
        raise ValueError(f"sealing key {identifier!r} is not base64url") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"sealing key {identifier!r} must be {KEY_BYTES} bytes, not {len(key)}")
    if len(set(key)) < KEY_BYTES // 4:
        raise ValueError(f"sealing key {identifier!r} is not random")
    return key


def generate_sealing_key(entropy: Entropy) -> str:
    """Return a new sealing key in the text form that `parse_sealing_keys` reads."""
    return f"k{entropy.bytes(4).hex()}:{_encoded(entropy.bytes(KEY_BYTES))}"


class Sealer:
    """Seals and opens small secrets; knows every sealing key of the installation.

    Nonces are 96 random bits: one sealing key is good for some 2^32 seals (NIST SP 800-38D, 8.3),
    far beyond what accounts and signing keys need.
    """

    def __init__(self, keys: tuple[SealingKey, ...]) -> None:
        if not keys:
            raise ValueError("a sealer needs at least one sealing key")
        self._keys = keys
        self._ciphers = {key.id: AESGCM(_derive(key, "onepass sealing")) for key in keys}

    @property
    def current_key_id(self) -> str:
        """Name the key that seals."""
        return self._keys[0].id

    def seal(self, plaintext: bytes, purpose: str, row: str) -> str:
        """Encrypt `plaintext`; only `open` with the same purpose and row gets it back."""
        key_id = self.current_key_id
        nonce = secrets.token_bytes(NONCE_BYTES)
        bound = _bound(key_id, purpose, row)
        return f"{VERSION}.{key_id}." + _encoded(
            nonce + self._ciphers[key_id].encrypt(nonce, plaintext, bound)
        )

    def open(self, sealed: str, purpose: str, row: str) -> bytes:
        """Decrypt what `seal` made for this purpose and row. Raises SealBroken."""
        key_id = self.key_id(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealBroken(f"sealed with key {key_id!r}, which this installation does not have")
        try:
            body = _decoded(sealed.rpartition(".")[2])
            return cipher.decrypt(
                body[:NONCE_BYTES], body[NONCE_BYTES:], _bound(key_id, purpose, row)
            )
        except (ValueError, InvalidTag):
            raise SealBroken(f"the sealed {purpose} does not open: changed, or moved") from None

    def key_id(self, sealed: str) -> str:
        """Name the key that sealed this text. Raises SealBroken when it is no sealed text."""
        parts = sealed.split(".")
        if len(parts) != 3 or parts[0] != VERSION or not KEY_ID.fullmatch(parts[1]):
            raise SealBroken("this is not something that was sealed here")
        return parts[1]

    def derive(self, label: str) -> bytes:
        """Return the 32-byte key for `label`, from the sealing key in use."""
        return _derive(self._keys[0], f"onepass {label}")

    def derive_all(self, label: str) -> list[bytes]:
        """Return the key for `label` from every sealing key, the one in use first."""
        return [_derive(key, f"onepass {label}") for key in self._keys]


def _derive(key: SealingKey, info: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info.encode()).derive(key.key)


def _bound(key_id: str, purpose: str, row: str) -> bytes:
    # A separator that no part may contain keeps ("a", "bc") and ("ab", "c") apart.
    parts = (VERSION, key_id, purpose, row)
    if any("\x00" in part for part in parts):
        raise ValueError("a purpose or row may not contain a zero character")
    return "\x00".join(parts).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Decode unpadded base64url, refusing every other spelling of the same bytes."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError) as broken:
        raise ValueError("not base64url") from broken
    if _encoded(data) != text:
        raise ValueError("not canonical base64url")
    return data
