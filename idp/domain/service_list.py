"""The public list of services: all that have a page to begin at, but those an operator took off."""

from sqlalchemy import BigInteger, ForeignKey, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, clients
from idp.domain.clients import Service
from idp.domain.lever_facts import ServiceListed, ServiceUnlisted
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql


class UnlistedService(Base):
    """A service that the public list leaves out."""

    __tablename__ = "unlisted_services"

    service_id: Mapped[str] = mapped_column(
        ForeignKey(Service.id, ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[int] = mapped_column(BigInteger)


def all_services(session: Session) -> list[tuple[Service, bool]]:
    """Return every service that could be on the list, and whether it is."""
    left_out = set(session.scalars(select(UnlistedService.service_id)))
    return [
        (service, service.id not in left_out)
        for service in clients.all_services(session)
        if service.landing_page_url
    ]


def listed(session: Session) -> list[Service]:
    """Return the services on the list."""
    return [service for service, is_listed in all_services(session) if is_listed]


def take_off(session: Session, services: Services, service_id: str, *, by: str | None) -> bool:
    """Take a service off the list; False if it is not there."""
    now = services.clock.now()
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    done = session.scalar(
        insert(UnlistedService)
        .values(service_id=service_id, since=now)
        .on_conflict_do_nothing(index_elements=[UnlistedService.service_id])
        .returning(UnlistedService.service_id)
    )
    if done is None:
        return False
    audit.record(session, ServiceUnlisted(account_id=by, service_id=service_id), now=now)
    return True


def put_on(session: Session, services: Services, service_id: str, *, by: str | None) -> bool:
    """Put a service on the list again; False if it was not taken off."""
    gone = delete(UnlistedService).where(UnlistedService.service_id == service_id)
    if session.scalar(gone.returning(UnlistedService.service_id)) is None:
        return False
    fact = ServiceListed(account_id=by, service_id=service_id)
    audit.record(session, fact, now=services.clock.now())
    return True
