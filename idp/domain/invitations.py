"""Invitations to a service's team: for an email address, until they are accepted or too old.

There is no secret in the mail. The invitation waits for whoever signs in with an account that has
the address, which was proved; so nobody learns from it whether there is such an account, and a
mail that goes astray opens nothing. It counts while whoever made it may invite: is a manager still.
"""

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Select,
    String,
    UniqueConstraint,
    delete,
    exists,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, members, notices, throttles
from idp.domain.accounts import Account, email_key
from idp.domain.clients import Service
from idp.domain.invitation_facts import InvitationAccepted, InvitationWithdrawn, MemberInvited
from idp.domain.members import Member, Role
from idp.domain.services import Services
from idp.domain.throttles import Kind
from idp.kernel.database import Base, is_postgresql

LIFETIME = 7 * 86_400
MOST_OPEN = 50
"""Of one service."""


class Invitation(Base):
    """One invitation. `email` is as the manager typed it."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("service_id", "email_key", name="one_invitation_each"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    service_id: Mapped[str] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(256))
    email_key: Mapped[str] = mapped_column(String(512), index=True)
    role: Mapped[str] = mapped_column(String(16))
    invited_by: Mapped[str] = mapped_column(String(32))
    invited_at: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


class AlreadyMember(Exception):
    """Whoever has the address is a member of the service already."""


class TooManyInvitations(Exception):
    """As many invitations of this service are open as may be."""


def invite(
    session: Session,
    services: Services,
    service_id: str,
    *,
    email: str,
    role: Role,
    by: str,
    language: str,
) -> None:
    """Invite whoever has an address, in place of an earlier invitation to it, and write to them.

    Raises AlreadyMember (of this service, whose members the inviter sees anyway),
    TooManyInvitations, and Locked when the service has sent too many in a short time.
    """
    key, now = email_key(email), services.clock.now()
    if session.scalar(_member_with(service_id, key)) is not None:
        raise AlreadyMember
    others = select(func.count()).select_from(Invitation).where(Invitation.email_key != key)
    open_ones = others.where(Invitation.service_id == service_id, *_counts(now))
    if (session.scalar(open_ones) or 0) >= MOST_OPEN:
        raise TooManyInvitations
    throttles.reserve(session, Kind.INVITATION, service_id, now)
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    values = {
        "email": email.strip(),
        "role": role.name,
        "invited_by": by,
        "invited_at": now,
        "expires_at": now + LIFETIME,
    }
    # The earlier one keeps its place and not its name: what was shown of it works no longer.
    fresh = services.entropy.identifier()
    session.execute(
        insert(Invitation)
        .values(id=fresh, service_id=service_id, email_key=key, **values)
        .on_conflict_do_update(
            index_elements=["service_id", "email_key"], set_={"id": fresh, **values}
        )
    )
    notices.send(
        session,
        services,
        to=email.strip(),
        template="team_invitation",
        language=language,
        until=now + LIFETIME,
    )
    fact = MemberInvited(account_id=by, service_id=service_id, role=role.name)
    audit.record(session, fact, now=now)


def withdraw(
    session: Session, services: Services, service_id: str, invitation_id: str, *, by: str
) -> bool:
    """Take an invitation of this service back; False if it is not there any more."""
    of_service = (Invitation.id == invitation_id, Invitation.service_id == service_id)
    gone = delete(Invitation).where(*of_service).returning(Invitation.id)
    if session.scalar(gone) is None:
        return False
    fact = InvitationWithdrawn(account_id=by, service_id=service_id)
    audit.record(session, fact, now=services.clock.now())
    return True


def accept(
    session: Session, services: Services, invitation_id: str, account: Account
) -> str | None:
    """Make the account a member, once; the service's id, or None if the invitation is not theirs.

    An invitation to another address, one that was withdrawn and one that is too old are the same.
    """
    now = services.clock.now()
    theirs = (
        Invitation.id == invitation_id,
        Invitation.email_key == account.email_key,
        *_counts(now),
    )
    taken = session.execute(
        delete(Invitation).where(*theirs).returning(Invitation.service_id, Invitation.role)
    ).one_or_none()
    if taken is None:
        return None
    service_id, role = taken
    fact = InvitationAccepted(account_id=account.id, service_id=service_id, role=role)
    audit.record(session, fact, now=now)
    members.add(session, services, service_id, account.id, Role[role], by=account.id)
    return str(service_id)


def of_service(session: Session, service_id: str, now: int) -> list[Invitation]:
    """Return the open invitations of a service, by address."""
    open_ones = select(Invitation).where(Invitation.service_id == service_id, *_counts(now))
    return list(session.scalars(open_ones.order_by(Invitation.email_key)))


def waiting_for(session: Session, account: Account, now: int) -> list[tuple[Invitation, Service]]:
    """Return what somebody is invited to, the newest first."""
    mine = (
        select(Invitation, Service)
        .join(Service, Service.id == Invitation.service_id)
        .where(Invitation.email_key == account.email_key, *_counts(now))
        .order_by(Invitation.invited_at.desc(), Invitation.id)
    )
    return [(row[0], row[1]) for row in session.execute(mine)]


def sweep(session: Session, now: int, limit: int = 500) -> int:
    """Delete up to `limit` invitations that are too old."""
    old = select(Invitation.id).where(Invitation.expires_at <= now).limit(limit)
    done = delete(Invitation).where(Invitation.id.in_(old)).returning(Invitation.id)
    return len(session.scalars(done).all())


def _counts(now: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    inviter = (
        Member.service_id == Invitation.service_id,
        Member.account_id == Invitation.invited_by,
    )
    manages = exists().where(*inviter, Member.role == Role.MANAGER.name)
    return Invitation.expires_at > now, manages


def _member_with(service_id: str, key: str) -> Select[str]:
    return (
        select(Member.account_id)
        .join(Account, Account.id == Member.account_id)
        .where(Member.service_id == service_id, Account.email_key == key)
    )
