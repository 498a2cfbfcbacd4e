"""What is attacked: a TOML file that names the issuer, who allows it, and what the probe may be."""

import base64
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.auth_flows import catalogue
from tests.auth_flows.clocks import SECONDS

NO_PROOF: Final = "none"
BY_CERTIFICATE: Final = ("tls_client_auth", "self_signed_tls_client_auth")
METHODS: Final = (
    "client_secret_post", "client_secret_basic", "private_key_jwt", *BY_CERTIFICATE, NO_PROOF,
)  # fmt: skip
PRESSED_FIRST: Final = (
    "sign_in", "signin", "log_in", "login", "continue", "allow", "accept", "agree", "share",
    "yes", "skip", "later", "not_now", "no",
)  # fmt: skip
"""Names or values of buttons that lead on, the best first; a page of ours or theirs may differ."""


PAGES: Final[Mapping[str, str]] = {
    "account": "what a citizen sees of their account",
    "password": "where they change the password",
    "email": "where they change the address",
    "authenticator_app": "where they set up another app",
    "recovery_codes": "where they get new recovery codes",
    "passkeys": "where they add and remove passkeys",
    "sessions": "where they see and end their sessions",
    "history": "what happened to the account",
    "delete": "where they close the account",
    "forgotten_password": "where a reset begins",
    "new_password": "where it ends",
    "enrolment": "where a new citizen sets up an app",
    "recovery_code": "where a recovery code is typed for a code of the app",
    "lost_factor": "where somebody begins who has neither",
    "passkey": "where a passkey is shown",
    "identity_keys": "the keys that sign identity credentials",
    "administration": "what staff alone see; also administration_ and any word",
}
"""Every name by which attacks ask for a page of the provider."""
OF_STAFF: Final = "administration_"


class TargetUnusable(Exception):
    """The target cannot be attacked as its file says; the message names the problem."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client that the probe may be. `pkce_optional`: registered to ask without a challenge.

    At `back_channel_logout_uri`, an http address of this machine, the probe itself will listen.
    At `front_channel_logout_uri` a frame of the sign-out page tells it; nobody has to listen there.
    `sector`: for whose subjects it is told; clients of other sectors hear other subjects.
    `vectors`: asks for a level by `vtr` and hears it by `vot`.
    `name`: what citizens are told that it is; its id if empty. `pushed_only`: registered to push
    every request. By the method `none` it is public: it proves nothing. By `tls_client_auth` it
    shows the certificate of `certificate_file`, a PEM file with its key.
    `registered_scopes`: every scope that it may ask for; empty if nobody knows.
    """

    id: str
    method: str
    redirect_uri: str
    secret: str = ""
    key: str = ""
    scope: str = "openid"
    pkce_optional: bool = False
    post_logout_redirect_uri: str = ""
    back_channel_logout_uri: str = ""
    front_channel_logout_uri: str = ""
    sector: str = ""
    vectors: bool = False
    name: str = ""
    registered_scopes: tuple[str, ...] = ()
    pushed_only: bool = False
    certificate_file: str = ""

    @property
    def special(self) -> bool:
        """Whether only attacks that look for such a client may use it."""
        return self.pushed_only or self.method in (NO_PROOF, *BY_CERTIFICATE)


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody of the target's own, whom no other person needs.

    `expendable`: an attack may lock, change or delete the account.
    """

    email: str
    password: str
    totp_seed: str = ""
    expendable: bool = False


@dataclass(frozen=True, slots=True)
class Care:
    """How hard the target is driven."""

    requests_per_second: int = 50
    most_requests: int = 20_000
    source_rate: int = 0
    """Requests a minute from one source that the target answers; 0 if nobody knows."""
    longest_wait: int = 75
    """Seconds that an attack may wait in one go, where time cannot be moved."""


@dataclass(frozen=True, slots=True)
class Fields:
    """How the sign-in forms are recognised: names of fields, and of the buttons to press."""

    email: tuple[str, ...] = ("email", "username", "user", "login", "identifier")
    password: tuple[str, ...] = ("password", "passwd")
    code: tuple[str, ...] = ("code", "otp", "totp", "token")
    press: tuple[str, ...] = PRESSED_FIRST


@dataclass(frozen=True, slots=True)
class Tls:
    """Where a provider whose issuer is http speaks https as another issuer, to the same people."""

    issuer: str
    ca_file: str = ""
    """PEM certificates of the authorities to trust; empty for those of this machine."""


@dataclass(frozen=True, slots=True)
class Consent:
    """When a citizen is asked what a client may have: by these parameters, at such a page.

    `page` is a part of its address, `agree` and `refuse` are values of its buttons. `more` are the
    parameters that ask for more than `parameters` do; `other_client` may ask for as much.
    """

    client: str
    page: str
    agree: str
    refuse: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    other_client: str = ""


@dataclass(frozen=True, slots=True)
class Documents:
    """Where the provider fetches documents of ours: what comes to `url` is led on to `listen`.

    `url` is what a provider may fetch, so https as a rule; the probe listens at `listen`, an http
    address of this machine.
    """

    url: str
    listen: str


@dataclass(frozen=True, slots=True)
class Target:
    """Everything the probe is told about a provider."""

    issuer: str
    authorised_by: str
    clients: tuple[Client, ...]
    special_clients: tuple[Client, ...] = ()
    """Those that cannot bring a plain request and prove themselves, as most attacks do."""
    citizens: tuple[Citizen, ...] = ()
    mailbox: str = ""
    not_offered: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    """Other hosts of the same owner that may be asked, each with its port if it has one."""
    care: Care = Care()
    fields: Fields = Fields()
    pages: Mapping[str, str] = field(default_factory=dict)
    """Addresses of pages of the provider, by the names of PAGES; relative to the issuer.

    Those that belong to a sign-in are relative to its page at hand: `forgotten_password` to the one
    that asks for the password, `new_password` to the one that asks for what was mailed,
    `enrolment`, `recovery_code`, `lost_factor` (a new app for who has lost theirs) and `passkey` to
    the one that asks for the code of an app,
    `passkey` also to the first one.
    """
    levels: tuple[str, ...] = ()
    """What `acr` or `vot` says: of a password alone, then of a second factor with it."""
    identity: Mapping[str, str] = field(default_factory=dict)
    """What to send in forms so that an identity is proved; not offered if empty."""
    clock_file: str = ""
    """Eight bytes that the provider takes for the time (see `clocks`), if it is made for that."""
    guess_well_known: bool = False
    """Whether `admin` and the like may be tried with one password each: nobody real has them."""
    tls: Tls | None = None
    consent: Consent | None = None
    documents: Documents | None = None
    registration: Mapping[str, Any] = field(default_factory=dict)
    """What a good registration of a client says, for attacks to change."""
    registration_tokens: tuple[str, ...] = ()
    """Tokens to register clients with, of a team each: every attack uses up its own."""

    @property
    def named_hosts(self) -> frozenset[str]:
        """Every host that the file names: nothing is sent anywhere else."""
        named = [self.issuer, self.mailbox, *self.pages.values()]
        named += [self.tls.issuer] if self.tls else []
        return self.hosts | {urlsplit(address).netloc for address in named} - {""}

    @property
    def home(self) -> str:
        """The issuer with a slash at its end, which not every issuer has."""
        return self.issuer.rstrip("/") + "/"


def read(path: Path) -> Target:
    """The target that a file describes. Raises TargetUnusable."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetUnusable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise TargetUnusable(f"{path} is not TOML: {error}") from error
    return parse(document, path.parent)


def parse(document: Mapping[str, Any], folder: Path) -> Target:
    """The target of a parsed file; key files are looked for in `folder`. Raises TargetUnusable."""
    _only(document, Target, "the target")
    for name, value in document.items():
        if name in _SHAPES and not _has_shape(value, *_SHAPES[name]):
            raise TargetUnusable(f"{name} must be {_SHAPES[name][0]}")
    if not _text(document, "authorised_by", "the target").strip():
        raise TargetUnusable(
            "authorised_by must name the person who owns the target and allows the attacks"
        )
    issuer = _text(document, "issuer", "the target")
    if not _is_address(issuer):
        raise TargetUnusable(f"issuer is {issuer!r}: it must be an http or https address")
    if (mailbox := document.get("mailbox")) and not _is_address(mailbox):
        raise TargetUnusable(f"mailbox is {mailbox!r}: it must be an http or https address")
    every = [_client(about, folder) for about in document.get("clients", [])]
    clients = tuple(client for client in every if not client.special)
    if not clients:
        raise TargetUnusable("clients names none: the probe must be at least one")
    return Target(
        issuer=issuer,
        authorised_by=document["authorised_by"],
        clients=clients,
        special_clients=tuple(client for client in every if client.special),
        citizens=tuple(_citizen(about) for about in document.get("citizens", [])),
        mailbox=str(document.get("mailbox", "")),
        not_offered=_not_offered(document.get("not_offered", [])),
        hosts=frozenset(map(str, document.get("hosts", []))),
        care=_care(document.get("care", {})),
        fields=_fields(document.get("fields", {})),
        pages=_pages(document.get("pages", {})),
        levels=_levels(document.get("levels", [])),
        identity={str(name): str(value) for name, value in document.get("identity", {}).items()},
        clock_file=_clock_file(document.get("clock_file", ""), folder),
        guess_well_known=_flag(document, "guess_well_known", "the target"),
        tls=_tls(document["tls"], folder) if "tls" in document else None,
        consent=_consent(document["consent"]) if "consent" in document else None,
        documents=_documents(document["documents"]) if "documents" in document else None,
        registration=dict(document.get("registration", {})),
        registration_tokens=tuple(map(str, document.get("registration_tokens", []))),
    )


_TABLE, _TABLES, _TEXTS = "a table", "a list of tables", "a list of texts"
_SHAPES: Final[Mapping[str, tuple[str, type, type]]] = {
    **dict.fromkeys(("clients", "citizens"), (_TABLES, list, dict)),
    **dict.fromkeys(("not_offered", "hosts", "registration_tokens"), (_TEXTS, list, str)),
    **dict.fromkeys(("identity", "pages"), ("a table of texts", dict, str)),
    **dict.fromkeys(("care", "fields", "registration", "consent", "tls"), (_TABLE, dict, object)),
    **dict.fromkeys(("mailbox", "clock_file"), ("a text", str, object)),
}


def _has_shape(value: Any, _words: str, kind: type, within: type) -> bool:
    if not isinstance(value, kind):
        return False
    inside: Any = value.values() if isinstance(value, dict) else value
    return all(isinstance(each, within) for each in inside)


def _is_address(text: str) -> bool:
    """Whether a request can be sent there: urls of other letters would have to be encoded."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
        return known and text.isascii() and text.isprintable() and parts.port != 0
    except ValueError:
        return False


def _kinds(about: Mapping[str, Any], kind: type, where: str) -> None:
    """Whatever is said must be of the kind of its field: a text, or true or false."""
    fields = getattr(kind, "__dataclass_fields__", {})
    for name, value in about.items():
        wanted = fields[name].type
        if wanted in (str, bool) and not isinstance(value, wanted):
            said = "a text" if wanted is str else "true or false"
            raise TargetUnusable(f"{where}: {name} must be {said}")


def _client(about: Mapping[str, Any], folder: Path) -> Client:
    where = f"the client {about.get('id', '(without id)')!r}"
    known = {name: value for name, value in about.items() if name != "key_file"}
    _only(known, Client, where)
    for name in ("id", "method", "redirect_uri"):
        _text(about, name, where)
    if about["method"] not in METHODS:
        raise TargetUnusable(f"{where}: method must be one of {', '.join(METHODS)}")
    if "key_file" in about:
        try:
            known["key"] = (folder / str(about["key_file"])).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or "it is no PEM"
            raise TargetUnusable(f"{where}: key_file cannot be read: {said}") from error
    if file := about.get("certificate_file"):
        known["certificate_file"] = str(folder / str(file))
        if not (folder / str(file)).is_file():
            raise TargetUnusable(f"{where}: certificate_file: {folder / str(file)} is not there")
    _kinds(known, Client, where)
    wanted = {"private_key_jwt": "key"} | dict.fromkeys(BY_CERTIFICATE, "certificate_file")
    needed = wanted.get(about["method"], "secret")
    if about["method"] != NO_PROOF and not known.get(needed):
        raise TargetUnusable(f"{where}: {about['method']} needs its {needed}")
    scopes = known.pop("registered_scopes", [])
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise TargetUnusable(f"{where}: registered_scopes must be a list of names")
    return Client(**known, registered_scopes=tuple(scopes))


def _citizen(about: Mapping[str, Any]) -> Citizen:
    where = f"the citizen {about.get('email', '(without email)')!r}"
    _only(about, Citizen, where)
    for name in ("email", "password"):
        _text(about, name, where)
    _kinds(about, Citizen, where)
    try:
        seed = str(about.get("totp_seed", "")).upper()
        base64.b32decode(seed + "=" * (-len(seed) % 8))
    except ValueError as error:
        raise TargetUnusable(f"{where}: totp_seed is not base32") from error
    return Citizen(**about)


def _pages(about: Mapping[str, Any]) -> dict[str, str]:
    for name, address in about.items():
        if name not in PAGES and not name.startswith(OF_STAFF):
            raise TargetUnusable(f"pages has {name}, which no attack asks for; {_known(PAGES)}")
        if not address or ("://" in address.partition("?")[0] and not _is_address(address)):
            raise TargetUnusable(f"pages: {name} must be an address, whole or below the issuer")
    return dict(about)


def _not_offered(said: Any) -> frozenset[str]:
    features = {row.feature for row in catalogue.load().values()} - {""}
    if not isinstance(said, list) or not set(map(str, said)) <= features:
        odd = sorted(set(map(str, said)) - features) if isinstance(said, list) else [str(said)]
        raise TargetUnusable(
            f"not_offered has {', '.join(odd)}, which no row needs; {_known(features)}"
        )
    return frozenset(said)


def _known(names: Iterable[str]) -> str:
    return f"known are {', '.join(sorted(names))}"


def _levels(said: Any) -> tuple[str, ...]:
    if not isinstance(said, list) or len(said) not in (0, 2):
        raise TargetUnusable("levels must be two: of a password alone, and with a second factor")
    return tuple(map(str, said))


def _clock_file(said: Any, folder: Path) -> str:
    file = folder / str(said)
    if said and not (file.is_file() and file.stat().st_size == SECONDS.size):
        raise TargetUnusable(f"clock_file: {file} is no file of {SECONDS.size} bytes")
    return str(file) if said else ""


def _consent(about: Mapping[str, Any]) -> Consent:
    _only(about, Consent, "consent")
    for name in ("client", "page", "agree", "refuse"):
        _text(about, name, "consent")
    for name in ("parameters", "more"):
        if not _has_shape(about.get(name, {}), "", dict, str):
            raise TargetUnusable(f"consent: {name} must be a table of texts")
    return Consent(**about)


def _documents(about: Mapping[str, Any]) -> Documents:
    _only(about, Documents, "documents")
    return Documents(*(_text(about, name, "documents") for name in ("url", "listen")))


def _tls(about: Mapping[str, Any], folder: Path) -> Tls:
    _only(about, Tls, "tls")
    issuer, file = _text(about, "issuer", "tls"), str(about.get("ca_file", ""))
    if not _is_address(issuer) or urlsplit(issuer).scheme != "https":
        raise TargetUnusable(f"tls: issuer is {issuer!r}: it must be an https address")
    if file and not (folder / file).is_file():
        raise TargetUnusable(f"tls: ca_file: {folder / file} is not there")
    return Tls(issuer, str(folder / file) if file else "")


def _care(about: Mapping[str, Any]) -> Care:
    _only(about, Care, "care")
    for name, value in about.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise TargetUnusable(f"care: {name} must be a whole number from 1")
    return Care(**about)


def _fields(about: Mapping[str, Any]) -> Fields:
    _only(about, Fields, "fields")
    for name, value in about.items():
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise TargetUnusable(f"fields: {name} must be a list of names")
    return Fields(**{name: tuple(value) for name, value in about.items()})


def _only(about: Mapping[str, Any], kind: type, where: str) -> None:
    if unknown := sorted(set(about) - set(getattr(kind, "__dataclass_fields__", ()))):
        raise TargetUnusable(f"{where} has {', '.join(unknown)}, which means nothing")


def _flag(about: Mapping[str, Any], name: str, where: str) -> bool:
    value = about.get(name, False)
    if not isinstance(value, bool):
        raise TargetUnusable(f"{where}: {name} must be true or false")
    return value


def _text(about: Mapping[str, Any], name: str, where: str) -> str:
    value = about.get(name)
    if not isinstance(value, str):
        raise TargetUnusable(f"{where} must say its {name}")
    return value
