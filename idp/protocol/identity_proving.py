"""What a request asks about somebody's identity, and what comes of each way that proving can end.

Pure decisions over frozen values; `next_step` puts them into the order of one request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from idp.protocol.identity_claims import IDENTITY_CLAIMS, RETURN_CODE, in_order
from idp.protocol.parameters import AuthorizationRequest
from idp.protocol.vectors_of_trust import CONFIDENCE_LEVELS

ACCESS_DENIED: Final = (
    "access_denied",
    "Access denied by resource owner or authorization server",
)
SECURITY_REASONS: Final = (
    "access_denied",
    "Access denied for security reasons, a new authentication request may be successful",
)
SERVER_ERROR: Final = ("server_error", "Unexpected server error")
_LOWEST_FIRST: Final = CONFIDENCE_LEVELS[1:]


class Outcome(StrEnum):
    """How proving an identity can end."""

    PROVED = "proved"
    NOT_MATCHED = "not_matched"
    FRAUD = "fraud"
    PENDING = "pending"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    TECHNICAL_ERROR = "technical_error"
    OTHER_BROWSER = "other_browser"


class Agreement(StrEnum):
    """What the citizen answered when shown what the service would get."""

    AGREED = "agreed"
    REFUSED = "refused"


# What a service that asks for the return code is told. PROVED stands for a level below the one
# asked for; who gives up, and what breaks, has no code.
RETURN_CODES: Final[Mapping[Outcome, str]] = {
    Outcome.PROVED: "A",
    Outcome.NOT_MATCHED: "B",
    Outcome.FRAUD: "F",
    Outcome.PENDING: "P",
    Outcome.TIMED_OUT: "Z",
}
_ERRORS: Final[Mapping[Outcome | None, tuple[str, str]]] = {
    Outcome.OTHER_BROWSER: SECURITY_REASONS,
    Outcome.TECHNICAL_ERROR: SERVER_ERROR,
}


@dataclass(frozen=True, slots=True)
class IdentityAsked:
    """What a request asks: levels of confidence that would do, and claims about the person."""

    levels: frozenset[str]
    claims: frozenset[str]

    def met_by(self, proven: str | None) -> str | None:
        """Find the level told for an identity proved at `proven`; None if it reaches none asked.

        It is the highest that was asked for and is reached; no other level is ever told.
        """
        if proven is None:
            return None
        reached = _LOWEST_FIRST[: _LOWEST_FIRST.index(proven) + 1]
        return max((level for level in reached if level in self.levels), default=None)


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """What is known of somebody's identity, for one request of one client.

    `outcome` is how proving ended in this Journey, None while it has not; `proven` the level of
    the proof that was made or confirmed in it, `available` the claims that this proof can fill.
    `shared` is what this client was given before and may be given again, `agreement` the answer
    in this Journey.
    """

    outcome: Outcome | None = None
    proven: str | None = None
    available: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True)
class IdentityGrant:
    """What a grant promises about an identity; `claims` are in the table's order.

    `confidence` is the level told and `proof_id` the proof it rests on, both None for an identity
    that was not proved; `return_codes` are letters.
    """

    claims: tuple[str, ...]
    confidence: str | None
    proof_id: str | None
    return_codes: str


NOTHING_KNOWN: Final = IdentityFacts()


def asked_by(request: AuthorizationRequest) -> IdentityAsked | None:
    """Find what a request asks about an identity, None if it asks nothing (its claims count not).

    Vectors with and without identity never mix, so every vector names a level here. Claims that
    are not about identity are of no account here: some clients may name any.
    """
    if request.vectors is None or not request.vectors.identity:
        return None
    return IdentityAsked(request.vectors.named_confidences, request.claims & IDENTITY_CLAIMS)


def return_codes(asked: IdentityAsked, facts: IdentityFacts) -> str:
    """Return the letters that say why the identity is not proved as asked; none if it is."""
    if facts.outcome is None or asked.met_by(facts.proven) is not None:
        return ""
    return RETURN_CODES.get(facts.outcome, "")


def refusal(asked: IdentityAsked, facts: IdentityFacts) -> tuple[str, str] | None:
    """Return the error and description that proving ended in, None where a code may be issued.

    An identity that is not proved is told by a return code, to a service that asks for it and
    where there is one; else the request is denied.
    """
    if asked.met_by(facts.proven) is not None:
        return None
    if RETURN_CODE in asked.claims and return_codes(asked, facts):
        return None
    return _ERRORS.get(facts.outcome, ACCESS_DENIED)


def tellable(asked: IdentityAsked, facts: IdentityFacts) -> frozenset[str]:
    """Find the claims that the service would get: asked for, and with something to say."""
    if asked.met_by(facts.proven) is None:
        return asked.claims & {RETURN_CODE}
    return asked.claims & facts.available


def grant_of(
    asked: IdentityAsked, facts: IdentityFacts, claims: frozenset[str], proof_id: str | None
) -> IdentityGrant:
    """Make the promise of a request that may have a code; `claims` were agreed to."""
    confidence = asked.met_by(facts.proven)
    return IdentityGrant(
        claims=in_order(claims & tellable(asked, facts)),
        confidence=confidence,
        proof_id=None if confidence is None else proof_id,
        return_codes=return_codes(asked, facts),
    )
