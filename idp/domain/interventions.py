"""What operators may do to an account: suspend, restore, block, sign out, order things anew.

Each that closes something ends every session of the account and tells the services; each is
recorded, and mailed to the owner where that helps them. Does not own what the owner is shown
(`idp.web.error_table`) or who may do it (`citizen_levers`).
"""

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from idp.domain import accounts, audit, notices, recoveries, sessions, throttles
from idp.domain.accounts import Account
from idp.domain.audit import Fact
from idp.domain.identities import Identity
from idp.domain.lever_facts import IdentityProofOrdered, LocksLifted, RecoveryHastened
from idp.domain.provings import Proving
from idp.domain.recoveries import Recovery
from idp.domain.services import Services
from idp.protocol.session_facts import ACTIVE, BLOCKED, SUSPENDED

SIGNED_OUT = "signed_out_by_operator"
RESET_ORDERED = "reset_ordered"
PROOF_ORDERED = "proof_ordered"


def suspend(session: Session, services: Services, account: Account) -> bool:
    """Keep the owner out for now; False if the account is not active."""
    suspended = audit.AccountSuspended(account_id=account.id)
    done = _change(session, services, account, ACTIVE, SUSPENDED, suspended)
    return done and _tell(session, services, account, "account_suspended")


def restore(session: Session, services: Services, account: Account) -> bool:
    """Open a suspended account again; False if it is not suspended."""
    restored = audit.AccountRestored(account_id=account.id)
    done = _change(session, services, account, SUSPENDED, ACTIVE, restored)
    return done and _tell(session, services, account, "account_restored")


def block(session: Session, services: Services, account: Account) -> bool:
    """Keep the owner out for good; False if the account is neither active nor suspended."""
    blocked = audit.AccountBlocked(account_id=account.id)
    done = any(
        _change(session, services, account, before, BLOCKED, blocked)
        for before in (ACTIVE, SUSPENDED)
    )
    return done and _tell(session, services, account, "account_blocked")


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
    return _tell(session, services, account, "new_password_needed")


def order_proof(session: Session, services: Services, account: Account) -> bool:
    """Forget the proof of the owner's identity, so that they have to prove it anew.

    Nothing of it is told to a service, or gets them a new second factor, from now on. False if
    there is none.
    """
    accounts.hold(session, account.id)
    forgotten = session.scalar(
        delete(Identity).where(Identity.account_id == account.id).returning(Identity.id)
    )
    if forgotten is None:
        return False
    now = services.clock.now()
    # A check under way began before anybody doubted it.
    session.execute(delete(Proving).where(Proving.account_id == account.id))
    recovery = recoveries.find(session, account.id, now)
    if recovery is not None and recovery.journey_id is not None:
        recoveries.cancel(session, services, account.id, PROOF_ORDERED, device="")
    audit.record(session, IdentityProofOrdered(account_id=account.id), now=now)
    sessions.end_all(session, services, account.id, PROOF_ORDERED)
    return _tell(session, services, account, "new_proof_needed")


def lift_locks(session: Session, services: Services, account: Account) -> bool:
    """Give back every try at the account's password and codes; False if it has no lock."""
    now = services.clock.now()
    if not throttles.locks(session, (account.id, account.email_key), now):
        return False
    for kind in throttles.Kind:
        throttles.forgive(session, kind, account.id)
        throttles.forgive(session, kind, account.email_key)
    audit.record(session, LocksLifted(account_id=account.id), now=now)
    return True


def let_second_factor_go(session: Session, services: Services, account: Account) -> bool:
    """Let the owner set up a new second factor at once, in the place of every old one.

    Only while they wait for that (an open recovery): they need their password all the same, and
    what they had is removed when the new one is there. False if they do not wait.
    """
    accounts.hold(session, account.id)
    now = services.clock.now()
    hastened = session.scalar(
        update(Recovery)
        .where(
            Recovery.open_for == account.id,
            Recovery.journey_id.is_(None),
            Recovery.ended_at.is_(None),
            Recovery.ready_at > now,
        )
        .values(ready_at=now, lapses_at=now + recoveries.USABLE_FOR, remind_at=None)
        .returning(Recovery.id)
        .execution_options(synchronize_session=False)
    )
    if hastened is None:
        return False
    audit.record(session, RecoveryHastened(account_id=account.id), now=now)
    sessions.end_all(session, services, account.id, SIGNED_OUT)
    return _tell(session, services, account, "recovery_hastened")


def has_proof(session: Session, account_id: str) -> bool:
    """Return whether the account's owner has proved their identity."""
    proof = select(Identity.id).where(Identity.account_id == account_id)
    return session.scalar(proof) is not None


def _tell(session: Session, services: Services, account: Account, template: str) -> bool:
    notices.send(session, services, to=account.email, template=template, language=account.language)
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
