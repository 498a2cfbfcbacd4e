"""Members of a service: whose account may see and change it, and how far.

Owns: the roles, and that a service which has a manager keeps one. Whoever changes members holds
the service's row meanwhile, so that two managers who leave at once cannot both be the last but
one. Does not own invitations.
"""

from enum import IntEnum

from sqlalchemy import BigInteger, ForeignKey, String, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit
from idp.domain.accounts import Account
from idp.domain.clients import Client, Service
from idp.domain.console_facts import MemberAdded, MemberRemoved, MemberRoleChanged
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql


class Role(IntEnum):
    """What a member may do; each may do what those before it may."""

    READER = 1
    """See the service, its clients and what happened."""
    WRITER = 2
    """Register and change clients, their keys and secrets, and make test citizens."""
    MANAGER = 3
    """Invite and remove members, and ask to go live."""


class Member(Base):
    """One account's role in one service; the role is kept by its name."""

    __tablename__ = "members"

    service_id: Mapped[str] = mapped_column(
        ForeignKey("services.id", ondelete="CASCADE"), primary_key=True
    )
    account_id: Mapped[str] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(16))
    added_at: Mapped[int] = mapped_column(BigInteger)


class LastManager(Exception):
    """The service would be left without a manager."""


def role_in(session: Session, service_id: str, account_id: str) -> Role | None:
    """Return what an account may do in a service, or None when it is no member."""
    known = session.scalar(
        select(Member.role).where(Member.service_id == service_id, Member.account_id == account_id)
    )
    return Role[known] if known else None


def add(
    session: Session,
    services: Services,
    service_id: str,
    account_id: str,
    role: Role,
    *,
    by: str | None = None,
) -> bool:
    """Make an account a member; False if it is one already, whose role stays as it was.

    `by` is the account that does it.
    """
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    now = services.clock.now()
    added = session.scalar(
        insert(Member)
        .values(service_id=service_id, account_id=account_id, role=role.name, added_at=now)
        .on_conflict_do_nothing(index_elements=[Member.service_id, Member.account_id])
        .returning(Member.account_id)
    )
    if added is None:
        return False
    fact = MemberAdded(service_id=service_id, account_id=account_id, role=role.name, by=by)
    audit.record(session, fact, now=now)
    return True


def change_role(
    session: Session,
    services: Services,
    service_id: str,
    account_id: str,
    role: Role,
    *,
    by: str | None = None,
) -> bool:
    """Give a member another role; False if they have it already or are no member.

    `by` is the account that does it. Raises LastManager; nothing is written then.
    """
    hold(session, service_id)
    before = role_in(session, service_id, account_id)
    if before is None or before is role:
        return False
    if before is Role.MANAGER:
        _need_another_manager(session, service_id, account_id)
    session.execute(
        update(Member)
        .where(Member.service_id == service_id, Member.account_id == account_id)
        .values(role=role.name)
        .execution_options(synchronize_session=False)
    )
    fact = MemberRoleChanged(service_id=service_id, account_id=account_id, role=role.name, by=by)
    audit.record(session, fact, now=services.clock.now())
    return True


def remove(
    session: Session,
    services: Services,
    service_id: str,
    account_id: str,
    *,
    by: str | None = None,
) -> bool:
    """Take an account out of a service, at once; False if it is no member. Raises LastManager."""
    hold(session, service_id)
    before = role_in(session, service_id, account_id)
    if before is None:
        return False
    if before is Role.MANAGER:
        _need_another_manager(session, service_id, account_id)
    session.execute(
        delete(Member)
        .where(Member.service_id == service_id, Member.account_id == account_id)
        .execution_options(synchronize_session=False)
    )
    fact = MemberRemoved(service_id=service_id, account_id=account_id, by=by)
    audit.record(session, fact, now=services.clock.now())
    return True


def of_service(session: Session, service_id: str) -> list[tuple[Member, Account]]:
    """Return a service's members with their accounts, managers first, then by address."""
    listed = (
        select(Member, Account)
        .join(Account, Account.id == Member.account_id)
        .where(Member.service_id == service_id)
    )
    rows = [(row[0], row[1]) for row in session.execute(listed)]
    return sorted(rows, key=lambda row: (-Role[row[0].role], row[1].email))


def services_of(session: Session, account_id: str) -> list[tuple[Service, Role]]:
    """Return the services that an account is a member of, by name."""
    mine = (
        select(Service, Member.role)
        .join(Member, Member.service_id == Service.id)
        .where(Member.account_id == account_id)
        .order_by(Service.name)
    )
    return [(row[0], Role[row[1]]) for row in session.execute(mine)]


def client_of(session: Session, service_id: str, client_id: str) -> Client | None:
    """Return a client of this service, or None when it is another's or nobody's."""
    client = session.get(Client, client_id)
    return client if client is not None and client.service_id == service_id else None


def hold(session: Session, service_id: str) -> None:
    """Let everybody else who changes what a service has wait until this transaction ends."""
    session.execute(
        update(Service)
        .where(Service.id == service_id)
        .values(name=Service.name)
        .execution_options(synchronize_session=False)
    )


def _need_another_manager(session: Session, service_id: str, account_id: str) -> None:
    others = (
        select(func.count())
        .select_from(Member)
        .where(
            Member.service_id == service_id,
            Member.account_id != account_id,
            Member.role == Role.MANAGER.name,
        )
    )
    if not session.scalar(others):
        raise LastManager
