"""Which claims there are, which scope asks for them, and where their value comes from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from idp.protocol import identity_claims


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What UserInfo may say about one person to one client; `sub` is that client's name for them.

    `phone_number` (E.164) is there only for someone who gets codes by text message.
    """

    sub: str
    email: str
    email_verified: bool = True
    phone_number: str | None = None

    @property
    def phone_number_verified(self) -> bool:
        """Whether there is a telephone number; only a verified one is ever kept."""
        return self.phone_number is not None


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: the scope that asks for it, and the fact of the subject it tells."""

    name: str
    scope: str
    source: str


# The order is the order in UserInfo and in discovery.
CLAIMS: Final = (
    Claim("sub", scope="openid", source="sub"),
    Claim("email", scope="email", source="email"),
    Claim("email_verified", scope="email", source="email_verified"),
    Claim("phone_number", scope="phone", source="phone_number"),
    Claim("phone_number_verified", scope="phone", source="phone_number_verified"),
)
SCOPES: Final = tuple(dict.fromkeys(claim.scope for claim in CLAIMS))

_READERS: Final = tuple((claim.name, claim.scope, attrgetter(claim.source)) for claim in CLAIMS)


def claims_supported() -> list[str]:
    """List every claim that can be asked for."""
    return [claim.name for claim in (*CLAIMS, *identity_claims.CLAIMS)]


def scopes_of(names: Collection[str]) -> frozenset[str]:
    """Find the scopes that hold the claims of these names; unknown ones are ignored."""
    return frozenset(claim.scope for claim in CLAIMS if claim.name in names)


def userinfo_claims(scopes: Collection[str], facts: SubjectFacts) -> dict[str, object]:
    """Gather the claims that the granted scopes give (OIDC Core section 5.4).

    A fact nobody has is left out rather than sent as null.
    """
    claims: dict[str, object] = {}
    for name, scope, read in _READERS:
        if scope in scopes:
            value = read(facts)
            if value is not None:
                claims[name] = value
    return claims
