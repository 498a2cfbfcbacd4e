"""What an owner may change about their account. Each change is recorded and told to them.

Does not own second factors, or whether the change was confirmed (`confirmations`).
"""

from collections.abc import Collection

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from idp.domain import accounts, audit, notices, resets, sessions, throttles
from idp.domain.accounts import Account, EmailTaken, email_key
from idp.domain.disclosures import Disclosure
from idp.domain.grants import Grant
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import BrowserSession
from idp.domain.throttles import Kind
from idp.kernel.database import Base

CHANGED, EVERYWHERE, ONE, DELETED = (
    "password_changed",
    "signed_out_everywhere",
    "signed_out_by_owner",
    "account_deleted",
)
"""Why sessions end here."""


def change_password(
    session: Session,
    services: Services,
    account: Account,
    signed_in: BrowserSession,
    *,
    password_hash: str,
) -> None:
    """Set a new password; every other session ends, and its services are told.

    Resets under way are worthless then: whoever asked for one may be whom the owner locks out.
    """
    now = services.clock.now()
    account.password_hash, account.password_set_at = password_hash, now
    account.reset_because = None
    session.flush()
    resets.forget(session, account.id)
    audit.record(session, audit.PasswordChanged(account_id=account.id, sid=signed_in.sid), now=now)
    sessions.end_all(session, services, account.id, CHANGED, but=signed_in.sid)
    notices.send(session, services, template="password_changed", **_owner(account, signed_in))


def change_email(
    session: Session,
    services: Services,
    account: Account,
    signed_in: BrowserSession,
    *,
    email: str,
) -> None:
    """Let the account answer to another address, which has been proved; both are told.

    Services' names for the person stay the same. Raises EmailTaken when the address got an account
    meanwhile; nothing is changed then.
    """
    now, before = services.clock.now(), account.email
    try:
        with session.begin_nested():
            account.email, account.email_key = email.strip(), email_key(email)
            account.email_verified_at = now
            session.flush()
    except IntegrityError as error:
        session.refresh(account)
        raise EmailTaken from error
    resets.forget(session, account.id)
    audit.record(session, audit.EmailChanged(account_id=account.id, sid=signed_in.sid), now=now)
    notices.send(
        session,
        services,
        template="email_changed_from",
        **_owner(account, signed_in) | {"to": before},
    )
    notices.send(session, services, template="email_changed_to", **_owner(account, signed_in))


def stop_sharing(
    session: Session, services: Services, account: Account, client_ids: Collection[str]
) -> None:
    """Take away what a service's clients were given: tokens, and what they may be told unasked."""
    now = services.clock.now()
    killed = session.execute(
        update(Grant)
        .where(
            Grant.account_id == account.id,
            Grant.client_id.in_(client_ids),
            Grant.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .returning(Grant.sid, Grant.client_id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(
        update(Disclosure)
        .where(
            Disclosure.account_id == account.id,
            Disclosure.client_id.in_(client_ids),
            Disclosure.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )
    for sid, client_id in sorted({(row.sid, row.client_id) for row in killed}):
        sessions.tell_services(session, services, sid, only=client_id)
    for client_id in sorted(client_ids):
        fact = audit.ServiceRemoved(account_id=account.id, client_id=client_id)
        audit.record(session, fact, now=now)


def sign_out_everywhere(
    session: Session, services: Services, account: Account, signed_in: BrowserSession
) -> None:
    """End every session of the account, this one too, and tell their services."""
    sessions.end_all(session, services, account.id, EVERYWHERE)
    notices.send(session, services, template="signed_out_everywhere", **_owner(account, signed_in))


def sign_out_device(session: Session, services: Services, account_id: str, sid: str) -> bool:
    """End one session of the account; False if it is not one of theirs, or has ended."""
    found = session.scalar(
        select(BrowserSession).where(
            BrowserSession.sid == sid,
            BrowserSession.account_id == account_id,
            BrowserSession.ended_at.is_(None),
        )
    )
    if found is None:
        return False
    sessions.end(session, services, found, ONE)
    return True


def delete_account(
    session: Session, services: Services, account: Account, signed_in: BrowserSession
) -> None:
    """Delete the account and every row that is about it; services are told, the address is free.

    The audit record stays as it is: it names a random number that nothing leads back from.
    """
    notices.send(session, services, template="account_deleted", **_owner(account, signed_in))
    erase(session, services, account)


def erase(session: Session, services: Services, account: Account) -> None:
    """Do what `delete_account` does, and write to nobody."""
    # Who signs in meanwhile waits for this, and finds no account then.
    accounts.hold(session, account.id)
    sessions.end_all(session, services, account.id, DELETED)
    audit.record(session, audit.AccountDeleted(account_id=account.id), now=services.clock.now())
    account_id, email, key = account.id, account.email, account.email_key
    session.flush()
    # What is deleted below must not be written again by what this session remembers of it.
    session.expunge_all()
    under_way = (
        Journey.account_id == account_id,
        Journey.reset_account_id == account_id,
        # SQLite knows no capitals beyond ASCII: as it was typed, and in small letters.
        Journey.email == email,
        func.lower(Journey.email) == email.lower(),
    )
    session.execute(delete(Journey).where(or_(*under_way)))
    # Whatever refers to an account goes with it, those first that others refer to least.
    for table in reversed(Base.metadata.sorted_tables):
        for column in table.columns:
            if any(to.column is Account.__table__.c.id for to in column.foreign_keys):
                session.execute(table.delete().where(column == account_id))
    session.execute(delete(Account).where(Account.id == account_id))
    for kind in Kind:
        throttles.forgive(session, kind, account_id)
        throttles.forgive(session, kind, key)


def _owner(account: Account, signed_in: BrowserSession) -> dict[str, str]:
    """Whom a notice goes to, in which language, and what they did it on."""
    return {"to": account.email, "language": account.language, "device": signed_in.device}
