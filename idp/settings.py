"""Settings: read once from the environment, frozen, and refused when missing or unsafe."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from idp.kernel.database import normalised_url
from idp.kernel.mail_server import MailServer, parse_mail_server, parse_sender
from idp.kernel.sealing import SealingKey, parse_sealing_keys

Mode = Literal["production", "integration", "demo", "test"]
MODES = ("production", "integration", "demo", "test")
DEFAULT_ISSUER = "http://localhost:8000/"
LONGEST_LINE = 200
"""Characters of what the pages say of this installation."""
_CONTACT = re.compile(r"[^\s@:/<>]+@[^\s@:/<>]+|https://[^\s<>\"]+")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """The environment does not describe an installation that may start.

    `problems` holds one sentence for each thing to put right.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator can set. Lengths are seconds, memory is KiB."""

    mode: Mode
    issuer: str
    database_url: str = field(repr=False)
    """May hold a password."""
    sealing_keys: tuple[SealingKey, ...]
    var_dir: Path = Path("var")
    keys_dir: Path = Path("keys")
    trusted_proxies: tuple[Network, ...] = ()
    egress_allow: frozenset[str] = frozenset()
    egress_ca_file: Path | None = None
    mail_server: MailServer | None = None
    """Takes our mails. Where there is none they go to the stand-in inbox, or nowhere."""
    checkpoint_file: Path = Path("var/audit-checkpoints.jsonl")
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    """Where a worker answers Prometheus, on a port of its own; nowhere if it is not set."""
    threads: int = 6
    log_level: str = "info"
    operator_name: str | None = None
    """Who runs this installation, as its pages tell people. Production has to say."""
    support_contact: str | None = None
    """Where people get help: an email address or the https address of a page."""
    argon2_memory_kib: int = 19_456
    argon2_time: int = 2
    session_idle_lifetime: int = 3600
    session_lifetime: int = 43_200
    journey_lifetime: int = 3600
    code_lifetime: int = 60
    access_token_lifetime: int = 180
    id_token_lifetime: int = 120
    identity_proving: bool = False
    """Whether identities can be proved, for services whose clients are not test clients."""
    source_rate: int = 1200
    """Requests one source address may make in a minute, over all processes of one machine."""
    planted_fault: str | None = None
    """The fault that this copy of the program has on purpose, for every page to say; never real."""

    @property
    def https(self) -> bool:
        """Whether browsers reach the provider over TLS."""
        return self.issuer.startswith("https:")

    @property
    def demonstration(self) -> bool:
        """Whether this is for trying out, with a front page that leads around."""
        return self.mode in ("demo", "test")

    @property
    def mailbox(self) -> bool:
        """Whether mails go to the stand-in inbox that anybody can open."""
        return self.demonstration and self.mail_server is None

    @property
    def fault_menu(self) -> bool:
        """Whether a client may be given faulty answers when somebody asks for them."""
        return self.mode != "production"

    @property
    def tries_offered(self) -> bool:
        """Whether teams may try their clients on our own pages."""
        return self.mode != "production"

    @property
    def teams_help_themselves(self) -> bool:
        """Whether anybody with an account may add a service, or operators alone.

        A client may send citizens anywhere: where they are real, somebody knows its team first.
        """
        return self.mode != "production"

    @property
    def clients_believed_for(self) -> int:
        """Seconds a process goes without re-reading a client; in a demo people watch."""
        return 2 if self.mode == "demo" else 30

    @property
    def stand_in_proving(self) -> bool:
        """Whether identity proving, which is a stand-in, is there at all."""
        return self.mode != "production"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Return the settings that `environ` describes.

        Raises SettingsError naming every problem at once, never only the first.
        """
        return _Reader(environ).settings()


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def settings(self) -> Settings:
        mode = self._mode()
        var_dir = Path(self._environ.get("ONEPASS_VAR_DIR", "var"))
        issuer = self._issuer(mode)
        settings = Settings(
            mode=mode,
            issuer=issuer,
            database_url=normalised_url(
                self._environ.get("DATABASE_URL")
                or f"sqlite:///{(var_dir / 'onepass.db').absolute()}"
            ),
            sealing_keys=self._sealing_keys(),
            var_dir=var_dir,
            keys_dir=Path(self._environ.get("ONEPASS_KEYS_DIR", "keys")),
            trusted_proxies=self._networks("ONEPASS_TRUSTED_PROXIES"),
            egress_allow=self._egress(),
            egress_ca_file=self._file("ONEPASS_EGRESS_CA_FILE"),
            mail_server=self._mail_server(mode),
            checkpoint_file=Path(
                self._environ.get("ONEPASS_AUDIT_CHECKPOINTS", var_dir / "audit-checkpoints.jsonl")
            ),
            host=self._environ.get("ONEPASS_HOST", "127.0.0.1"),
            port=self._number("ONEPASS_PORT", 8000, 1, 65_535),
            workers=self._number("ONEPASS_WORKERS", 2, 1, 64),
            metrics_host=self._environ.get("ONEPASS_METRICS_HOST", "127.0.0.1"),
            metrics_port=self._number("ONEPASS_METRICS_PORT", 0, 1, 65_535) or None,
            threads=self._number("ONEPASS_THREADS", 6, 1, 64),
            log_level=self._log_level(),
            operator_name=self._line("ONEPASS_OPERATOR_NAME"),
            support_contact=self._contact(),
            argon2_memory_kib=self._number("ONEPASS_ARGON2_MEMORY_KIB", 19_456, 8, 1_048_576),
            argon2_time=self._number("ONEPASS_ARGON2_TIME", 2, 1, 16),
            identity_proving=self._switch("ONEPASS_IDENTITY_PROVING", mode != "production"),
            source_rate=self._number("ONEPASS_SOURCE_RATE", 1200, 1, 10_000_000),
            planted_fault=self._line("ONEPASS_PLANTED_FAULT"),
        )
        if settings.metrics_port == settings.port:
            self._problems.append(
                "ONEPASS_METRICS_PORT must not be the port that everybody can reach."
            )
        self._refuse_what_production_must_not_have(settings)
        if self._problems:
            raise SettingsError(self._problems)
        return settings

    def _mode(self) -> Mode:
        mode = self._environ.get("ONEPASS_MODE", "production")
        match mode:
            case "production" | "integration" | "demo" | "test":
                return mode
        self._problems.append(f"ONEPASS_MODE is {mode!r}: it must be one of {', '.join(MODES)}.")
        return "production"

    def _issuer(self, mode: Mode) -> str:
        issuer = self._environ.get("ONEPASS_ISSUER", "")
        if not issuer:
            if mode == "production":
                self._problems.append("ONEPASS_ISSUER is missing: give the public https address.")
            return DEFAULT_ISSUER
        try:
            parts = urlsplit(issuer)
            plain = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            plain = False
        # urlsplit quietly drops line ends and lets spaces pass; tokens would carry them.
        if not plain or any(mark in "?#@" or not "!" <= mark <= "~" for mark in issuer):
            self._problems.append(
                "ONEPASS_ISSUER must be an http or https address with no query, fragment or user."
            )
        elif parts.path not in ("", "/"):
            self._problems.append("ONEPASS_ISSUER must have no path: endpoints hang off the root.")
        return issuer

    def _sealing_keys(self) -> tuple[SealingKey, ...]:
        text = self._environ.get("ONEPASS_SEALING_KEYS", "")
        path = self._environ.get("ONEPASS_SEALING_KEY_FILE", "")
        if not text and path:
            try:
                text = Path(path).read_text("ascii")
            except (OSError, UnicodeError) as error:
                self._problems.append(
                    f"ONEPASS_SEALING_KEY_FILE cannot be read: {type(error).__name__}."
                )
                return ()
        if not text.strip():
            self._problems.append(
                "ONEPASS_SEALING_KEYS or ONEPASS_SEALING_KEY_FILE is missing: "
                "make one with `onepass keys sealing`."
            )
            return ()
        try:
            return parse_sealing_keys(text)
        except ValueError as error:
            self._problems.append(f"The sealing keys cannot be read: {error}")
            return ()

    def _networks(self, name: str) -> tuple[Network, ...]:
        found: list[Network] = []
        for entry in _entries(self._environ.get(name, "")):
            try:
                found.append(ipaddress.ip_network(entry))
            except ValueError:
                self._problems.append(f"{name} holds {entry!r}, which is not a network address.")
        return tuple(found)

    def _egress(self) -> frozenset[str]:
        entries = _entries(self._environ.get("ONEPASS_EGRESS_ALLOW", ""))
        for entry in entries:
            host, _, port = entry.rpartition(":")
            if not host or not (port == "*" or port.isdecimal()):
                self._problems.append(f"ONEPASS_EGRESS_ALLOW holds {entry!r}: use host:port.")
        return frozenset(entries)

    def _file(self, name: str) -> Path | None:
        path = self._environ.get(name, "")
        if path and not Path(path).is_file():
            self._problems.append(f"{name} names {path!r}, which is not a file.")
        return Path(path) if path else None

    def _mail_server(self, mode: Mode) -> MailServer | None:
        url, sender = (self._environ.get(n, "") for n in ("ONEPASS_SMTP_URL", "ONEPASS_MAIL_FROM"))
        password, ca_file = self._smtp_password(), self._file("ONEPASS_SMTP_CA_FILE")
        if not url and not sender and not password:
            if mode == "production":
                self._problems.append(
                    "In production ONEPASS_SMTP_URL must name a mail server and ONEPASS_MAIL_FROM "
                    "a sender: without mails nobody can create an account."
                )
            return None
        try:
            from_address = parse_sender(sender)
        except ValueError as error:
            self._problems.append(f"ONEPASS_MAIL_FROM {error}.")
            from_address = Address()
        try:
            return parse_mail_server(url, password=password, sender=from_address, ca_file=ca_file)
        except ValueError as error:
            self._problems.append(f"ONEPASS_SMTP_URL {error}.")
        return None

    def _smtp_password(self) -> str:
        path = self._environ.get("ONEPASS_SMTP_PASSWORD_FILE", "")
        if not path:
            return ""
        try:
            password = Path(path).read_text("ascii").rstrip("\r\n")
        except (OSError, UnicodeError) as error:
            problem = f"cannot be read: {type(error).__name__}"
        else:
            problem = "" if password else "holds no password"
        if problem:
            self._problems.append(f"ONEPASS_SMTP_PASSWORD_FILE {problem}.")
            return ""
        return password

    def _number(self, name: str, default: int, low: int, high: int) -> int:
        text = self._environ.get(name, "")
        if not text:
            return default
        if not (text.isascii() and text.isdecimal() and low <= int(text) <= high):
            self._problems.append(f"{name} must be a number from {low} to {high}.")
            return default
        return int(text)

    def _switch(self, name: str, default: bool) -> bool:
        text = self._environ.get(name, "")
        if text not in ("", "on", "off"):
            self._problems.append(f"{name} must be on or off.")
        return default if text not in ("on", "off") else text == "on"

    def _log_level(self) -> str:
        level = self._environ.get("ONEPASS_LOG_LEVEL", "info")
        if level not in ("debug", "info", "warning", "error"):
            self._problems.append("ONEPASS_LOG_LEVEL must be debug, info, warning or error.")
        return level

    def _line(self, name: str) -> str | None:
        text = self._environ.get(name, "").strip()
        if not text.isprintable() or len(text) > LONGEST_LINE:
            self._problems.append(f"{name} must be one line of at most {LONGEST_LINE} characters.")
        return text or None

    def _contact(self) -> str | None:
        contact = self._line("ONEPASS_SUPPORT_CONTACT")
        if contact and not _CONTACT.fullmatch(contact):
            self._problems.append(
                "ONEPASS_SUPPORT_CONTACT must be an email address or an https address."
            )
        return contact

    def _refuse_what_production_must_not_have(self, settings: Settings) -> None:
        if settings.mode != "production":
            return
        if not settings.https:
            self._problems.append("In production ONEPASS_ISSUER must be https.")
        if settings.operator_name is None:
            self._problems.append(
                "ONEPASS_OPERATOR_NAME is missing: the pages must tell people who runs this."
            )
        if settings.support_contact is None:
            self._problems.append(
                "ONEPASS_SUPPORT_CONTACT is missing: give the email address or the https address "
                "where people get help."
            )
        if settings.argon2_memory_kib < 19_456 or settings.argon2_time < 2:
            self._problems.append("In production Argon2 must use 19456 KiB and 2 rounds or more.")
        if settings.identity_proving:
            self._problems.append(
                "In production ONEPASS_IDENTITY_PROVING must be off: the proving that is there "
                "believes everybody."
            )
        if settings.planted_fault:
            self._problems.append(
                "In production ONEPASS_PLANTED_FAULT must not be set: a program with a fault in it "
                "is for practice."
            )
        if any(network.prefixlen == 0 for network in settings.trusted_proxies):
            self._problems.append(
                "In production ONEPASS_TRUSTED_PROXIES must name your proxies: with everybody in "
                "it, anybody may say where they come from."
            )


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]
