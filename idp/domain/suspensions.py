"""Suspending a client and lifting it; every process follows within a minute (`ClientRegistry`)."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.domain import audit
from idp.domain.clients import ACTIVE, SUSPENDED, Client


def suspend(session: Session, client_id: str, now: int) -> bool:
    """Refuse everything to a client; False if it is unknown or suspended already."""
    changed = _change(session, client_id, ACTIVE, SUSPENDED, now)
    if changed:
        audit.record(session, audit.ClientSuspended(client_id=client_id), now=now)
    return changed


def restore(session: Session, client_id: str, now: int) -> bool:
    """Lift a suspension; False if the client is unknown or not suspended."""
    changed = _change(session, client_id, SUSPENDED, ACTIVE, now)
    if changed:
        audit.record(session, audit.ClientRestored(client_id=client_id), now=now)
    return changed


def _change(session: Session, client_id: str, before: str, after: str, now: int) -> bool:
    found = session.scalar(
        update(Client)
        .where(Client.client_id == client_id, Client.state == before)
        .values(state=after, updated_at=now)
        .returning(Client.client_id)
        .execution_options(synchronize_session=False)
    )
    return found is not None
