"""What the fields of a registration mean together: what cannot be, and what is unwise.

For those who fill in a registration field by field, in any order. The registry's own rules
(`client_registration`) hold whatever is said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from idp.protocol import registration_rules as rules
from idp.protocol.client_policy import ONE_LOGIN, PRODUCTION, PROFILES
from idp.protocol.client_registration import PRIVATE_KEY_JWT, SECRET_METHODS, STATIC
from idp.protocol.identity_claims import RETURN_CODE

WITHOUT_IDENTITY: Final = "P0"


class Clash(StrEnum):
    """Fields that cannot stand together."""

    IDENTITY_NEEDS_KEY = "identity_needs_key"
    SIGNED_REQUESTS_NEED_KEY = "signed_requests_need_key"
    PROFILE_NEEDS_KEY = "profile_needs_key"
    NOTHING_TO_PROVE = "nothing_to_prove"
    IDENTITY_IS_OFF = "identity_is_off"
    NO_SECTOR = "no_sector"


class Caution(StrEnum):
    """What may be so, and had better not."""

    FIXED_KEY = "fixed_key"
    NO_RETURN_CODE = "no_return_code"
    MAX_AGE = "max_age"
    UNPROTECTED_REQUESTS = "unprotected_requests"


def clashes(fields: Mapping[str, Any]) -> list[Clash]:
    """List what cannot stand together in a registration whose single fields are right."""
    method = _method(fields)
    secret = method in SECRET_METHODS
    identity, asked = _identity(fields), _asked_of_identity(fields)
    wants_all = bool(fields.get("claims")) and bool(_levels(fields))
    found = {
        Clash.IDENTITY_NEEDS_KEY: secret and identity,
        Clash.SIGNED_REQUESTS_NEED_KEY: secret and bool(fields.get("jar_validation_required")),
        Clash.PROFILE_NEEDS_KEY: method not in _own_methods(fields),
        Clash.NOTHING_TO_PROVE: identity and not wants_all,
        Clash.IDENTITY_IS_OFF: not identity and asked,
        Clash.NO_SECTOR: not fields.get("sector_identifier_uri") and len(hosts(fields)) > 1,
    }
    return [clash for clash, there in found.items() if there]


def cautions(fields: Mapping[str, Any]) -> list[Caution]:
    """List what is unwise in a registration."""
    fixed = _method(fields) == PRIVATE_KEY_JWT and fields.get("public_key_source") == STATIC
    unprotected = not (fields.get("pkce_enforced", True) or fields.get("jar_validation_required"))
    no_return_code = _identity(fields) and RETURN_CODE not in (fields.get("claims") or ())
    found = {
        Caution.FIXED_KEY: fixed and fields.get("environment") == PRODUCTION,
        Caution.NO_RETURN_CODE: no_return_code,
        Caution.MAX_AGE: bool(fields.get("max_age_enabled")),
        Caution.UNPROTECTED_REQUESTS: unprotected,
    }
    return [caution for caution, there in found.items() if there]


def hosts(fields: Mapping[str, Any]) -> list[str]:
    """List the hosts of the redirect addresses, each once, as sectors are made of them."""
    return sorted({rules.sector_of(uri) for uri in fields.get("redirect_uris") or ()})


def sector_for(fields: Mapping[str, Any]) -> str | None:
    """Return the sector identifier that says what the redirect addresses say now, if they agree."""
    if len(hosts(fields)) != 1:
        return None
    parts = rules.split(fields["redirect_uris"][0])
    return f"{parts.scheme}://{parts.netloc}" if parts else None


def _method(fields: Mapping[str, Any]) -> str:
    return str(fields.get("token_endpoint_auth_method") or PRIVATE_KEY_JWT)


def _own_methods(fields: Mapping[str, Any]) -> tuple[str, ...]:
    return PROFILES[fields.get("profile") or ONE_LOGIN].own_methods


def _identity(fields: Mapping[str, Any]) -> bool:
    return bool(fields.get("identity_verification_supported"))


def _levels(fields: Mapping[str, Any]) -> set[str]:
    return set(fields.get("accepted_levels_of_confidence") or ()) - {WITHOUT_IDENTITY}


def _asked_of_identity(fields: Mapping[str, Any]) -> bool:
    return bool(fields.get("claims") or _levels(fields))
