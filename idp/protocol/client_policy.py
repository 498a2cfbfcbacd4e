"""What one client may do, and how it is treated: one frozen policy per client.

A policy is made from the client's registration: its profile gives the values, the
registration's own members override them. No other code asks which profile a client has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from idp.protocol.authorization_response import FORM_POST, FRAGMENT, QUERY
from idp.protocol.client_registration import (
    CLIENT_SECRET_BASIC,
    CLIENT_SECRET_POST,
    PRIVATE_KEY_JWT,
    read_addresses,
    read_client_id,
    read_contacts,
    read_keys,
    read_name,
    read_operators_flags,
    read_permissions,
)
from idp.protocol.errors import InvalidClientMetadata
from idp.protocol.registration_members import Members

__all__ = ["ClientPolicy", "InvalidClientMetadata", "policy_from_registration"]

PRODUCTION: Final = "production"
INTEGRATION: Final = "integration"
ENVIRONMENTS: Final = (INTEGRATION, PRODUCTION)
ONE_LOGIN: Final = "one_login"
OPENID: Final = "openid"
# Requests a minute, for a client whose registration does not say.
NEW_CLIENT_RATE_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True)
class Profile:
    """How clients of one kind are treated unless their registration says otherwise.

    `methods` are those they may authenticate by; those of `own_methods` a service team may choose
    for itself, the others are given out by operators.
    """

    nonce_required: bool
    state_required: bool
    max_age_honoured: bool
    assurance: str
    logout_sid: bool
    assertion_jti_required: bool
    request_object_alone: bool
    hints_in_query: bool
    claims_by_name: bool
    response_modes: tuple[str, ...]
    manages_tokens: bool
    methods: tuple[str, ...]
    own_methods: tuple[str, ...]


PROFILES: Final[Mapping[str, Profile]] = {
    ONE_LOGIN: Profile(
        nonce_required=True,
        state_required=True,
        max_age_honoured=False,
        assurance="vot",
        logout_sid=False,
        assertion_jti_required=False,
        request_object_alone=False,
        hints_in_query=False,
        claims_by_name=False,
        response_modes=(QUERY, FRAGMENT),
        manages_tokens=False,
        methods=(PRIVATE_KEY_JWT, CLIENT_SECRET_POST),
        own_methods=(PRIVATE_KEY_JWT,),
    ),
    OPENID: Profile(
        nonce_required=False,
        state_required=False,
        max_age_honoured=True,
        assurance="acr",
        logout_sid=True,
        assertion_jti_required=True,
        request_object_alone=True,
        hints_in_query=True,
        claims_by_name=True,
        response_modes=(QUERY, FRAGMENT, FORM_POST),
        manages_tokens=True,
        methods=(PRIVATE_KEY_JWT, CLIENT_SECRET_POST, CLIENT_SECRET_BASIC),
        own_methods=(PRIVATE_KEY_JWT, CLIENT_SECRET_POST, CLIENT_SECRET_BASIC),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientPolicy:
    """Everything the protocol needs to know about one client.

    `request_object_alone`: a request object needs nothing beside it but the client's name, and
    may be meant for the issuer (RFC 9101). `hints_in_query`: hints count outside one too.
    `claims_by_name`: `claims` may name any claim, and what we do not know is ignored.

    `sector` is the host that pairwise subjects are made for. `assurance` is the claim
    that tells the level in ID tokens, `vot` or `acr`. `rate_limit` is in requests per
    minute, None for no limit; `over_rate` says that it has been reached at this moment.
    `faults` are wanted in answers just now (see `faults`); no registration says so.
    `service_cy` is the service's name in Welsh, if it has one. `identity_supported` is what the
    client is registered for, `identity_available` whether an identity can be proved for it at
    present. `manages_tokens` opens introspection and revocation, `basic_offered` the secret in
    the Authorization header.
    """

    client_id: str
    profile: str
    environment: str
    name: str
    service: str
    service_cy: str | None
    contacts: tuple[str, ...]
    redirect_uris: frozenset[str]
    post_logout_redirect_uris: frozenset[str]
    back_channel_logout_uri: str | None
    landing_page_url: str | None
    scopes: frozenset[str]
    claims: frozenset[str]
    sector: str
    subject_type: str
    service_type: str
    client_type: str
    token_endpoint_auth_method: str
    id_token_alg: str
    pkce_required: bool
    nonce_required: bool
    state_required: bool
    identity_supported: bool
    identity_available: bool
    test_client: bool
    levels_of_confidence: frozenset[str]
    max_age_honoured: bool
    active: bool
    deprecated: bool
    channel: str
    request_object_required: bool
    assurance: str
    logout_sid: bool
    assertion_jti_required: bool
    request_object_alone: bool
    hints_in_query: bool
    claims_by_name: bool
    response_modes: tuple[str, ...]
    manages_tokens: bool
    basic_offered: bool
    own_methods: tuple[str, ...]
    public_key_source: str
    jwks_uri: str | None
    public_key: str | None
    rate_limit: int | None
    faults: frozenset[str] = frozenset()
    over_rate: bool = False


def is_production(registration: Mapping[str, object]) -> bool:
    """Return whether this is the registration of a client that citizens use."""
    return registration.get("environment", INTEGRATION) == PRODUCTION


def policy_from_registration(registration: Mapping[str, object]) -> ClientPolicy:
    """Make a client's policy from its registration, in the field names of the registry.

    Raises InvalidClientMetadata with the contract's error and text for the first rule
    that is broken, in the contract's order. Members nobody knows are ignored (RFC 7591).
    """
    members = Members(registration)
    profile_name = members.choice("profile", PROFILES, ONE_LOGIN, "Invalid Profile")
    profile = PROFILES[profile_name]
    environment = members.choice("environment", ENVIRONMENTS, INTEGRATION, "Invalid Environment")
    production = environment == PRODUCTION
    client_id = read_client_id(members)
    name = read_name(members)
    contacts = read_contacts(members)
    addresses = read_addresses(members, production=production)
    keys = read_keys(members, profile.methods, production=production)
    may = read_permissions(members, keys.method, production=production)
    without_nonce = members.flag("permit_missing_nonce")
    read_operators_flags(members)
    return ClientPolicy(
        client_id=client_id,
        profile=profile_name,
        environment=environment,
        name=name,
        service=members.line("service", "Invalid Service") or name,
        service_cy=members.line("service_cy", "Invalid Service"),
        contacts=contacts,
        redirect_uris=addresses.redirect_uris,
        post_logout_redirect_uris=addresses.post_logout_redirect_uris,
        back_channel_logout_uri=addresses.back_channel_logout_uri,
        landing_page_url=may.landing_page_url,
        scopes=may.scopes,
        claims=may.claims,
        sector=addresses.sector,
        subject_type=may.subject_type,
        service_type=may.service_type,
        client_type=may.client_type,
        token_endpoint_auth_method=keys.method,
        id_token_alg=may.id_token_alg,
        pkce_required=members.flag("pkce_enforced", default=True),
        nonce_required=profile.nonce_required and (may.identity or not without_nonce),
        state_required=profile.state_required,
        identity_supported=may.identity,
        identity_available=True,
        test_client=members.flag("test_client"),
        levels_of_confidence=may.levels_of_confidence,
        max_age_honoured=members.flag("max_age_enabled", default=profile.max_age_honoured),
        active=members.flag("active", default=True),
        deprecated=members.flag("deprecated"),
        channel=may.channel,
        request_object_required=members.flag("jar_validation_required"),
        assurance=profile.assurance,
        logout_sid=profile.logout_sid,
        assertion_jti_required=profile.assertion_jti_required,
        request_object_alone=profile.request_object_alone,
        hints_in_query=profile.hints_in_query,
        claims_by_name=profile.claims_by_name,
        response_modes=profile.response_modes,
        manages_tokens=profile.manages_tokens,
        basic_offered=CLIENT_SECRET_BASIC in profile.methods,
        own_methods=profile.own_methods,
        public_key_source=keys.source,
        jwks_uri=keys.jwks_uri,
        public_key=keys.public_key,
        rate_limit=members.limit("rate_limit", NEW_CLIENT_RATE_LIMIT),
    )
