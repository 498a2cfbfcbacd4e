"""The automatic checks before a service goes live. Each is passed or not; none takes a word for it.

Does not own what is said about them (`idp.web.go_live_words`). Looking at the keys calls out, so
it is done apart, outside a transaction (`look_at_keys`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import client_keys, clients, go_lives
from idp.domain.audit_entries import AuditEntry, SealedEntry
from idp.domain.clients import Client, Service
from idp.domain.go_lives import Standing
from idp.kernel.fetching import Fetcher, FetchFailed, FetchRefused
from idp.protocol import registration_rules as rules
from idp.protocol.client_policy import ClientPolicy, policy_from_registration
from idp.protocol.client_registration import SECRET_METHODS
from idp.protocol.errors import InvalidClientMetadata

GOOD: Final = "good"
UNREACHABLE: Final = "unreachable"
UNUSABLE: Final = "unusable"


@dataclass(frozen=True, slots=True)
class Check:
    """One check, and whether it is passed."""

    name: str
    passed: bool


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the checks look at."""

    policy: ClientPolicy
    answers: Mapping[str, Any]
    keys: str | None
    after: Mapping[str, Any]
    signed_in: bool


def of(session: Session, client: Client, standing: Standing) -> list[Check]:
    """Check a client with what its team answered so far."""
    policy = policy_from_registration(client.members)
    service = session.get_one(Service, client.service_id)
    after = go_lives.production_registration(
        client, service, standing.answers, policy.token_endpoint_auth_method
    )
    signed_in = has_signed_somebody_in(session, client.client_id)
    seen = _Seen(policy, standing.answers, standing.keys, after, signed_in)
    return [Check(name, passes(seen)) for name, passes in _CHECKS.items()]


def look_at_keys(fetcher: Fetcher, address: str) -> str:
    """Fetch the keys at an address, and return whether they are good: calls out."""
    try:
        keys = client_keys.keys_in(fetcher.get_json(address))
    except (FetchRefused, FetchFailed):
        return UNREACHABLE
    return GOOD if keys else UNUSABLE


def has_signed_somebody_in(session: Session, client_id: str) -> bool:
    """Return whether the client ever redeemed a code for tokens, as the audit record tells."""
    return any(
        session.scalar(
            select(table.fact)
            .where(table.client_id == client_id, table.fact == "tokens_issued")
            .limit(1)
        )
        for table in (AuditEntry, SealedEntry)
    )


def _addresses(seen: _Seen) -> bool:
    """At least one redirect address, and every address is https and of no local host."""
    redirects = seen.answers.get("redirect_uris") or []
    lists = [it for name in go_lives.LISTS for it in seen.answers.get(name) or []]
    others = [it for name in go_lives.ADDRESSES if (it := seen.answers.get(name))]
    return (
        bool(redirects)
        and all(rules.redirect_is_acceptable(it, production=True) for it in redirects)
        and all(rules.address_is_acceptable(it, production=True) for it in (*lists, *others))
    )


def _sector(seen: _Seen) -> bool:
    named = seen.answers.get("sector_identifier_uri")
    return rules.address_is_acceptable(named, production=True)


def _keys(seen: _Seen) -> bool:
    if seen.policy.token_endpoint_auth_method in SECRET_METHODS:
        return not seen.policy.identity_supported
    return seen.keys == GOOD


def _registration(seen: _Seen) -> bool:
    try:
        clients.judged(seen.after)
    except InvalidClientMetadata:
        return False
    return True


_CHECKS: Final[Mapping[str, Callable[[_Seen], bool]]] = {
    "addresses": _addresses,
    "sector": _sector,
    "keys": _keys,
    "pkce": lambda seen: seen.policy.pkce_required or seen.policy.request_object_required,
    "contacts": lambda seen: bool(seen.policy.contacts),
    "sign_in": lambda seen: seen.signed_in,
    "registration": _registration,
}
NAMES: Final = tuple(_CHECKS)
"""Every check, in the order in which they are shown."""
