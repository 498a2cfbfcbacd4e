"""What was answered about one field of a client, judged by the protocol's own rules."""

from collections.abc import Mapping
from typing import Any, Final

from idp.domain.pasted_keys import NotAKey, read_public_key, refuse_private_key
from idp.protocol import registration_rules as rules
from idp.protocol.client_policy import OPENID, is_production
from idp.protocol.client_registration import JWKS, PRIVATE_KEY_JWT, STATIC
from idp.protocol.registration_members import MOST_ENTRIES
from idp.web.client_fields import Field, Kind

Given = dict[str, Any]


class Wrong(Exception):
    """An answer that breaks a rule, which `why` names."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


_EMPTY: Final = {
    "name": "no name",
    "key-address": "unreadable",
    "public-key": "unreadable key",
    "contacts": "no email",
    "redirect-addresses": "unreadable",
    "after-sign-out": "unreadable",
}


def line(field: Field, typed: str, registration: Mapping[str, Any]) -> Given:
    """Return what a line means for the registration. Raises Wrong, and PrivateKeyPasted."""
    refuse_private_key(typed)
    if not typed and field.optional:
        return {field.member: None}
    if not typed:
        raise Wrong(_EMPTY[field.slug])
    if field.member == "client_name":
        if not rules.name_is_acceptable(typed):
            raise Wrong("name")
    else:
        _check_address(rules.address_fault(typed, production=is_production(registration)))
    if field.member == "jwks_uri":
        return by_key(JWKS, typed)
    return {field.member: typed}


def added(field: Field, typed: str, registration: Mapping[str, Any]) -> Given:
    """Return the list with one more entry. Raises Wrong, and PrivateKeyPasted."""
    refuse_private_key(typed)
    entries = list(registration.get(field.member) or ())
    if not typed:
        raise Wrong(_EMPTY[field.slug])
    if field.member == "contacts":
        if not rules.email_is_acceptable(typed):
            raise Wrong("email")
    elif field.member == "redirect_uris":
        _check_address(rules.redirect_fault(typed, production=is_production(registration)))
    else:
        _check_address(rules.address_fault(typed, production=is_production(registration)))
    if typed in entries:
        raise Wrong("twice")
    if len(entries) >= MOST_ENTRIES:
        raise Wrong("many")
    return {field.member: [*entries, typed]}


def removed(field: Field, entry: str, registration: Mapping[str, Any]) -> Given:
    """Return the list without an entry. Raises Wrong when one has to stay."""
    entries = list(registration.get(field.member) or ())
    left = [each for each in entries if each != entry]
    if not left and not field.optional:
        raise Wrong("one")
    return {field.member: left}


def chosen(field: Field, value: str) -> Given:
    """Return what one choice means for the registration."""
    return {field.member: value == "yes" if field.kind is Kind.YES_OR_NO else value}


def ticked(field: Field, values: list[str]) -> Given:
    """Return what was ticked, in the field's order."""
    always = ["openid"] if field.member == "scopes" else []
    return {field.member: always + [each for each, _ in field.choices if each in values]}


def key(pasted: str) -> Given:
    """Return what a pasted key means. Raises Wrong, and PrivateKeyPasted."""
    try:
        return by_key(STATIC, read_public_key(pasted))
    except NotAKey as refused:
        raise Wrong(f"{refused.fault} key") from refused


def by_key(source: str, value: str) -> Given:
    """Return the members of a client that proves itself by a key, from that source."""
    return {
        "token_endpoint_auth_method": PRIVATE_KEY_JWT,
        "public_key_source": source,
        "jwks_uri": value if source == JWKS else None,
        "public_key": value if source == STATIC else None,
    }


def by_secret(method: str) -> Given:
    """Return the members of a client that proves itself by a secret: plain OpenID Connect."""
    return {
        "token_endpoint_auth_method": method,
        "profile": OPENID,
        "public_key_source": None,
        "jwks_uri": None,
        "public_key": None,
    }


def _check_address(fault: rules.AddressFault | None) -> None:
    if fault is not None:
        raise Wrong(str(fault))
