"""Members of a service: whose account may see and change it, and how far.

Owns: the roles, and that a service which has a manager keeps one. Whoever changes members holds
the service's row meanwhile, so that two managers who leave at once cannot both be the last but
one. Who goes, or may do less, takes back what they asked for and may not ask for any more. Does not
own invitations.
"""

from enum import IntEnum
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, String, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, change_requests
from idp.domain.accounts import Account
from idp.domain.change_requests import ChangeRequest, State
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


MAY_ASK: Final = {"client_change": Role.WRITER, "go_live": Role.MANAGER}
"""Who in a team may ask an operator for what, by the kind of the request."""


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
    asked = _asked_for(session, service_id, account_id)
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
    _take_back(session, services, asked, role, by or account_id)
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
    asked = _asked_for(session, service_id, account_id)
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
    _take_back(session, services, asked, None, by or account_id)
    return True


def may_ask(session: Session, asked: ChangeRequest) -> bool:
    """Return whether whoever made a request of a team may still ask for that."""
    role = role_in(session, asked.service_id or "", asked.requested_by)
    return role is not None and role >= MAY_ASK[asked.kind]


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


def _asked_for(session: Session, service_id: str, account_id: str) -> list[ChangeRequest]:
    """Return what waits of what somebody asked for as a member, which nobody decides meanwhile.

    Whoever approves holds a request before the service: so do we, or two would wait for each other.
    """
    theirs = (
        ChangeRequest.service_id == service_id,
        ChangeRequest.requested_by == account_id,
        ChangeRequest.kind.in_(MAY_ASK),
        ChangeRequest.state == State.SUBMITTED,
    )
    held = update(ChangeRequest).where(*theirs).values(state=ChangeRequest.state)
    return list(session.scalars(held.returning(ChangeRequest)))


def _take_back(
    session: Session, services: Services, asked: list[ChangeRequest], left: Role | None, by: str
) -> None:
    """Withdraw what a member asked for and may not ask for with the role that is left."""
    for each in asked:
        if left is None or left < MAY_ASK[each.kind]:
            change_requests.withdraw(session, services, each.id, by=by)


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
