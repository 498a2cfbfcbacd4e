"""What operators may do to an account: suspend, restore, block, sign out, order a new password.

Each ends every session of the account, tells the services, and is recorded. Does not own what
the owner is shown (`idp.web.error_table`) or who may do it.
"""

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from idp.domain import accounts, audit, sessions
from idp.domain.accounts import Account
from idp.domain.audit import Fact
from idp.domain.services import Services
from idp.protocol.session_facts import ACTIVE, BLOCKED, SUSPENDED

SIGNED_OUT = "signed_out_by_operator"
RESET_ORDERED = "reset_ordered"


def suspend(session: Session, services: Services, account: Account) -> bool:
    """Keep the owner out for now; False if the account is not active."""
    suspended = audit.AccountSuspended(account_id=account.id)
    return _change(session, services, account, ACTIVE, SUSPENDED, suspended)


def restore(session: Session, services: Services, account: Account) -> bool:
    """Open a suspended account again; False if it is not suspended."""
    restored = audit.AccountRestored(account_id=account.id)
    return _change(session, services, account, SUSPENDED, ACTIVE, restored)


def block(session: Session, services: Services, account: Account) -> bool:
    """Keep the owner out for good; False if the account is neither active nor suspended."""
    blocked = audit.AccountBlocked(account_id=account.id)
    return any(
        _change(session, services, account, before, BLOCKED, blocked)
        for before in (ACTIVE, SUSPENDED)
    )


def sign_out(session: Session, services: Services, account: Account) -> int:
    """End every session of the account and return how many there were."""
    return sessions.end_all(session, services, account.id, SIGNED_OUT)


def order_reset(session: Session, services: Services, account: Account) -> bool:
    """Let the owner do nothing until they set a new password.

    False if that was ordered already, or the account is blocked.
    """
    ordered = session.scalar(
        update(Account)
        .where(
            Account.id == account.id,
            Account.state != BLOCKED,
            or_(Account.reset_because.is_(None), Account.reset_because != accounts.ORDERED),
        )
        .values(reset_because=accounts.ORDERED)
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(account, ["reset_because"])
    if ordered is None:
        return False
    fact = audit.PasswordResetOrdered(account_id=account.id)
    audit.record(session, fact, now=services.clock.now())
    sessions.end_all(session, services, account.id, RESET_ORDERED)
    return True


def _change(
    session: Session,
    services: Services,
    account: Account,
    before: str,
    after: str,
    fact: Fact,
) -> bool:
    changed = session.scalar(
        update(Account)
        .where(Account.id == account.id, Account.state == before)
        .values(state=after)
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(account, ["state"])
    if changed is None:
        return False
    audit.record(session, fact, now=services.clock.now())
    if after != ACTIVE:
        sessions.end_all(session, services, account.id, after)
    return True
