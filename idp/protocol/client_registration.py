"""A client's registration judged part by part: its addresses, its keys, what it may ask for.

The parts are read in the registry's order, so that the first broken rule is the one told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from idp.protocol import registration_rules as rules
from idp.protocol.claims import SCOPES
from idp.protocol.identity_claims import IDENTITY_CLAIMS
from idp.protocol.registration_members import INVALID_REDIRECT, Members, invalid
from idp.protocol.vectors_of_trust import CONFIDENCE_LEVELS

PRIVATE_KEY_JWT: Final = "private_key_jwt"
CLIENT_SECRET_POST: Final = "client_secret_post"  # noqa: S105  (the name of a method)
CLIENT_SECRET_BASIC: Final = "client_secret_basic"  # noqa: S105  (the name of a method)
SECRET_METHODS: Final = frozenset({CLIENT_SECRET_POST, CLIENT_SECRET_BASIC})
STATIC: Final = "STATIC"
JWKS: Final = "JWKS"

_ID_TOKEN_ALGORITHMS: Final = {"ES256": "ES256", "RS256": "RS256", "RSA256": "RS256"}
_CHANNELS: Final = ("web", "generic_app", "strategic_app")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a client lives, and the sector its subjects are named for."""

    redirect_uris: frozenset[str]
    post_logout_redirect_uris: frozenset[str]
    back_channel_logout_uri: str | None
    sector: str


@dataclass(frozen=True, slots=True)
class Keys:
    """How a client proves who it is."""

    method: str
    source: str
    public_key: str | None
    jwks_uri: str | None


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a client may ask for, and what it gets."""

    scopes: frozenset[str]
    service_type: str
    subject_type: str
    claims: frozenset[str]
    client_type: str
    identity: bool
    levels_of_confidence: frozenset[str]
    id_token_alg: str
    channel: str
    landing_page_url: str | None


def read_name(members: Members) -> str:
    """Read the client's name; it must have one."""
    for member in ("client_name", "redirect_uris", "contacts"):
        members.required(member)
    name = members.text("client_name", "Invalid Client Name")
    if name is None or not rules.name_is_acceptable(name):
        raise invalid("Invalid Client Name")
    return name


def read_client_id(members: Members) -> str:
    """Read the id; empty while the client has none."""
    client_id = members.text("client_id", "Invalid Client ID")
    if client_id is not None and not rules.client_id_is_acceptable(client_id):
        raise invalid("Invalid Client ID")
    return client_id or ""


def read_contacts(members: Members) -> tuple[str, ...]:
    """Read the email addresses of the people who answer for the client."""
    contacts = members.texts("contacts", "Invalid Contacts")
    if not all(rules.email_is_acceptable(contact) for contact in contacts):
        raise invalid("Invalid Contacts")
    return contacts


def read_addresses(members: Members, *, production: bool) -> Addresses:
    """Read the addresses; in production every one is https and none is this machine."""
    after_logout = members.texts("post_logout_redirect_uris", "Invalid Post logout redirect URIs")
    if not all(rules.address_is_acceptable(uri, production=production) for uri in after_logout):
        raise invalid("Invalid Post logout redirect URIs")
    redirects = members.texts("redirect_uris", "Invalid Redirect URIs", INVALID_REDIRECT)
    if not redirects or not all(
        rules.redirect_is_acceptable(uri, production=production) for uri in redirects
    ):
        raise invalid("Invalid Redirect URIs", INVALID_REDIRECT)
    sector = _sector(members, redirects, production=production)
    back_channel = members.address(
        "back_channel_logout_uri", "Invalid Back-Channel Logout URI", production=production
    )
    return Addresses(frozenset(redirects), frozenset(after_logout), back_channel, sector)


def _sector(members: Members, redirects: tuple[str, ...], *, production: bool) -> str:
    """Find the sector: the host of the sector identifier, else the one host of all redirects."""
    named = members.address(
        "sector_identifier_uri", "Invalid Sector Identifier URI", production=production
    )
    hosts = {rules.sector_of(uri) for uri in ([named] if named else redirects)}
    if len(hosts) != 1:
        raise invalid("Invalid Sector Identifier URI")
    return hosts.pop()


def read_keys(members: Members, methods: Collection[str], *, production: bool) -> Keys:
    """Read the authentication method, one of `methods`, and the one place a key comes from."""
    method = _method(members, methods)
    # A registration that only names a JWKS address can only mean that one.
    only_jwks = members.has("jwks_uri") and not members.has("public_key")
    source = members.choice(
        "public_key_source",
        (STATIC, JWKS),
        JWKS if only_jwks else STATIC,
        "Invalid Public Key Source",
    )
    public_key = members.text("public_key", "Invalid Public Key")
    if public_key is not None and not rules.public_key_is_acceptable(public_key):
        raise invalid("Invalid Public Key")
    jwks_uri = members.address("jwks_uri", "Invalid JWKS URI", production=production)
    wanted, other = (public_key, jwks_uri) if source == STATIC else (jwks_uri, public_key)
    if other is not None or (wanted is None and method == PRIVATE_KEY_JWT):
        raise invalid("Inconsistent Public Key Source")
    return Keys(method, source, public_key, jwks_uri)


def _method(members: Members, methods: Collection[str]) -> str:
    """Read how the client authenticates; only a client with a secret may bring its hash."""
    method = members.choice(
        "token_endpoint_auth_method",
        methods,
        PRIVATE_KEY_JWT,
        "Invalid Token Endpoint Authentication Method",
    )
    problem = "Invalid Client Secret Hash"
    secret_hash = members.text("client_secret_hash", problem)
    if secret_hash is not None and not (
        method in SECRET_METHODS and rules.secret_hash_is_acceptable(secret_hash)
    ):
        raise invalid(problem)
    return method


def read_operators_flags(members: Members) -> None:
    """Look at One Login's flags for its own operators that are kept, and of no effect here."""
    for name in ("cookie_consent_shared", "one_login_service", "smoke_test"):
        members.flag(name)
    members.texts("test_client_email_allowlist", "Invalid test_client_email_allowlist")


def read_permissions(members: Members, method: str, *, production: bool) -> Permissions:
    """Read what the client may ask for; `method` is how it authenticates."""
    scopes = members.subset("scopes", SCOPES, "Insufficient Scope")
    if "openid" not in scopes:
        raise invalid("Insufficient Scope")
    service_type = members.choice(
        "service_type", ("MANDATORY", "OPTIONAL"), "MANDATORY", "Invalid Service Type"
    )
    subject_type = members.choice(
        "subject_type", ("pairwise", "public"), "pairwise", "Invalid Subject Type"
    )
    claims = members.subset("claims", IDENTITY_CLAIMS, "Insufficient Claim")
    client_type = members.choice("client_type", ("web", "app"), "web", "Invalid Client Type")
    identity = members.flag("identity_verification_supported", default=False)
    if identity and method in SECRET_METHODS:
        raise invalid("Identity verification needs private_key_jwt")
    levels = _levels_of_confidence(members, identity=identity)
    algorithm = members.choice(
        "id_token_signing_algorithm",
        _ID_TOKEN_ALGORITHMS,
        "ES256",
        "Invalid ID Token Signing Algorithm",
    )
    channel = members.choice("channel", _CHANNELS, "web", "Invalid Channel")
    landing_page = members.address(
        "landing_page_url", "Invalid Landing Page URI", production=production
    )
    return Permissions(
        scopes=scopes,
        service_type=service_type,
        subject_type=subject_type,
        claims=claims,
        client_type=client_type,
        identity=identity,
        levels_of_confidence=levels,
        id_token_alg=_ID_TOKEN_ALGORITHMS[algorithm],
        channel=channel,
        landing_page_url=landing_page,
    )


def _levels_of_confidence(members: Members, *, identity: bool) -> frozenset[str]:
    """Read the levels; an empty list means P0, and P2 as well where identity is supported."""
    problem = "Invalid Accepted Levels of Confidence"
    levels = members.subset("accepted_levels_of_confidence", CONFIDENCE_LEVELS, problem)
    if not levels:
        return frozenset({"P2", "P0"} if identity else {"P0"})
    if not identity and levels != {"P0"}:
        raise invalid(problem)
    return levels
