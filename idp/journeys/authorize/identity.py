"""What the dispatcher does about identities, for the requests that ask about one."""

from sqlalchemy.orm import Session

from idp.domain import audit, disclosures, provings
from idp.domain.provings import Known
from idp.domain.services import Services
from idp.journeys.authorize.steps import Judged
from idp.protocol import identity_proving
from idp.protocol.identity_proving import Agreement, IdentityGrant
from idp.protocol.session_facts import SessionFacts


def known_for(
    session: Session,
    services: Services,
    judged: Judged,
    facts: SessionFacts | None,
    journey_id: str | None,
) -> Known | None:
    """Return what is known of the person's identity; None, and nothing read, if nobody asks."""
    if facts is None or identity_proving.asked_by(judged.request) is None:
        return None
    return provings.known(
        session,
        services,
        account_id=facts.account_id,
        client_id=judged.registered.policy.client_id,
        journey_id=journey_id,
    )


def begin(session: Session, judged: Judged, account_id: str, journey_id: str) -> None:
    """Make the Journey ready for the pages of identity proving."""
    asked = identity_proving.asked_by(judged.request)
    if asked is not None:
        provings.begin(
            session,
            journey_id=journey_id,
            account_id=account_id,
            asked=asked,
            scopes=judged.request.scopes,
        )


def promise(
    session: Session,
    judged: Judged,
    known: Known | None,
    facts: SessionFacts,
    *,
    now: int,
    journey_id: str,
) -> IdentityGrant | None:
    """Return what the grant promises about the identity, recording what is thereby shared.

    To be called in the transaction that ends the Journey.
    """
    asked = identity_proving.asked_by(judged.request)
    if asked is None or known is None:
        return None
    agreed = known.facts.agreement is Agreement.AGREED
    claims = known.agreed if agreed else known.facts.shared
    proof_id = None if known.proof is None else known.proof.id
    promised = identity_proving.grant_of(asked, known.facts, claims, proof_id)
    account_id, client_id = facts.account_id, judged.registered.policy.client_id
    disclosures.share(
        session, account_id=account_id, client_id=client_id, claims=promised.claims, now=now
    )
    if agreed:
        shared = audit.ClaimsShared(
            account_id=account_id, client_id=client_id, claims=promised.claims
        )
        audit.record(session, shared, now=now, journey_id=journey_id)
    return promised
