"""Clients that a team has begun to register: one draft for each service and account.

Owns: that a draft outlives the browser, and becomes a client once. Does not own what a
registration may say (`idp.protocol`), or what is asked on which page.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Text, delete, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, clients
from idp.domain.client_facts import ClientRegistered
from idp.domain.clients import Applied, Client, Service
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql
from idp.protocol import registration_advice as advice
from idp.protocol.registration_rules import name_is_acceptable
from idp.protocol.team_registration import check_team_may_have

KEPT_FOR = 30 * 86_400
"""Seconds from the last change of a draft."""
MOST_CLIENTS = 20
"""Of one service."""


class ClientDraft(Base):
    """What one account has said so far of a new client: members of its registration."""

    __tablename__ = "client_drafts"

    service_id: Mapped[str] = mapped_column(
        ForeignKey("services.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    members: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[int] = mapped_column(BigInteger, index=True)


class NoDraft(Exception):
    """There is no draft (any more): it was registered, thrown away, or swept."""


class TooManyClients(Exception):
    """The service has as many clients as it may have."""


class Clashing(Exception):
    """Fields that cannot stand together; `clashes` names them."""

    def __init__(self, clashes: list[advice.Clash]) -> None:
        super().__init__(", ".join(clashes))
        self.clashes = clashes


def begun(service: Service, email: str) -> dict[str, Any]:
    """Return what a new client is until its team says otherwise; `email` is whom we write to."""
    name = service.name if name_is_acceptable(service.name) else "Integration client"
    return {
        "client_name": name,
        "contacts": [email],
        "scopes": ["openid", "email"],
        "subject_type": "pairwise",
        "pkce_enforced": True,
    }


def find(session: Session, service_id: str, account_id: str) -> dict[str, Any] | None:
    """Return what this account has said of a new client so far, or None."""
    mine = _mine(service_id, account_id)
    kept = session.scalar(select(ClientDraft.members).where(*mine))
    return json.loads(kept) if kept else None


def keep(
    session: Session,
    services: Services,
    service_id: str,
    account_id: str,
    given: Mapping[str, Any],
    *,
    begun: Mapping[str, Any],
) -> None:
    """Add what was `given` to the draft, which begins as `begun`; a member of None is taken out."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    now = services.clock.now()
    fresh = {"members": json.dumps(dict(begun)), "updated_at": now}
    # Whoever comes second waits here for the first, and reads what they wrote.
    kept = session.scalar(
        insert(ClientDraft)
        .values(service_id=service_id, account_id=account_id, **fresh)
        .on_conflict_do_update(
            index_elements=[ClientDraft.service_id, ClientDraft.account_id],
            set_={"updated_at": now},
        )
        .returning(ClientDraft.members)
    )
    members = {**json.loads(kept or "{}"), **given}
    said = {name: value for name, value in members.items() if value is not None}
    session.execute(
        update(ClientDraft)
        .where(*_mine(service_id, account_id))
        .values(members=json.dumps(said, sort_keys=True))
        .execution_options(synchronize_session=False)
    )


def discard(session: Session, service_id: str, account_id: str) -> None:
    """Throw the draft away, if there is one."""
    session.execute(
        delete(ClientDraft)
        .where(*_mine(service_id, account_id))
        .execution_options(synchronize_session=False)
    )


def register(session: Session, services: Services, service: Service, account_id: str) -> Applied:
    """Make the draft of this account an integration client of the service, once.

    Raises NoDraft, Clashing, TooManyClients or InvalidClientMetadata; nothing is written then.
    """
    kept = session.scalar(
        update(ClientDraft)
        .where(*_mine(service.id, account_id))
        .values(updated_at=ClientDraft.updated_at)
        .returning(ClientDraft.members)
        .execution_options(synchronize_session=False)
    )
    if kept is None:
        raise NoDraft
    asked: dict[str, Any] = json.loads(kept)
    theirs = select(func.count()).select_from(Client).where(Client.service_id == service.id)
    if (session.scalar(theirs) or 0) >= MOST_CLIENTS:
        raise TooManyClients
    client_id = clients.fresh_client_id(services)
    fields = clients.merged(None, asked | _of_service(service), client_id)
    # Named once and for all: another redirect address must not make everybody somebody else.
    fields.setdefault("sector_identifier_uri", advice.sector_for(fields))
    if found := advice.clashes(fields):
        raise Clashing(found)
    check_team_may_have(asked, clients.judged(fields))
    applied = clients.write(session, services, None, fields, service, by=account_id)
    discard(session, service.id, account_id)
    fact = ClientRegistered(account_id=account_id, service_id=service.id, client_id=client_id)
    audit.record(session, fact, now=services.clock.now())
    return applied


def sweep(session: Session, now: int, limit: int) -> int:
    """Delete up to `limit` drafts that nobody has changed for 30 days."""
    key = tuple_(ClientDraft.service_id, ClientDraft.account_id)
    over = ClientDraft.updated_at < now - KEPT_FOR
    old = select(ClientDraft.service_id, ClientDraft.account_id).where(over).limit(limit)
    gone = delete(ClientDraft).where(key.in_(old), over).returning(ClientDraft.service_id)
    return len(session.scalars(gone).all())


def _of_service(service: Service) -> dict[str, Any]:
    named = {
        "service": service.name,
        "service_cy": service.name_cy,
        "landing_page_url": service.landing_page_url,
    }
    return {name: value for name, value in named.items() if value}


def _mine(service_id: str, account_id: str) -> tuple[Any, ...]:
    return (ClientDraft.service_id == service_id, ClientDraft.account_id == account_id)
