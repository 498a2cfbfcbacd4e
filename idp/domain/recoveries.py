"""Recoveries: people who have the password and no second factor, on their way to a new one.

Who proved their identity before proves it again and may go on at once, in that Journey. Everybody
else waits seven days, is told at once and twice more, and any full sign-in ends the wait. Does
not own what is set up then (`idp.domain.second_factors`) or the identity check (`provings`).
"""

import base64
import hmac

from sqlalchemy import BigInteger, ForeignKey, String, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import accounts, audit, holds, notices
from idp.domain.accounts import Account
from idp.domain.journeys import Journey
from idp.domain.secrets import keyed_hash
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql

DAY = 86_400
WAIT = 7 * DAY
REMINDERS = (3 * DAY, 6 * DAY)
"""Seconds from the beginning after which the owner is told once more."""
USABLE_FOR = 30 * DAY
"""Seconds after the wait in which a new second factor can be set up."""
KEPT_FOR = 30 * DAY

FINISHED = "finished"
SIGNED_IN = "signed_in"
STOPPED = "stopped"
LAPSED = "lapsed"
REPLACED = "replaced"
_KEY = "recovery stop codes"


class Recovery(Base):
    """One recovery. `open_for` is its account's id until it ends: an account has one open.

    `journey_id` names the one Journey that may finish it, None for any, and that finished it.
    """

    __tablename__ = "recoveries"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    open_for: Mapped[str | None] = mapped_column(String(32), unique=True)
    journey_id: Mapped[str | None] = mapped_column(String(43), index=True)
    begun_at: Mapped[int] = mapped_column(BigInteger)
    ready_at: Mapped[int] = mapped_column(BigInteger)
    lapses_at: Mapped[int] = mapped_column(BigInteger, index=True)
    remind_at: Mapped[int | None] = mapped_column(BigInteger, index=True)
    ended_at: Mapped[int | None] = mapped_column(BigInteger)
    ended_because: Mapped[str | None] = mapped_column(String(16))

    def may_be_finished(self, journey: Journey, now: int) -> bool:
        """Return whether this Journey may set up a new second factor now."""
        return self.ready_at <= now < self.lapses_at and self.journey_id in (None, journey.id)


def find(session: Session, account_id: str, now: int) -> Recovery | None:
    """Return the account's open recovery as it is now, or None."""
    return session.scalar(
        select(Recovery)
        .where(Recovery.open_for == account_id, Recovery.lapses_at > now)
        .execution_options(populate_existing=True)
    )


def begin(session: Session, services: Services, account: Account, *, device: str) -> bool:
    """Begin the wait and tell the owner; False if one is open already."""
    now = services.clock.now()
    _end_lapsed(session, account.id, now)
    ready_at = now + WAIT
    recovery_id = _open(
        session,
        services,
        account.id,
        journey_id=None,
        ready_at=ready_at,
        lapses_at=ready_at + USABLE_FOR,
        remind_at=now + REMINDERS[0],
    )
    if recovery_id is None:
        return False
    fact = audit.RecoveryBegun(account_id=account.id, ready_at=ready_at)
    audit.record(session, fact, now=now)
    notices.send(
        session,
        services,
        to=account.email,
        template="recovery_begun",
        language=account.language,
        device=device,
        until=ready_at,
        number=stop_code(session, services, recovery_id),
    )
    return True


def allow(session: Session, services: Services, account_id: str, journey: Journey) -> bool:
    """Let this Journey set up a new second factor: its person's identity was proved again."""
    now = services.clock.now()
    _end(session, account_id, now, REPLACED)
    opened = _open(
        session,
        services,
        account_id,
        journey_id=journey.id,
        ready_at=now,
        lapses_at=journey.expires_at,
        remind_at=None,
    )
    if opened is None:
        return False
    audit.record(
        session, audit.RecoveryAllowed(account_id=account_id), now=now, journey_id=journey.id
    )
    return True


def finish(session: Session, services: Services, recovery: Recovery, journey: Journey) -> bool:
    """Use the recovery up for this Journey; False if it may not be finished, or was, or ended.

    Until this transaction ends no reset is, so a hold that begins meanwhile counts.
    """
    now = services.clock.now()
    if not accounts.hold(session, recovery.account_id):
        return False
    account = session.get_one(Account, recovery.account_id)
    session.refresh(account, ["password_reset_at"])
    if holds.until(account, now) is not None:
        return False
    finished = session.scalar(
        update(Recovery)
        .where(
            Recovery.id == recovery.id,
            Recovery.ended_at.is_(None),
            Recovery.ready_at <= now,
            Recovery.lapses_at > now,
            or_(Recovery.journey_id.is_(None), Recovery.journey_id == journey.id),
        )
        .values(
            open_for=None,
            remind_at=None,
            journey_id=journey.id,
            ended_at=now,
            ended_because=FINISHED,
        )
        .returning(Recovery.id)
        .execution_options(synchronize_session=False)
    )
    if finished is None:
        return False
    fact = audit.RecoveryFinished(account_id=recovery.account_id)
    audit.record(session, fact, now=now, journey_id=journey.id)
    return True


def was_finished_in(session: Session, journey: Journey, account_id: str) -> bool:
    """Return whether this Journey set up the account's new second factor."""
    found = session.scalar(
        select(Recovery.id).where(
            Recovery.journey_id == journey.id,
            Recovery.account_id == account_id,
            Recovery.ended_because == FINISHED,
        )
    )
    return found is not None


def was_stopped_since(session: Session, account_id: str, since: int) -> bool:
    """Return whether the owner of the mailbox has stopped a recovery since that moment."""
    found = session.scalar(
        select(Recovery.id)
        .where(
            Recovery.account_id == account_id,
            Recovery.ended_because == STOPPED,
            Recovery.ended_at >= since,
        )
        .limit(1)
    )
    return found is not None


def cancel(
    session: Session, services: Services, account_id: str, because: str, *, device: str
) -> bool:
    """End the account's open recovery, and tell its owner if they waited; False if none is."""
    now = services.clock.now()
    ended = _end(session, account_id, now, because)
    if ended is None or ended.lapses_at <= now:
        return False
    fact = audit.RecoveryCancelled(account_id=account_id, because=because)
    audit.record(session, fact, now=now)
    account = accounts.get(session, account_id)
    if account is not None and ended.journey_id is None:
        notices.send(
            session,
            services,
            to=account.email,
            template="recovery_cancelled",
            language=account.language,
            device=device,
        )
    return True


def stop_code(session: Session, services: Services, recovery_id: str) -> str:
    """Return the code by which a recovery can be stopped: `XXXX-XXXX`, the same at every asking.

    Nothing of it is stored: it is worked out from the recovery's id under a sealed key.
    """
    digest = bytes.fromhex(keyed_hash(session, services, _KEY, recovery_id))
    text = base64.b32encode(digest[:5]).decode("ascii")
    return f"{text[:4]}-{text[4:]}"


def is_stop_code(session: Session, services: Services, recovery: Recovery, typed: str) -> bool:
    """Return whether `typed` is the recovery's stop code, however it is spaced."""
    bare = "".join(c for c in typed.upper() if c.isascii() and c.isalnum())
    right = stop_code(session, services, recovery.id).replace("-", "")
    return hmac.compare_digest(bare.encode(), right.encode())


def remind(session: Session, services: Services, limit: int = 100) -> int:
    """Tell up to `limit` owners once more that somebody waits; return how many."""
    now = services.clock.now()
    due = session.scalars(
        select(Recovery)
        .where(Recovery.remind_at <= now, Recovery.ended_at.is_(None))
        .order_by(Recovery.remind_at)
        .limit(limit)
    ).all()
    return sum(_remind_one(session, services, recovery) for recovery in due)


def _remind_one(session: Session, services: Services, recovery: Recovery) -> bool:
    now, remind_at = services.clock.now(), recovery.remind_at
    later = [recovery.begun_at + after for after in REMINDERS if recovery.begun_at + after > now]
    claimed = session.scalar(
        update(Recovery)
        .where(
            Recovery.id == recovery.id,
            Recovery.remind_at == remind_at,
            Recovery.ended_at.is_(None),
        )
        .values(remind_at=min(later, default=None))
        .returning(Recovery.id)
        .execution_options(synchronize_session=False)
    )
    account = accounts.get(session, recovery.account_id)
    if claimed is None or account is None or recovery.ready_at <= now:
        return False
    audit.record(session, audit.RecoveryReminded(account_id=account.id), now=now)
    notices.send(
        session,
        services,
        to=account.email,
        template="recovery_reminder",
        language=account.language,
        until=recovery.ready_at,
        number=stop_code(session, services, recovery.id),
    )
    return True


def open_ones(session: Session, now: int) -> list[tuple[Recovery, Account]]:
    """Return every open recovery with its account, oldest first."""
    rows = session.execute(
        select(Recovery, Account)
        .join(Account, Account.id == Recovery.account_id)
        .where(Recovery.open_for.is_not(None), Recovery.lapses_at > now)
        .order_by(Recovery.begun_at, Recovery.id)
    )
    return [(recovery, account) for recovery, account in rows]


def sweep(session: Session, now: int, limit: int = 500) -> int:
    """Delete up to `limit` recoveries that ended, or lapsed, more than `KEPT_FOR` ago."""
    before = now - KEPT_FOR
    over = or_(Recovery.ended_at < before, Recovery.lapses_at < before)
    old = select(Recovery.id).where(over).limit(limit)
    done = delete(Recovery).where(Recovery.id.in_(old)).returning(Recovery.id)
    return len(session.scalars(done).all())


def _open(
    session: Session,
    services: Services,
    account_id: str,
    *,
    journey_id: str | None,
    ready_at: int,
    lapses_at: int,
    remind_at: int | None,
) -> str | None:
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    return session.scalar(
        insert(Recovery)
        .values(
            id=services.entropy.identifier(),
            account_id=account_id,
            open_for=account_id,
            journey_id=journey_id,
            begun_at=services.clock.now(),
            ready_at=ready_at,
            lapses_at=lapses_at,
            remind_at=remind_at,
        )
        .on_conflict_do_nothing(index_elements=[Recovery.open_for])
        .returning(Recovery.id)
    )


def _end_lapsed(session: Session, account_id: str, now: int) -> None:
    session.execute(
        update(Recovery)
        .where(Recovery.open_for == account_id, Recovery.lapses_at <= now)
        .values(open_for=None, remind_at=None, ended_at=now, ended_because=LAPSED)
        .execution_options(synchronize_session=False)
    )


def _end(session: Session, account_id: str, now: int, because: str) -> Recovery | None:
    return session.scalar(
        update(Recovery)
        .where(Recovery.open_for == account_id)
        .values(open_for=None, remind_at=None, ended_at=now, ended_because=because)
        .returning(Recovery)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
