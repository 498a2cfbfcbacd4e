"""The fields of a client's registration: what is asked about each, and what may be answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.protocol import identity_claims as claims


class Kind(Enum):
    """How a field is asked."""

    LINE = "line"
    LIST = "list"
    ONE_OF = "one of"
    SOME_OF = "some of"
    YES_OR_NO = "yes or no"
    KEY = "key"
    AUTHENTICATION = "authentication"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the part of the address that asks it, and the member that it fills."""

    slug: str
    member: str
    kind: Kind
    question: LazyString
    name: LazyString
    hint: LazyString | None = None
    choices: tuple[tuple[str, LazyString], ...] = ()
    optional: bool = False
    default: Any = None
    """What it is when the registration does not say."""


ABOUT: Final = (
    Field(
        "name",
        "client_name",
        Kind.LINE,
        _("What is the client called?"),
        _("Client name"),
        _("For your team and our operators. Citizens see the name of the service."),
    ),
    Field(
        "contacts",
        "contacts",
        Kind.LIST,
        _("Whom do we write to about this client?"),
        _("Contacts"),
        _("Email addresses, best of a group that somebody always reads."),
    ),
    Field(
        "service-type",
        "service_type",
        Kind.ONE_OF,
        _("Does everybody need an account to use the service?"),
        _("Account needed"),
        None,
        (
            ("MANDATORY", _("Everybody needs one")),
            ("OPTIONAL", _("People may use it without one")),
        ),
        default="MANDATORY",
    ),
    Field(
        "channel",
        "channel",
        Kind.ONE_OF,
        _("Where do people use the service?"),
        _("Used in"),
        None,
        (("web", _("In a browser")), ("generic_app", _("In an app"))),
        default="web",
    ),
)
ADDRESSES: Final = (
    Field(
        "redirect-addresses",
        "redirect_uris",
        Kind.LIST,
        _("Where do people come back to when they have signed in?"),
        _("Redirect addresses"),
        _("The redirect_uri of your client, letter for letter, slash for slash."),
    ),
    Field(
        "after-sign-out",
        "post_logout_redirect_uris",
        Kind.LIST,
        _("Where may people go when they have signed out?"),
        _("Addresses after signing out"),
        _("The post_logout_redirect_uri of your client, letter for letter."),
        optional=True,
    ),
    Field(
        "back-channel",
        "back_channel_logout_uri",
        Kind.LINE,
        _("Where do we tell your service that somebody has signed out?"),
        _("Back-channel sign-out address"),
        _("We post a logout token there. It must be reachable from the internet."),
        optional=True,
    ),
    Field(
        "sector",
        "sector_identifier_uri",
        Kind.LINE,
        _("Which host are citizens’ names made for?"),
        _("Sector identifier"),
        _("https and a host. If you change it, every citizen gets another name at your service."),
        optional=True,
    ),
)
WANTED: Final = (
    Field(
        "scopes",
        "scopes",
        Kind.SOME_OF,
        _("What do you want to know about people?"),
        _("Scopes"),
        _("You always get a name for each person that only your service knows (openid)."),
        (("email", _("Their email address")), ("phone", _("Their phone number"))),
        optional=True,
        default=("openid",),
    ),
    Field(
        "identity",
        "identity_verification_supported",
        Kind.YES_OR_NO,
        _("Do you need people to prove their identity?"),
        _("Identity proving"),
        _("It needs a key: a secret is not enough to be told who somebody is."),
        default=False,
    ),
    Field(
        "claims",
        "claims",
        Kind.SOME_OF,
        _("Which details of their identity do you need?"),
        _("Identity claims"),
        _("Without the return code you are told access_denied, and not why."),
        (
            (claims.CORE_IDENTITY, _("Name and date of birth")),
            (claims.ADDRESS, _("Address")),
            (claims.PASSPORT, _("Passport")),
            (claims.DRIVING_PERMIT, _("Driving licence")),
            (claims.RETURN_CODE, _("Return code")),
        ),
        optional=True,
    ),
    Field(
        "confidence",
        "accepted_levels_of_confidence",
        Kind.SOME_OF,
        _("How sure must we be who people are?"),
        _("Levels of confidence"),
        None,
        (
            ("P1", _("P1, low confidence")),
            ("P2", _("P2, medium confidence")),
            ("P3", _("P3, high confidence")),
        ),
        optional=True,
    ),
)
METHODS: Final = (
    ("jwks", _("With a key that we fetch from an address of yours (recommended)")),
    ("key", _("With a key whose public half you paste here")),
    ("client_secret_basic", _("With a secret, sent in a header (client_secret_basic)")),
    ("client_secret_post", _("With a secret, sent in the form (client_secret_post)")),
)
PROOF: Final = (
    Field(
        "authentication",
        "token_endpoint_auth_method",
        Kind.AUTHENTICATION,
        _("How does your client prove who it is?"),
        _("Authentication"),
        _("With a secret, your client speaks plain OpenID Connect."),
        METHODS,
        default="private_key_jwt",
    ),
    Field(
        "key-address",
        "jwks_uri",
        Kind.LINE,
        _("Where does your client publish its keys?"),
        _("Key set address"),
        _("The address of a JSON Web Key Set. Each key in it has a kid of its own."),
    ),
    Field(
        "public-key",
        "public_key",
        Kind.KEY,
        _("What is the public key of your client?"),
        _("Public key"),
        _("PEM or JWK; RSA of 2048 bits or more, or the curve P-256. Never paste a private key."),
    ),
    Field(
        "profile",
        "profile",
        Kind.ONE_OF,
        _("How does your client speak to us?"),
        _("Profile"),
        None,
        (
            ("one_login", _("As GOV.UK One Login does it")),
            ("openid", _("Plain OpenID Connect, as most libraries do it")),
        ),
        default="one_login",
    ),
)
STRICTNESS: Final = (
    Field(
        "algorithm",
        "id_token_signing_algorithm",
        Kind.ONE_OF,
        _("How do we sign ID tokens for you?"),
        _("ID token algorithm"),
        _("Take RS256 only if your library cannot do ES256."),
        (("ES256", _("ES256 (the curve P-256)")), ("RS256", _("RS256 (RSA, for older tools)"))),
        default="ES256",
    ),
    Field(
        "pkce",
        "pkce_enforced",
        Kind.YES_OR_NO,
        _("Must every request have a PKCE code challenge?"),
        _("PKCE enforced"),
        _("It keeps a stolen code useless. Say no only if your library cannot do it."),
        default=True,
    ),
    Field(
        "signed-requests",
        "jar_validation_required",
        Kind.YES_OR_NO,
        _("Must every request be signed by your client?"),
        _("Signed requests required"),
        _("We then refuse requests that somebody else made in your name. It needs a key."),
        default=False,
    ),
    Field(
        "max-age",
        "max_age_enabled",
        Kind.YES_OR_NO,
        _("May your client ask people to sign in again after a time?"),
        _("max_age allowed"),
        _("It makes people sign in more often: ask for it only where the risk is high."),
        default=False,
    ),
)
CARDS: Final = (
    (_("About the client"), ABOUT),
    (_("Addresses"), ADDRESSES),
    (_("How it proves who it is"), PROOF),
    (_("What it asks for"), WANTED),
    (_("How strict we are"), STRICTNESS),
)
"""The fields as they are shown, each group under its heading."""
FIELDS: Final = {field.slug: field for _heading, group in CARDS for field in group}
NAMES: Final = {
    **{field.member: field.name for field in FIELDS.values()},
    "public_key_source": _("Where the key comes from"),
    "service": _("Service name"),
    "service_cy": _("Name in Welsh"),
    "landing_page_url": _("Where it begins"),
}
"""What each member is called that a team can change."""


def held(field: Field, registration: Mapping[str, Any]) -> Any:
    """Return what the registration says of a field, or what it is when it does not."""
    value = registration.get(field.member)
    return field.default if value is None else value


def method_of(registration: Mapping[str, Any]) -> str | None:
    """Return which of `METHODS` the client proves itself by; None while that is not known."""
    method = registration.get("token_endpoint_auth_method")
    if method and method != "private_key_jwt":
        return str(method)
    if registration.get("jwks_uri"):
        return "jwks"
    return "key" if registration.get("public_key") else None


def shown(field: Field, registration: Mapping[str, Any]) -> list[Any]:
    """Return what the registration says of a field, line by line, in words."""
    value = (
        method_of(registration) if field.kind is Kind.AUTHENTICATION else held(field, registration)
    )
    if value is None or value == "":
        return []
    if field.kind is Kind.YES_OR_NO:
        return [_("Yes") if value else _("No")]
    words = dict(field.choices)
    values = value if isinstance(value, list | tuple) else [value]
    return [words.get(each, each) for each in values]


def differences(
    before: Mapping[str, Any], asked: Mapping[str, Any]
) -> list[tuple[LazyString, list[Any], list[Any]]]:
    """Return the fields that would change: the name of each, what it is now, and what then."""
    by_member = {field.member: field for field in FIELDS.values()}
    after = {**before, **asked}
    found = []
    for member in sorted(set(asked) & set(NAMES) - {"public_key_source"}):
        field = by_member.get(member)
        if field is None:
            sides = [[each.get(member)] if each.get(member) else [] for each in (before, after)]
        else:
            sides = [shown(field, each) for each in (before, after)]
        found.append((NAMES[member], *sides))
    return found


def is_asked(field: Field, registration: Mapping[str, Any]) -> bool:
    """Return whether a field means anything to a client that is so."""
    method = method_of(registration)
    needs = {"key-address": "jwks", "public-key": "key"}
    return field.slug not in needs or method == needs[field.slug]
