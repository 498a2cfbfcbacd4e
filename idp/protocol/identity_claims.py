"""The identity claims of UserInfo: one table says what each tells and when there is anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from idp.protocol.person import Person, documents_claim

_VOCABULARY: Final = "https://vocab.account.gov.uk/v1/"
CORE_IDENTITY: Final = _VOCABULARY + "coreIdentityJWT"
ADDRESS: Final = _VOCABULARY + "address"
PASSPORT: Final = _VOCABULARY + "passport"
DRIVING_PERMIT: Final = _VOCABULARY + "drivingPermit"
RETURN_CODE: Final = _VOCABULARY + "returnCode"


@dataclass(frozen=True, slots=True)
class IdentityTold:
    """What UserInfo may say of one person's identity, as one client was promised it.

    `person` and `core_identity_jwt` are there only if the identity was proved to a level that
    the client asked for; `return_codes` says how proving ended, with nothing in it when all is
    well.
    """

    person: Person | None = None
    core_identity_jwt: str | None = None
    return_codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """One claim: what it tells, None for nothing."""

    name: str
    tell: Callable[[IdentityTold], object]


def _documents(told: IdentityTold, kind: str) -> object:
    if told.person is None:
        return None
    return documents_claim(getattr(told.person, kind)) or None


# The order is the order on the page that asks the citizen, in UserInfo and in discovery.
CLAIMS: Final = (
    IdentityClaim(CORE_IDENTITY, lambda told: told.core_identity_jwt),
    IdentityClaim(ADDRESS, lambda told: _documents(told, "addresses")),
    IdentityClaim(PASSPORT, lambda told: _documents(told, "passports")),
    IdentityClaim(DRIVING_PERMIT, lambda told: _documents(told, "driving_permits")),
    IdentityClaim(RETURN_CODE, lambda told: [{"code": code} for code in told.return_codes]),
)
IDENTITY_CLAIMS: Final = frozenset(claim.name for claim in CLAIMS)


def identity_claims(granted: Collection[str], told: IdentityTold) -> dict[str, object]:
    """Gather the identity claims that were granted, as UserInfo has them."""
    claims = {claim.name: claim.tell(told) for claim in CLAIMS if claim.name in granted}
    return {name: value for name, value in claims.items() if value is not None}


def available(person: Person) -> frozenset[str]:
    """Find the claims that there is something to say in about somebody whose identity is proved."""
    return frozenset(identity_claims(IDENTITY_CLAIMS, IdentityTold(person, core_identity_jwt="-")))


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Put names of claims into the table's order."""
    wanted = frozenset(names)
    return tuple(claim.name for claim in CLAIMS if claim.name in wanted)
