"""Telling a service's managers, once, that a secret or a pasted key of a client has grown old."""

from sqlalchemy import select, tuple_, update
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

    Claimed by one statement, so that of several workers one writes.
    """
    now = services.clock.now()
    key, waits = tuple_(ClientProof.client_id, ClientProof.proof), ClientProof.reminded_at.is_(None)
    old = (ClientProof.kind.in_(_KINDS), ClientProof.added_at <= now - OLD_AFTER, waits)
    some = select(ClientProof.client_id, ClientProof.proof).where(*old).limit(limit)
    claimed = session.execute(
        update(ClientProof)
        .where(key.in_(some), waits)
        .values(reminded_at=now)
        .returning(ClientProof.client_id, ClientProof.kind)
        .execution_options(synchronize_session=False)
    ).all()
    for client_id, kind in claimed:
        client = session.get_one(Client, client_id)
        template = "client_secret_old" if kind == SECRET else "client_key_old"
        team_notices.tell_managers(session, services, client.service_id, template, client=client_id)
        fact = TeamReminded(client_id=client_id, kind=kind)
        audit.record(session, fact, now=now)
    return len(claimed)
