"""Telling a service's managers, once, that a secret or a pasted key of a client has grown old."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from idp.domain import audit, team_notices
from idp.domain.client_proofs import KEY, SECRET, ClientProof
from idp.domain.clients import Client
from idp.domain.proof_facts import TeamReminded
from idp.domain.services import Services

OLD_AFTER = 365 * 86_400
BATCH = 50
_KINDS = (SECRET, KEY)


def remind(session: Session, services: Services, limit: int = BATCH) -> int:
    """Mail the managers of up to `limit` old secrets and keys; how many those were.

    Claimed by one statement each, so that of several workers one writes.
    """
    now = services.clock.now()
    old = (
        select(ClientProof)
        .where(
            ClientProof.kind.in_(_KINDS),
            ClientProof.added_at <= now - OLD_AFTER,
            ClientProof.reminded_at.is_(None),
        )
        .limit(limit)
    )
    reminded = 0
    for proof in session.scalars(old).all():
        claimed = session.scalar(
            update(ClientProof)
            .where(
                ClientProof.client_id == proof.client_id,
                ClientProof.proof == proof.proof,
                ClientProof.reminded_at.is_(None),
            )
            .values(reminded_at=now)
            .returning(ClientProof.client_id)
            .execution_options(synchronize_session=False)
        )
        if claimed is None:
            continue
        client = session.get_one(Client, proof.client_id)
        template = "client_secret_old" if proof.kind == SECRET else "client_key_old"
        team_notices.tell_managers(
            session, services, client.service_id, template, client=client.client_id
        )
        fact = TeamReminded(client_id=client.client_id, kind=proof.kind)
        audit.record(session, fact, now=now)
        reminded += 1
    return reminded
