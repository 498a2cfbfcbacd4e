"""Limits on guessing as operators set them: how many tries, and how long the wait after the last.

Owns: what was changed from the limits the program comes with, the bounds within which that keeps
what we promise, and the act by which a second operator lets a change come into force. It is in
force for the next try, everywhere: whoever counts asks the table. Does not own counting
(`throttles`).
"""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Integer, String, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import audit, change_requests
from idp.domain.change_requests import Act, CannotBeDone, ChangeRequest, WaitsAlready
from idp.domain.lever_facts import LimitChanged
from idp.domain.services import Services
from idp.kernel.database import Base, is_postgresql

KIND: Final = "change_limits"
HOUR: Final = 3600
TRIES: Final = (3, 10)
"""The fewest and the most: fewer lock out people who mistype, more help who guesses."""
HOURS: Final = (1, 24)
"""The shortest and the longest wait. Ten tries an hour are 240 guesses a day at a code of six
digits, of which three are good at a time: one in 1,400 each day, with the password known."""

NOT_ALLOWED: Final = "These limits are not allowed."

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "sign_in": ("password", "app_code"),
    "recovery_codes": ("recovery_code", "reset_recovery"),
    "reset": ("reset_code", "reset_app_code"),
    "getting_back_in": ("recovery_email", "recovery_stop"),
    "asked_again": ("reauth_email", "reauth_password", "reauth_code"),
}
"""The kinds of tries that are changed together, since pages tell one number for them."""


class Unchanged(Exception):
    """The limits that are asked for are those in force."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`tries` in `window` seconds; the lock that follows lasts as long as the window."""

    tries: int
    window: int


class ChangedLimit(Base):
    """A limit that is not the one the program comes with. `changed_by` approved it."""

    __tablename__ = "changed_limits"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    tries: Mapped[int] = mapped_column(Integer)
    seconds: Mapped[int] = mapped_column(BigInteger)
    asked_by: Mapped[str] = mapped_column(String(32))
    changed_by: Mapped[str] = mapped_column(String(32))
    changed_at: Mapped[int] = mapped_column(BigInteger)


def in_force(session: Session, kind: str, shipped: Limit) -> Limit:
    """Return the limit that counts now for this kind of tries."""
    row = session.execute(
        select(ChangedLimit.tries, ChangedLimit.seconds).where(ChangedLimit.kind == kind)
    ).one_or_none()
    return shipped if row is None else Limit(row.tries, row.seconds)


def seconds_by_kind(session: Session) -> dict[str, int]:
    """Return how long the wait is, for each kind of tries whose limit was changed."""
    rows = session.execute(select(ChangedLimit.kind, ChangedLimit.seconds))
    return {row.kind: row.seconds for row in rows}


def changed(session: Session, group: str) -> ChangedLimit | None:
    """Return the change of a group of limits that is in force, or None."""
    stored = select(ChangedLimit).where(ChangedLimit.kind == GROUPS[group][0])
    return session.scalar(stored.execution_options(populate_existing=True))


def is_allowed(tries: int, hours: int) -> bool:
    """Return whether a limit keeps what we promise."""
    return TRIES[0] <= tries <= TRIES[1] and HOURS[0] <= hours <= HOURS[1]


def ask(
    session: Session,
    services: Services,
    group: str,
    *,
    before: Limit,
    tries: int,
    hours: int,
    by: str,
    reason: str,
) -> ChangeRequest | None:
    """Ask a second operator to change a group of limits; None while another change waits.

    Raises Unchanged.
    """
    if before == Limit(tries, hours * HOUR):
        raise Unchanged
    payload = {
        "group": group,
        "before": {"tries": before.tries, "hours": before.window // HOUR},
        "after": {"tries": tries, "hours": hours},
    }
    try:
        return change_requests.submit(
            session, services, KIND, payload, by=by, reason=reason, about=group
        )
    except WaitsAlready:
        return None


def waits(session: Session, group: str) -> bool:
    """Return whether a change of these limits waits for a second operator."""
    return change_requests.waiting_about(session, KIND, group) is not None


def _change(session: Session, services: Services, asked: ChangeRequest, by: str) -> None:
    payload: dict[str, Any] = asked.asked
    tries, hours = int(payload["after"]["tries"]), int(payload["after"]["hours"])
    kinds = GROUPS.get(str(payload.get("group")))
    if kinds is None or not is_allowed(tries, hours):
        raise CannotBeDone(NOT_ALLOWED)
    now = services.clock.now()
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    for kind in kinds:
        new = {
            "tries": tries,
            "seconds": hours * HOUR,
            "asked_by": asked.requested_by,
            "changed_by": by,
            "changed_at": now,
        }
        session.execute(
            insert(ChangedLimit)
            .values(kind=kind, **new)
            .on_conflict_do_update(index_elements=[ChangedLimit.kind], set_=new)
        )
    fact = LimitChanged(
        account_id=by, about=str(payload["group"]), tries=tries, seconds=hours * HOUR
    )
    audit.record(session, fact, now=now)


ACT: Final = Act(KIND, _change)
