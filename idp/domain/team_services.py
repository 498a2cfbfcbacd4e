"""Services that their teams make at the console, and what citizens see of them.

Owns: that nobody can take a name that is easily mistaken for another service's. Names change one
at a time in the whole installation, so that no two become alike at once.
Does not own members (`members`) or clients.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from idp.domain import audit, clients, departments, members
from idp.domain.client_facts import ServiceCreated, ServiceDescribed
from idp.domain.clients import Client, Service
from idp.domain.departments import Department
from idp.domain.members import Member, Role
from idp.domain.services import Services
from idp.protocol.registration_rules import as_read, outline

MOST_SERVICES = 20
"""That one account may manage and so make."""


class NameTaken(Exception):
    """Another service has a name that people would read as this one."""


class TooManyServices(Exception):
    """The account manages as many services as it may."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What citizens see of a service; `landing_page` is where it begins."""

    name: str
    name_cy: str | None
    landing_page: str | None = None


def create(
    session: Session, services: Services, account_id: str, department: str, seen: Seen
) -> Service:
    """Make a service whose manager is the account, for the department of this name.

    Raises NameTaken, TooManyServices; nothing is written then.
    """
    clients.name_services_one_at_a_time(session)
    managed = select(func.count()).where(
        Member.account_id == account_id, Member.role == Role.MANAGER.name
    )
    if (session.scalar(managed) or 0) >= MOST_SERVICES:
        raise TooManyServices
    check_names(session, seen, None)
    now = services.clock.now()
    service = Service(
        id=services.entropy.identifier(),
        name=seen.name,
        name_cy=seen.name_cy,
        landing_page_url=seen.landing_page,
        department_id=_department(session, services, department).id,
        created_at=now,
    )
    session.add(service)
    session.flush()
    fact = ServiceCreated(account_id=account_id, service_id=service.id)
    audit.record(session, fact, now=now)
    members.add(session, services, service.id, account_id, Role.MANAGER, by=account_id)
    return service


def describe(
    session: Session, services: Services, account_id: str, service: Service, seen: Seen
) -> bool:
    """Let citizens see the service so from now on; False when they do already.

    Its clients' registrations say the same afterwards. Raises NameTaken, and
    InvalidClientMetadata when a client of it may not name the landing page; nothing is written
    then.
    """
    clients.name_services_one_at_a_time(session)
    check_names(session, seen, service.id)
    before = Seen(service.name, service.name_cy, service.landing_page_url)
    changed = tuple(
        field for field in Seen.__slots__ if getattr(before, field) != getattr(seen, field)
    )
    if not changed:
        return False
    told = {
        "service": seen.name,
        "service_cy": seen.name_cy,
        "landing_page_url": seen.landing_page,
    }
    theirs = select(Client.client_id).where(Client.service_id == service.id)
    registrations = []
    for client_id in session.scalars(theirs.order_by(Client.client_id)).all():
        client = clients.held(session, client_id)
        fields = clients.merged(client, told, client_id)
        clients.judged(fields)
        registrations.append((client, fields))
    service.name, service.name_cy = seen.name, seen.name_cy
    service.landing_page_url = seen.landing_page
    for client, fields in registrations:
        clients.write(session, services, client, fields, service)
    fact = ServiceDescribed(account_id=account_id, service_id=service.id, changed=changed)
    audit.record(session, fact, now=services.clock.now())
    return True


def department_of(session: Session, service: Service) -> Department | None:
    """Return the department that owns a service, if one was named."""
    return session.get(Department, service.department_id) if service.department_id else None


def clients_of(session: Session, service_id: str) -> list[Client]:
    """Return the clients of a service, the oldest first."""
    theirs = select(Client).where(Client.service_id == service_id)
    return list(session.scalars(theirs.order_by(Client.created_at, Client.client_id)))


def check_names(session: Session, seen: Seen, own_id: str | None) -> None:
    """Raise NameTaken when another service than `own_id` has a name that reads like these."""
    wanted = {outline(name) for name in (seen.name, seen.name_cy) if name}
    others = select(Service.name, Service.name_cy).where(Service.id.is_distinct_from(own_id))
    for names in session.execute(others):
        if wanted & {outline(name) for name in names if name}:
            raise NameTaken


def _department(session: Session, services: Services, name: str) -> Department:
    known = {as_read(each.name): each for each in departments.all_departments(session)}
    return known.get(as_read(name)) or departments.named(session, services, name)
