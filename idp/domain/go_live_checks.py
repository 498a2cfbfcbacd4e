"""The automatic checks before a service goes live. Each is passed or not; none takes a word for it.

Does not own what is said about them (`idp.web.go_live_words`), or fetching the keys, which is done
apart, outside a transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from idp.domain import clients, go_lives, team_keys
from idp.domain.audit_entries import AuditEntry, SealedEntry
from idp.domain.clients import Client, Service
from idp.domain.go_lives import Standing
from idp.domain.key_sets import ExaminedSet
from idp.kernel.fetching import Fault
from idp.protocol import registration_rules as rules
from idp.protocol.client_policy import ClientPolicy, policy_from_registration
from idp.protocol.client_registration import SECRET_METHODS
from idp.protocol.errors import InvalidClientMetadata

GOOD: Final = "good"
UNREACHABLE: Final = "unreachable"
UNUSABLE: Final = "unusable"
TOO_OFTEN: Final = "too_often"
"""They were not looked at: they had been, often, a short time ago."""


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
    pasted: bool
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
    pasted = team_keys.thumbprint(go_lives.pasted_key(client) or "") is not None
    seen = _Seen(policy, standing.answers, standing.keys, pasted, after, signed_in)
    return [Check(name, passes(seen)) for name, passes in _CHECKS.items()]


def judged(found: ExaminedSet) -> str:
    """Return whether what was found at an address of keys is good."""
    if found.fault not in (None, Fault.NOT_JSON):
        return UNREACHABLE
    return GOOD if found.usable else UNUSABLE


def has_signed_somebody_in(session: Session, client_id: str) -> bool:
    """Return whether the client itself ever redeemed a code, as the audit record tells.

    A try on our pages redeems one in its place, which says nothing of the client.
    """
    records = (AuditEntry, SealedEntry)
    tried = union_all(
        *(
            select(record.grant_id).where(
                record.client_id == client_id, record.fact == "try_redeemed"
            )
            for record in records
        )
    )
    own = [
        select(record.fact).where(
            record.client_id == client_id,
            record.fact == "tokens_issued",
            record.grant_id.not_in(tried),
        )
        for record in records
    ]
    return any(session.scalar(issued.limit(1)) for issued in own)


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
    if seen.pasted and not seen.answers.get("jwks_uri"):
        return True
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
