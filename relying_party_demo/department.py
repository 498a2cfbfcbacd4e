"""What one department is: its words, its colour, and what it asks of Onepass.

Owns: the frozen description of a department, read from ``departments/<slug>.toml``, and the rules
that refuse a bad one.
Owns not: where this process runs and its secrets (``relying_party_demo.place``).
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from relying_party_demo.configuration import DepartmentError, Reader, Text
from relying_party_demo.identity import CLAIMS
from relying_party_demo.place import Place

LANGUAGES = ("en", "cy")
LEVELS = ("Cl", "Cl.Cm")
# Only a sign-in can ask who somebody is, never an action.
VECTORS = (*LEVELS, "Cl.Cm.P1", "Cl.Cm.P2")
MINIMUM_CONTRAST = 7.0


@dataclass(frozen=True)
class SignInPolicy:
    """What a sign-in at this department asks for, and how the department proves who it is."""

    scopes: tuple[str, ...]
    vtr: str
    claims: tuple[str, ...]
    client_authentication: str
    assertion_algorithm: str | None
    key_source: str | None
    signed_request: bool
    id_token_algorithm: str

    @property
    def confidence(self) -> str | None:
        """How sure the department must be who somebody is (P1, P2), None where it need not be."""
        return confidence_in(self.vtr)


@dataclass(frozen=True)
class Table:
    """A small table on the signed-in page."""

    caption: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True)
class Account:
    """What the signed-in page shows: made-up facts, the same for everybody."""

    heading: Text
    lead: Text
    facts: tuple[tuple[Text, Text], ...]
    table: Table


@dataclass(frozen=True)
class Action:
    """Something that needs a sign-in made for it: a higher level, or a fresh one.

    ``max_age`` is in seconds; None where the age of the sign-in does not matter.
    """

    slug: str
    title: Text
    explanation: Text
    button: Text
    done_title: Text
    done: Text
    vtr: str | None
    prompt: str | None
    max_age: int | None


@dataclass(frozen=True)
class Department:
    """One department: everything that differs between the four, and where this one runs."""

    slug: str
    client_id: str
    name: Text
    service: Text
    roundel: str
    accent: str
    language: str
    sector: str
    contact: str
    asks: SignInPolicy
    lead: Text
    points: tuple[Text, ...]
    account: Account
    actions: tuple[Action, ...]
    place: Place

    def action(self, slug: str | None) -> Action | None:
        """The action called ``slug``, or None when this department has none of that name."""
        return next((action for action in self.actions if action.slug == slug), None)

    @property
    def max_age_enabled(self) -> bool:
        """Does any action ask how long ago the citizen signed in?"""
        return any(action.max_age is not None for action in self.actions)

    @property
    def redirect_uri(self) -> str:
        """Where Onepass sends a citizen back to."""
        return f"{self.place.url}/callback"

    @property
    def signed_out_uri(self) -> str:
        """Where Onepass sends a citizen after signing out."""
        return f"{self.place.url}/signed-out"

    @property
    def back_channel_uri(self) -> str:
        """Where Onepass tells this department that a citizen signed out elsewhere."""
        return f"{self.place.url}/back-channel-logout"

    @property
    def jwks_uri(self) -> str:
        """Where this department publishes its own public key."""
        return f"{self.place.url}/.well-known/jwks.json"


def slugs() -> tuple[str, ...]:
    """Every department there is a file for, by its port, so in the order of the start page."""
    return tuple(sorted(_tables(), key=lambda slug: str(_tables()[slug].get("port"))))


def service_called(name: str, language: str) -> tuple[str, str]:
    """What to call the service that ``name`` (a slug or a name) belongs to, and in what language.

    A page in Welsh uses Welsh names; a page in English leaves a Welsh service its own name.
    """
    for slug, table in _tables().items():
        words, own = table.get("service"), table.get("language")
        if isinstance(words, dict) and name in {slug, *words.values()}:
            chosen = "cy" if "cy" in {language, own} else "en"
            return words[chosen], chosen
    return name, "en"


@cache
def _tables() -> dict[str, dict[str, object]]:
    folder = files("relying_party_demo.departments")
    return {
        entry.name.removesuffix(".toml"): tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    }


def read(slug: str, environment: dict[str, str]) -> Department:
    """The department ``slug``, placed by ``environment``.

    Raises DepartmentError with every problem found, of the file and of the environment together.
    """
    table = _tables().get(slug)
    if table is None:
        raise DepartmentError([f"there is no department {slug!r}; there are {', '.join(slugs())}"])
    return parse(slug, table, environment)


def parse(slug: str, table: dict[str, object], environment: dict[str, str]) -> Department:
    """A department from its table of settings. Raises DepartmentError with every problem found."""
    problems: list[str] = []
    reader = Reader(table, "", problems)
    port = reader.number("port", 1, 65535)
    client_id = reader.string("client_id", r"[a-z][a-z0-9-]{1,62}")
    asks = _asks(reader.inner("sign_in"))
    start = reader.inner("start")
    department = Department(
        slug=slug,
        client_id=environment.get("DEPARTMENT_CLIENT_ID") or client_id,
        name=reader.text("name"),
        service=reader.text("service"),
        roundel=reader.string("roundel", r"[A-Z]{2}"),
        accent=reader.string("accent", r"#[0-9a-f]{6}"),
        language=reader.choice("language", LANGUAGES),
        sector=reader.string("sector", r"https://[a-z0-9.-]+/"),
        contact=reader.string("contact", r"[^@\s]+@[^@\s]+"),
        asks=asks,
        lead=start.text("lead"),
        points=start.texts("points"),
        account=_account(reader.inner("account")),
        actions=tuple(_action(inner) for inner in reader.inner_list("actions")),
        place=Place.from_environment(
            environment,
            slug=slug,
            port=port,
            needs_secret=asks.client_authentication == "client_secret_post",
            problems=problems,
        ),
    )
    if department.accent and contrast_with_white(department.accent) < MINIMUM_CONTRAST:
        reader.fault("accent", "is too light: white words on it need a contrast of 7 to 1")
    start.finish()
    reader.finish()
    if problems:
        raise DepartmentError(problems)
    return department


def _asks(reader: Reader) -> SignInPolicy:
    """The sign-in part of a department's file."""
    scopes = reader.strings("scopes")
    vtr = reader.choice("vtr", VECTORS)
    claims = reader.some("claims", CLAIMS)
    if bool(claims) != (confidence_in(vtr) is not None):
        reader.fault("claims", "go with a vtr that asks who somebody is, and it with them")
    if "openid" not in scopes:
        reader.fault("scopes", "must hold openid")
    method = reader.choice("client_authentication", ("private_key_jwt", "client_secret_post"))
    with_key = method == "private_key_jwt"
    policy = SignInPolicy(
        scopes=scopes,
        vtr=vtr,
        claims=claims,
        client_authentication=method,
        assertion_algorithm=reader.choice("assertion_algorithm", ("ES256", "PS256"))
        if with_key
        else None,
        key_source=reader.choice("key_source", ("JWKS", "STATIC")) if with_key else None,
        signed_request=reader.flag("signed_request"),
        id_token_algorithm=reader.choice("id_token_algorithm", ("ES256", "RS256")),
    )
    if policy.signed_request and not with_key:
        reader.fault("signed_request", "needs a key")
    reader.finish()
    return policy


def confidence_in(vtr: str) -> str | None:
    """The level of confidence that a vector of trust names, or None."""
    last = vtr.rpartition(".")[2]
    return last if last.startswith("P") else None


def level_in(vtr: str) -> str:
    """The credential level of a vector of trust: all that an ID token says of it."""
    return ".".join(part for part in vtr.split(".") if part.startswith("C"))


def _account(reader: Reader) -> Account:
    """The signed-in page of a department's file."""
    facts = []
    for fact in reader.inner_list("facts"):
        facts.append((fact.text("name"), fact.text("value")))
        fact.finish()
    inner = reader.inner("table")
    table = Table(inner.text("caption"), inner.texts("columns"), inner.rows("rows"))
    if any(len(row) != len(table.columns) for row in table.rows):
        inner.fault("rows", "must each have one cell for every column")
    inner.finish()
    account = Account(reader.text("heading"), reader.text("lead"), tuple(facts), table)
    reader.finish()
    return account


def _action(reader: Reader) -> Action:
    """One action of a department's file."""
    action = Action(
        slug=reader.string("slug", r"[a-z][a-z-]{1,40}"),
        title=reader.text("title"),
        explanation=reader.text("explanation"),
        button=reader.text("button"),
        done_title=reader.text("done_title"),
        done=reader.text("done"),
        vtr=reader.optional_choice("vtr", LEVELS),
        prompt=reader.optional_choice("prompt", ("login",)),
        max_age=reader.optional_number("max_age", 0, 86400),
    )
    if action.vtr is None and action.prompt is None and action.max_age is None:
        reader.fault("slug", "the action asks for nothing: give it vtr, prompt or max_age")
    reader.finish()
    return action


def contrast_with_white(colour: str) -> float:
    """The contrast of white words on ``colour`` (#rrggbb), as WCAG 2.2 counts it (1.4.6)."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
