"""Password resets: what a Journey has proved towards a new password, and setting it.

Proved are the mailbox, by a code, and the second factor, if the account has one. Both are bound to
the Journey, its address and the account that the address had when the code was sent. One new
password makes all of them worthless, in every Journey of the account.
"""

from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from idp.domain import accounts, audit, notices, sessions, throttles
from idp.domain.accounts import Account, email_key
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.sessions import Method
from idp.domain.throttles import Kind
from idp.protocol.session_facts import ACTIVE, PART_CREATED

FORGOTTEN = "forgotten"
PROOF_LIFETIME = 3600
"""Seconds that what was proved works, however often the Journey is given more time."""
ENDED_BECAUSE = "password_reset"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved for a new password.

    `factor` is the second factor that was given, None for an account that has none; `by_mail` says
    whether the mailbox stood for the old password.
    """

    factor: Method | None
    by_mail: bool


def begin(services: Services, journey: Journey, account: Account | None) -> None:
    """Let the Journey prove that its person may set a new password; nothing is proved yet.

    `account` is the one that the address has, or None.
    """
    journey.reset_begun_at = services.clock.now()
    journey.reset_account_id = None if account is None else account.id
    journey.reset_email_at = journey.reset_factor_at = journey.reset_factor = None


def mailbox_was_proved(services: Services, journey: Journey) -> None:
    """Record that the code of the mail was right."""
    journey.reset_email_at = services.clock.now()


def second_factor_was_given(services: Services, journey: Journey, method: Method) -> None:
    """Record that a second factor of the account was right for this reset."""
    journey.reset_factor_at = services.clock.now()
    journey.reset_factor = method.value


def forget_if_old(services: Services, journey: Journey) -> None:
    """Let the Journey prove everything anew if its mailbox was proved too long ago."""
    proved_at = journey.reset_email_at
    if proved_at is None or proved_at > services.clock.now() - PROOF_LIFETIME:
        return
    journey.reset_begun_at = journey.reset_account_id = None
    journey.reset_email_at = journey.reset_factor_at = journey.reset_factor = None


def account_of(session: Session, journey: Journey) -> Account | None:
    """Return the account whose mailbox was proved in this Journey, if it has that address still."""
    if journey.reset_email_at is None or journey.reset_account_id is None:
        return None
    account = accounts.get(session, journey.reset_account_id)
    if account is None or account.email_key != email_key(journey.email or ""):
        return None
    return account


def set_password(
    session: Session,
    services: Services,
    account: Account,
    *,
    old_hash: str,
    new_hash: str,
    proof: Proof,
    device: str,
    but: str | None = None,
) -> bool:
    """Put the new password in the place of the one behind `old_hash`.

    Whether second factors are held from then on (`holds`) depends on the `proof`. False if there is
    another password by now, or the account may not sign in. The lock on passwords is lifted, every
    session but the one named `but` ends, every other reset is worthless, and the owner is told.
    """
    now = services.clock.now()
    because = account.reset_because or FORGOTTEN
    done = session.scalar(
        update(Account)
        .where(
            Account.id == account.id,
            Account.password_hash == old_hash,
            Account.state.in_((ACTIVE, PART_CREATED)),
        )
        .values(
            password_hash=new_hash,
            password_set_at=now,
            password_reset_at=_held_since(account, now, proof),
            reset_because=None,
        )
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(account)
    if done is None:
        return False
    forget(session, account.id)
    throttles.forgive(session, Kind.PASSWORD, account.email_key)
    sessions.end_all(session, services, account.id, ENDED_BECAUSE, but=but)
    given = proof.factor is not None
    fact = audit.PasswordReset(account_id=account.id, because=because, second_factor=given)
    audit.record(session, fact, now=now)
    notices.send(
        session,
        services,
        to=account.email,
        template="password_changed",
        language=account.language,
        device=device,
    )
    return True


def _held_since(account: Account, now: int, proof: Proof) -> int | None:
    """Return what the hold on second factors counts from after this reset, None for no hold."""
    if proof.factor is Method.RECOVERY_CODE:
        return None
    return now if proof.by_mail and proof.factor is not None else account.password_reset_at


def forget(session: Session, account_id: str) -> None:
    """Make every reset of the account that is under way worthless, its codes with it."""
    session.execute(
        update(Journey)
        .where(Journey.reset_account_id == account_id)
        .values(
            reset_begun_at=None,
            reset_account_id=None,
            reset_email_at=None,
            reset_factor_at=None,
            reset_factor=None,
        )
    )
