"""Throttles: how often something may be tried, counted in the database.

A try is taken before it is made: one statement raises the count or finds that none is left, so
that parallel guesses can never be more than the limit. The right answer gives the tries back.
"""

from enum import StrEnum
from hashlib import sha256

from sqlalchemy import BigInteger, Integer, String, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import limits
from idp.kernel.database import Base, is_postgresql


class Kind(StrEnum):
    """What is being tried."""

    PASSWORD = "password"  # noqa: S105 - the name of a counter
    APP_CODE = "app_code"
    RECOVERY_CODE = "recovery_code"
    EMAIL_SEND = "email_send"
    RESET_CODE = "reset_code"
    RESET_APP_CODE = "reset_app_code"
    RESET_RECOVERY = "reset_recovery"
    RECOVERY_EMAIL = "recovery_email"
    RECOVERY_CHECK = "recovery_check"
    RECOVERY_STOP = "recovery_stop"
    REAUTH_EMAIL = "reauth_email"
    REAUTH_PASSWORD = "reauth_password"  # noqa: S105 - as above
    REAUTH_CODE = "reauth_code"
    REGISTRATION = "registration"
    INVITATION = "invitation"
    REFUSALS = "refusals"
    KEY_FETCH = "key_fetch"


Limit = limits.Limit

LIMITS = {
    Kind.PASSWORD: Limit(6, 7200),
    Kind.APP_CODE: Limit(6, 7200),
    Kind.RECOVERY_CODE: Limit(5, 7200),
    Kind.EMAIL_SEND: Limit(6, 7200),
    Kind.RESET_CODE: Limit(6, 7200),
    Kind.RESET_APP_CODE: Limit(6, 7200),
    Kind.RESET_RECOVERY: Limit(5, 7200),
    Kind.RECOVERY_EMAIL: Limit(6, 7200),
    Kind.RECOVERY_CHECK: Limit(5, 7200),
    Kind.RECOVERY_STOP: Limit(6, 7200),
    Kind.REAUTH_EMAIL: Limit(6, 3600),
    Kind.REAUTH_PASSWORD: Limit(6, 3600),
    Kind.REAUTH_CODE: Limit(6, 3600),
    Kind.REGISTRATION: Limit(60, 3600),
    Kind.INVITATION: Limit(30, 7200),
    Kind.REFUSALS: Limit(60, 60),
    Kind.KEY_FETCH: Limit(10, 600),
}
"""The limits that the program comes with; operators may change some (`limit_of`)."""


class Locked(Exception):
    """No try is left until `until` (seconds since the epoch)."""

    def __init__(self, until: int) -> None:
        super().__init__("no try is left")
        self.until = until


class Throttle(Base):
    """One counter. The subject is hashed: a typed address need not belong to anybody."""

    __tablename__ = "throttles"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    subject_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    tries: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


def limit_of(session: Session, kind: Kind) -> Limit:
    """Return the limit that counts now."""
    return limits.in_force(session, kind, LIMITS[kind])


def longest_lock(session: Session) -> int:
    """Return for how many seconds a counter can be kept now."""
    changed = limits.seconds_by_kind(session)
    return max(changed.get(kind, LIMITS[kind].window) for kind in Kind)


def subject_hash(subject: str) -> str:
    """Return the form in which a subject is stored."""
    return sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()


def locked_until(session: Session, kind: Kind, subject: str, now: int) -> int | None:
    """Return until when (seconds since the epoch) no try is left, or None if there is one."""
    return session.scalar(
        select(Throttle.expires_at).where(
            Throttle.kind == kind,
            Throttle.subject_hash == subject_hash(subject),
            Throttle.tries >= limit_of(session, kind).tries,
            Throttle.expires_at > now,
        )
    )


def locks(session: Session, subjects: tuple[str, ...], now: int) -> list[tuple[Kind, int]]:
    """Return what kinds of tries these subjects have none left of, and until when."""
    counted = select(Throttle.kind, Throttle.tries, Throttle.expires_at).where(
        Throttle.subject_hash.in_([subject_hash(each) for each in subjects]),
        Throttle.expires_at > now,
    )
    return [
        (Kind(row.kind), row.expires_at)
        for row in session.execute(counted.order_by(Throttle.kind))
        if row.tries >= limit_of(session, Kind(row.kind)).tries
    ]


def reserve(session: Session, kind: Kind, subject: str, now: int) -> int:
    """Take one try and return how many are left after it.

    The count starts anew when its window has passed; the try that uses up the last one starts
    the lock. Raises Locked when none was left. Commit before acting on the answer.
    """
    limit = limit_of(session, kind)
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    statement = insert(Throttle).values(
        kind=kind, subject_hash=subject_hash(subject), tries=1, expires_at=now + limit.window
    )
    over = Throttle.expires_at <= now
    lasts = (Throttle.tries + 1 >= limit.tries) | over
    tries = session.scalar(
        statement.on_conflict_do_update(
            index_elements=[Throttle.kind, Throttle.subject_hash],
            set_={
                "tries": case((over, 1), else_=Throttle.tries + 1),
                "expires_at": case((lasts, now + limit.window), else_=Throttle.expires_at),
            },
            where=(Throttle.tries < limit.tries) | over,
        ).returning(Throttle.tries)
    )
    if tries is None:
        raise Locked(locked_until(session, kind, subject, now) or now + limit.window)
    return int(limit.tries - tries)


def forgive(session: Session, kind: Kind, subject: str) -> None:
    """Give all tries back: the right answer was given, or a reset lifted the lock."""
    session.execute(
        delete(Throttle).where(
            Throttle.kind == kind, Throttle.subject_hash == subject_hash(subject)
        )
    )


def give_back(session: Session, kind: Kind, subject: str) -> None:
    """Give one try back: it was taken, and then nothing was tried."""
    session.execute(
        update(Throttle)
        .where(
            Throttle.kind == kind,
            Throttle.subject_hash == subject_hash(subject),
            Throttle.tries > 0,
        )
        .values(tries=Throttle.tries - 1)
        .execution_options(synchronize_session=False)
    )
