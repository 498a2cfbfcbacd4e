"""The members of a client registration: their names, and who may write them.

The registration API and One Login's own registry spell most of them differently; both spellings
are read, and one is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from idp.protocol.errors import InvalidClientMetadata

STORED_NAMES: Final[Mapping[str, str]] = {
    "BackChannelLogoutUri": "back_channel_logout_uri",
    "Channel": "channel",
    "Claims": "claims",
    "ClientID": "client_id",
    "ClientLoCs": "accepted_levels_of_confidence",
    "ClientName": "client_name",
    "ClientSecret": "client_secret_hash",
    "ClientType": "client_type",
    "Contacts": "contacts",
    "CookieConsentShared": "cookie_consent_shared",
    "IdTokenSigningAlgorithm": "id_token_signing_algorithm",
    "IdentityVerificationSupported": "identity_verification_supported",
    "IsActive": "active",
    "IsDeprecated": "deprecated",
    "JarValidationRequired": "jar_validation_required",
    "JwksUrl": "jwks_uri",
    "LandingPageUrl": "landing_page_url",
    "MaxAgeEnabled": "max_age_enabled",
    "OneLoginService": "one_login_service",
    "PKCEEnforced": "pkce_enforced",
    "PermitMissingNonce": "permit_missing_nonce",
    "PostLogoutRedirectUrls": "post_logout_redirect_uris",
    "PublicKey": "public_key",
    "PublicKeySource": "public_key_source",
    "RateLimit": "rate_limit",
    "RedirectUrls": "redirect_uris",
    "Scopes": "scopes",
    "SectorIdentifierUri": "sector_identifier_uri",
    "ServiceType": "service_type",
    "SmokeTest": "smoke_test",
    "SubjectType": "subject_type",
    "TestClient": "test_client",
    "TestClientEmailAllowlist": "test_client_email_allowlist",
    "TokenAuthMethod": "token_endpoint_auth_method",
}
"""One Login's name of a stored attribute, and the registration API's name of the same."""

OUR_OWN: Final = frozenset({"environment", "profile", "service", "service_cy"})
"""What Onepass asks beside them."""

MEMBERS: Final = frozenset(STORED_NAMES.values()) | OUR_OWN
"""Every member that is read and kept."""

OPERATORS_ALONE: Final = frozenset(
    {
        "active",
        "client_id",
        "client_secret_hash",
        "cookie_consent_shared",
        "deprecated",
        "environment",
        "one_login_service",
        "permit_missing_nonce",
        "rate_limit",
        "smoke_test",
        "test_client",
        "test_client_email_allowlist",
    }
)
"""What no service team may write about its own client."""


def canonical(registration: Mapping[str, object]) -> dict[str, object]:
    """Return the members that are known, under the registration API's names.

    What nobody knows is left out (RFC 7591 section 2): it might be a secret. Raises
    InvalidClientMetadata for a member that is given under both of its names.
    """
    kept: dict[str, object] = {}
    for written, value in registration.items():
        name = STORED_NAMES.get(written, written)
        if name not in MEMBERS:
            continue
        if name in kept:
            raise InvalidClientMetadata("invalid_client_metadata", f"Two names for {name}")
        kept[name] = value
    return kept
