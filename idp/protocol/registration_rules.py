"""The rules that single fields of a client registration must pass.

Each rule answers about one value; `client_policy` knows their order and texts.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from base64 import b64decode
from binascii import Error as NotBase64
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from idp.kernel import public_addresses

# The characters of RFC 3986, without those that make parsers disagree; urlsplit drops others.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]!$&'()*+,;=%@]+", re.ASCII)
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9\-.]*[a-z0-9])?", re.ASCII)
# A browser reads a host that ends so as an IPv4 address, however it is spelled (WHATWG URL 3.5).
_ENDS_IN_A_NUMBER: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)", re.ASCII)
# What some servers take for another path: steps upwards, however encoded, and a wildcard.
_ODD_PATH: Final = re.compile(r"(^|/)\.{1,2}(/|$)|%2e|%2f|%5c|\*", re.ASCII | re.IGNORECASE)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._~\-]{1,64}", re.ASCII)
_NAME: Final = re.compile(r"[ -9;-~][ -~]{0,253}", re.ASCII)

# Characters. A longer address could not travel inside a request's query either.
LONGEST_ADDRESS: Final = 2048

# Argon2id in the encoded form that every implementation writes: costs, salt, hash.
_ARGON2ID: Final = re.compile(
    r"\$argon2id\$v=19\$m=([1-9][0-9]{0,6}),t=([1-9][0-9]?),p=([1-9])"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})",
    re.ASCII,
)
# KiB, and KiB times passes. Less than One Login's own hashes cost would be cheap to guess; more
# than RFC 9106 recommends where memory is short would hold up everybody who signs in.
_LARGEST_HASH: Final = 65_536
_MOST_LANES: Final = 4
_CHEAPEST_HASH: Final = 15_360 * 2
_DEAREST_HASH: Final = _LARGEST_HASH * 3

# A capital I is drawn like a small L. The others are letters that have no bare form in Unicode.
_DRAWN_ALIKE: Final = str.maketrans("i1ıɩłĸɑɡøđħŧ0", "lllllkagodhto")

# Names that our own answer adds to the address; a client that has them could not tell.
_OUR_ANSWERS: Final = frozenset({"code", "state", "response", "iss", "error", "error_description"})

# Object identifiers as they stand in a SubjectPublicKeyInfo (RFC 3279, RFC 5480).
_RSA: Final = bytes.fromhex("06092a864886f70d010101")
_P256: Final = bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")


def split(address: str) -> SplitResult | None:
    """Take an http(s) address apart, or None when any part is missing, odd or ambiguous."""
    if len(address) > LONGEST_ADDRESS or _ADDRESS.fullmatch(address) is None:
        return None
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or port == 0:
        return None
    if not parts.netloc.startswith("[") and _HOST.fullmatch(host) is None:
        return None
    return parts


def is_loopback(host: str) -> bool:
    """Say whether a host name can only mean the machine itself (RFC 6761, RFC 8252)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    # Python 3.13 sees through a mapped address by itself.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def is_public(host: str) -> bool:
    """Say whether a host is a name, or the usual spelling of an address that everybody has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _ENDS_IN_A_NUMBER.fullmatch(host) is None
    return not public_addresses.ends_in_ipv4(address) and public_addresses.is_public(address)


class AddressFault(StrEnum):
    """Which rule an address breaks."""

    UNREADABLE = "unreadable"
    """It is no whole http(s) address, or one that parsers read differently."""
    FRAGMENT = "fragment"
    NOT_HTTPS = "not_https"
    THIS_MACHINE = "this_machine"
    """A production client names a host that can only mean the machine itself."""
    NOT_PUBLIC = "not_public"
    """A production client names an IP address that is of one network, or oddly spelled."""
    ODD_PATH = "odd_path"
    """Codes of a production client would go to a path that servers read differently."""
    OUR_ANSWERS = "our_answers"
    """Its query has names that our own answer adds."""


def address_fault(address: object, *, production: bool) -> AddressFault | None:
    """Find what keeps a client from naming this address: https, or http on loopback while trying.

    A production client may not name a loopback host at all, nor an address of one network.
    """
    parts = split(address) if isinstance(address, str) else None
    if parts is None:
        return AddressFault.UNREADABLE
    if "#" in str(address):
        return AddressFault.FRAGMENT
    host = parts.hostname or ""
    loopback = is_loopback(host)
    if parts.scheme != "https" and (production or not loopback):
        return AddressFault.NOT_HTTPS
    if production and loopback:
        return AddressFault.THIS_MACHINE
    return AddressFault.NOT_PUBLIC if production and not is_public(host) else None


def redirect_fault(address: object, *, production: bool) -> AddressFault | None:
    """Find what keeps codes from being sent to this address (RFC 9700 section 2.1)."""
    fault = address_fault(address, production=production)
    if fault is not None:
        return fault
    parts = urlsplit(str(address))
    if production and _ODD_PATH.search(parts.path):
        return AddressFault.ODD_PATH
    names = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    return None if _OUR_ANSWERS.isdisjoint(names) else AddressFault.OUR_ANSWERS


def address_is_acceptable(address: object, *, production: bool) -> bool:
    """Say whether a client may name this address (see `address_fault`)."""
    return address_fault(address, production=production) is None


def redirect_is_acceptable(address: object, *, production: bool) -> bool:
    """Say whether codes may be sent to this address (see `redirect_fault`)."""
    return redirect_fault(address, production=production) is None


def sector_of(address: str) -> str:
    """Find the sector of an acceptable address: its host, without a leading `www.`."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


def name_is_acceptable(name: object) -> bool:
    """Say whether a client may be called this: fewer than 255 ASCII characters, not blank."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and bool(name.strip())


def client_id_is_acceptable(client_id: object) -> bool:
    """Say whether a client may be known as this: it goes into addresses and headers unescaped.

    No subject looks like it, so that no token can be taken for another's (RFC 9700 section 4.15).
    """
    return isinstance(client_id, str) and _CLIENT_ID.fullmatch(client_id) is not None


def line_is_acceptable(text: str) -> bool:
    """Say whether this can be shown to people as a name, in any language."""
    return len(text) <= 255 and text.isprintable()


def as_read(name: str) -> str:
    """Return what people take a name for: case, spaces and forms of a letter do not tell apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_in_latin_letters(name: str) -> bool:
    """Say whether every letter is Latin, as in English and Welsh; others only look like them."""
    letters = (each for each in unicodedata.normalize("NFKC", name) if each.isalpha())
    return all(unicodedata.name(each, "").startswith("LATIN ") for each in letters)


def outline(name: str) -> str:
    """Return what two names share that are easily mistaken for each other.

    Only letters and digits count, without their accents; those that are drawn alike are one.
    """
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return "".join(each for each in bare if each.isalnum()).translate(_DRAWN_ALIKE)


def secret_hash_is_acceptable(encoded: object) -> bool:
    """Say whether this is an Argon2id hash whose cost is neither a bomb nor a giveaway."""
    parts = _ARGON2ID.fullmatch(encoded) if isinstance(encoded, str) else None
    if parts is None:
        return False
    memory, passes, lanes = (int(parts[number]) for number in (1, 2, 3))
    bounded = memory <= _LARGEST_HASH and lanes <= _MOST_LANES
    # A length of 4n + 1 is no base64 of anything.
    whole = len(parts[4]) % 4 != 1 and len(parts[5]) % 4 != 1
    return bounded and whole and _CHEAPEST_HASH <= memory * passes <= _DEAREST_HASH


def email_is_acceptable(email: object) -> bool:
    """Say whether this looks like an email address; nothing is sent to find out."""
    if not isinstance(email, str) or len(email) > 254 or not email.isprintable():
        return False
    return _EMAIL.fullmatch(email) is not None


def public_key_is_acceptable(text: object) -> bool:
    """Say whether this is base64 of an RSA or P-256 public key (SubjectPublicKeyInfo, DER).

    Only the envelope is looked at; whoever uses the key parses it and measures its strength.
    """
    if not isinstance(text, str):
        return False
    try:
        der = b64decode("".join(text.split()), validate=True)
    except (NotBase64, ValueError):
        return False
    return der[:1] == b"\x30" and (_RSA in der[:32] or _P256 in der[:32])
