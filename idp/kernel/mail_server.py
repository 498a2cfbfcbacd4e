"""The mail server that takes our mails: where it is, how it is spoken to, in whose name."""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass, field
from email.headerregistry import Address
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

Security = Literal["tls", "starttls", "none"]

_PORTS = {"smtp": 587, "smtps": 465}  # RFC 6409 and RFC 8314: what submission uses
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_WRITTEN_OTHERWISE = '"\\()<>[],;:@'
"""What a local part may only hold in quotes (RFC 5321 4.1.2), which our pages refuse too."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """A mail server (RFC 5321) and the sender it accepts mails from.

    `security` is `tls` (TLS from the first byte), `starttls` (nothing is said before TLS has
    begun) or `none`, for a relay on this very machine. `ca_file` names the authorities trusted
    instead of the public ones.
    """

    host: str
    port: int
    security: Security
    sender: Address
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None


def parse_mail_server(
    url: str, *, password: str, sender: Address, ca_file: Path | None
) -> MailServer:
    """Return the mail server at `url`, `smtp://` or `smtps://` with user and port as needed.

    `password` is the one from elsewhere, empty if there is none. Raises ValueError with a phrase
    that says what is wrong and repeats nothing of what was given.
    """
    parts = _parts(url)
    host = parts.hostname or ""
    user, told = unquote(parts.username or ""), unquote(parts.password or "")
    if told and password:
        raise ValueError("must hold no password when a file gives one")
    password = told or password
    if bool(user) != bool(password):
        raise ValueError("must name a user who has a password, or none")
    if not _is_plain(user) or not _is_plain(password):
        raise ValueError("must name a user and a password in ASCII, without control characters")
    security: Security = "tls" if parts.scheme == "smtps" else "starttls"
    if security == "starttls" and _is_this_machine(host):
        security = "none"
    return MailServer(
        host=host,
        port=parts.port or _PORTS[parts.scheme],
        security=security,
        sender=sender,
        user=user,
        password=password,
        ca_file=ca_file,
    )


def parse_sender(text: str) -> Address:
    """Return the sender that `text` names: `name@host` or `Words <name@host>`.

    Raises ValueError with a phrase that says what is wrong.
    """
    named = _NAMED.fullmatch(text.strip())
    name, spec = (named["name"].strip(), named["address"]) if named else ("", text.strip())
    bare = parse_address(spec)
    if not spec.isascii():
        raise ValueError("must be an address in ASCII")
    if not _is_printable(name):
        raise ValueError("must hold no control characters")
    return Address(name.strip('"'), bare.username, bare.domain)


def parse_address(text: str) -> Address:
    """Return the one mailbox that `text` names, its host in ASCII (RFC 5890).

    Raises ValueError for everything else: two addresses, a name, a line end, a control character.
    """
    local, _at, domain = text.rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    strange = " " in local or any(mark in _WRITTEN_OTHERWISE for mark in local)
    if not local or strange or not _is_printable(local) or not _DOMAIN.fullmatch(host):
        raise ValueError("must be one address, like name@example.com")
    return Address(username=local, domain=host)


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in _PORTS and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    # urlsplit quietly drops line ends.
    if not fine or not all("!" <= mark <= "~" for mark in url):
        raise ValueError("must be smtp:// or smtps:// with a host")
    if parts.path not in ("", "/") or "?" in url or "#" in url:
        raise ValueError("must end after the host and port; write / ? and # in a password as %..")
    return parts


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_plain(text: str) -> bool:
    return text.isascii() and _is_printable(text)


def _is_printable(text: str) -> bool:
    return not any(unicodedata.category(mark)[0] in "CZ" and mark != " " for mark in text)
