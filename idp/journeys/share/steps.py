"""What a service would get, and what comes of the citizen's answer, without a web framework."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from idp.domain import accounts, audit, provings
from idp.domain.journeys import Journey
from idp.domain.provings import Proving
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.protocol import identity_proving
from idp.protocol.identity_claims import in_order
from idp.protocol.identity_proving import Agreement
from idp.protocol.person import Person


@dataclass(frozen=True, slots=True)
class Offer:
    """What the service would get. `person` and `level` are there if the identity was proved."""

    proving: Proving
    claims: frozenset[str]
    person: Person | None
    level: str | None
    return_codes: str
    email: str | None


def offer_of(
    session: Session, services: Services, journey: Journey, signed_in: BrowserSession
) -> Offer | None:
    """Return what there is to ask about in this Journey, or None: the dispatcher knows better."""
    proving = provings.find(session, journey.id, signed_in.account_id)
    if proving is None or signed_in.level != "Cl.Cm":
        return None
    known = provings.known(
        session,
        services,
        account_id=signed_in.account_id,
        client_id=journey.client_id,
        journey_id=journey.id,
    )
    asked, facts = proving.identity_asked, known.facts
    if facts.outcome is None or facts.agreement is not None:
        return None
    claims = identity_proving.tellable(asked, facts)
    if identity_proving.refusal(asked, facts) is not None or claims <= facts.shared:
        return None
    level = asked.met_by(facts.proven)
    account = accounts.get(session, signed_in.account_id)
    return Offer(
        proving=proving,
        claims=claims,
        person=None if level is None or known.proof is None else known.proof.person,
        level=level,
        return_codes=identity_proving.return_codes(asked, facts),
        email=account.email if account and "email" in proving.scopes else None,
    )


def agree(session: Session, offer: Offer) -> None:
    """Let the service have exactly what the offer holds."""
    provings.answer(session, offer.proving, Agreement.AGREED, offer.claims)


def refuse(session: Session, services: Services, journey: Journey, offer: Offer) -> None:
    """Let the service have nothing."""
    if provings.answer(session, offer.proving, Agreement.REFUSED, frozenset()):
        fact = audit.ClaimsRefused(
            account_id=offer.proving.account_id,
            client_id=journey.client_id,
            claims=in_order(offer.claims),
        )
        audit.record(session, fact, now=services.clock.now(), journey_id=journey.id)
