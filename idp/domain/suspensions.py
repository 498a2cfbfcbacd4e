"""Suspending a client and lifting it; every process follows within a minute (`ClientRegistry`)."""

from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.domain import audit, change_requests, team_notices
from idp.domain.change_requests import Act, CannotBeDone, ChangeRequest, WaitsAlready
from idp.domain.clients import ACTIVE, SUSPENDED, Client
from idp.domain.grants import Grant
from idp.domain.services import Services

SUSPEND: Final = "suspend_client"
RESTORE: Final = "restore_client"
NOT_ACTIVE: Final = "The client is suspended already, or there is no such client any more."


def suspend(session: Session, client_id: str, now: int, *, by: str | None = None) -> bool:
    """Refuse everything to a client; False if it is unknown or suspended already.

    The codes and access tokens that it holds are dead from now on, also when it is restored.
    """
    changed = _change(session, client_id, ACTIVE, SUSPENDED, now)
    if changed:
        session.execute(
            update(Grant)
            .where(Grant.client_id == client_id, Grant.revoked_at.is_(None))
            .values(revoked_at=now)
            .execution_options(synchronize_session=False)
        )
        audit.record(session, audit.ClientSuspended(client_id=client_id, by=by), now=now)
    return changed


def restore(session: Session, client_id: str, now: int, *, by: str | None = None) -> bool:
    """Lift a suspension; False if the client is unknown or not suspended."""
    changed = _change(session, client_id, SUSPENDED, ACTIVE, now)
    if changed:
        audit.record(session, audit.ClientRestored(client_id=client_id, by=by), now=now)
    return changed


def suspend_and_tell(session: Session, services: Services, client_id: str, *, by: str) -> bool:
    """Suspend a client, and mail the managers of its service; False as for `suspend`."""
    changed = suspend(session, client_id, services.clock.now(), by=by)
    return changed and _tell(session, services, client_id, "client_suspended")


def restore_alone(
    session: Session, services: Services, client_id: str, *, by: str, reason: str
) -> bool:
    """Lift a suspension, keep why, and mail the managers of the service; False as for `restore`."""
    if not restore(session, client_id, services.clock.now(), by=by):
        return False
    _keep(session, services, RESTORE, client_id, by=by, reason=reason)
    return _tell(session, services, client_id, "client_restored")


def suspend_alone(
    session: Session, services: Services, client_id: str, *, by: str, reason: str
) -> bool:
    """Do what `suspend_and_tell` does without a second operator, and keep who did it and why."""
    if not suspend_and_tell(session, services, client_id, by=by):
        return False
    _keep(session, services, SUSPEND, client_id, by=by, reason=reason)
    return True


def ask(
    session: Session, services: Services, client: Client, *, by: str, reason: str, ticket: str
) -> ChangeRequest | None:
    """Ask another operator to suspend a client; None when there is nothing to suspend.

    When somebody has asked already, theirs is returned: whoever asks now may approve it.
    """
    if client.state != ACTIVE:
        return None
    try:
        return change_requests.submit(
            session,
            services,
            SUSPEND,
            {"ticket": ticket},
            by=by,
            reason=reason,
            service_id=client.service_id,
            client_id=client.client_id,
        )
    except WaitsAlready:
        return change_requests.of_client(session, client.client_id, SUSPEND)


def _as_asked(session: Session, services: Services, asked: ChangeRequest, by: str) -> None:
    """Suspend the client that a request names. Raises CannotBeDone."""
    if not suspend_and_tell(session, services, asked.client_id or "", by=by):
        raise CannotBeDone(NOT_ACTIVE)


def _keep(
    session: Session, services: Services, kind: str, client_id: str, *, by: str, reason: str
) -> None:
    client = (client_id, session.get_one(Client, client_id).service_id)
    change_requests.keep_alone(session, services, kind, by=by, reason=reason, client=client)


def _tell(session: Session, services: Services, client_id: str, template: str) -> bool:
    service_id = session.get_one(Client, client_id).service_id
    team_notices.tell_managers(session, services, service_id, template, client=client_id)
    return True


ACT: Final = Act(SUSPEND, _as_asked)


def _change(session: Session, client_id: str, before: str, after: str, now: int) -> bool:
    found = session.scalar(
        update(Client)
        .where(Client.client_id == client_id, Client.state == before)
        .values(state=after, updated_at=now)
        .returning(Client.client_id)
        .execution_options(synchronize_session=False)
    )
    return found is not None
