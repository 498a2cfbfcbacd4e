"""Sweeping: rows that can no longer matter are deleted, in small batches, by the worker.

One table after another, each batch its own short transaction, so that nothing on the hot path
waits for it.
"""

from collections.abc import Callable

from sqlalchemy import Engine, delete, select, tuple_
from sqlalchemy.orm import Session

from idp.domain import (
    change_requests,
    client_changes,
    client_drafts,
    client_rates,
    daily_counts,
    feedback,
    grants,
    invitations,
    journey_times,
    notices,
    operator_acts,
    outbox,
    passkey_challenges,
    recoveries,
    registration_keys,
    sessions,
    tries,
)
from idp.domain.grants import AssertionUse
from idp.domain.handoffs import Handoff
from idp.domain.journeys import Journey
from idp.domain.services import Services
from idp.domain.throttles import Throttle
from idp.settings import Settings

BATCH = 500
MOST_BATCHES = 20
"""Batches of one table in one sweep; the rest waits for the next."""
DELIVERED_KEPT_FOR = 86_400
DEAD_KEPT_FOR = MAILBOX_KEPT_FOR = 30 * 86_400
"""Long enough for an operator to look; they hold people's addresses."""

Sweep = Callable[[Session, Services], int]


def journey_kept_for(settings: Settings) -> int:
    """Return after how many seconds from its beginning a Journey is deleted, its code with it."""
    # It may be given more time, up to that of a session; then it is kept a while longer, so that a
    # late visitor is told what happened.
    return settings.session_lifetime + settings.journey_lifetime


def grant_kept_for(settings: Settings) -> int:
    """Return after how many seconds from being made a grant is deleted."""
    return settings.session_lifetime + grants.OUTLIVES_SESSION


def sweep(engine: Engine, services: Services) -> int:
    """Delete what has expired and return how many rows that was."""
    total = 0
    for task in _TASKS:
        for _ in range(MOST_BATCHES):
            with Session(engine) as session, session.begin():
                deleted = task(session, services)
            total += deleted
            if deleted < BATCH:
                break
    return total


def _journeys(session: Session, services: Services) -> int:
    # Their email codes and provings go with them.
    before = services.clock.now() - services.settings.journey_lifetime
    old = select(Journey.id).where(Journey.expires_at < before).limit(BATCH)
    return len(
        session.scalars(delete(Journey).where(Journey.id.in_(old)).returning(Journey.id)).all()
    )


def _assertions(session: Session, services: Services) -> int:
    key = tuple_(AssertionUse.client_id, AssertionUse.jti_hash)
    old = (
        select(AssertionUse.client_id, AssertionUse.jti_hash)
        .where(AssertionUse.expires_at < services.clock.now())
        .limit(BATCH)
    )
    done = delete(AssertionUse).where(key.in_(old)).returning(AssertionUse.jti_hash)
    return len(session.scalars(done).all())


def _throttles(session: Session, services: Services) -> int:
    now = services.clock.now()
    key = tuple_(Throttle.kind, Throttle.subject_hash)
    old = (
        select(Throttle.kind, Throttle.subject_hash).where(Throttle.expires_at <= now).limit(BATCH)
    )
    # Asked again: a counter that somebody took up meanwhile is not over.
    over = delete(Throttle).where(key.in_(old), Throttle.expires_at <= now)
    return len(session.scalars(over.returning(Throttle.subject_hash)).all())


def _tries(session: Session, services: Services) -> int:
    return tries.sweep(session, services.clock.now(), BATCH)


def _handoffs(session: Session, services: Services) -> int:
    old = select(Handoff.ticket_hash).where(Handoff.expires_at <= services.clock.now()).limit(BATCH)
    done = delete(Handoff).where(Handoff.ticket_hash.in_(old)).returning(Handoff.ticket_hash)
    return len(session.scalars(done).all())


def _grants(session: Session, services: Services) -> int:
    before = services.clock.now() - grant_kept_for(services.settings)
    return grants.sweep(session, before, BATCH)


def _sessions(session: Session, services: Services) -> int:
    return sessions.sweep(session, services, BATCH)


def _outbox(session: Session, services: Services) -> int:
    now = services.clock.now()
    return outbox.sweep(session, now - DELIVERED_KEPT_FOR, now - DEAD_KEPT_FOR, BATCH)


def _mailbox(session: Session, services: Services) -> int:
    return notices.sweep(session, services.clock.now() - MAILBOX_KEPT_FOR, BATCH)


def _passkey_challenges(session: Session, services: Services) -> int:
    return passkey_challenges.sweep(session, services.clock.now(), BATCH)


def _client_rates(session: Session, services: Services) -> int:
    return client_rates.sweep(session, services.clock.now(), BATCH)


def _registration_keys(session: Session, services: Services) -> int:
    return registration_keys.sweep(session, services.clock.now(), BATCH)


def _recoveries(session: Session, services: Services) -> int:
    return recoveries.sweep(session, services.clock.now(), BATCH)


def _count_journeys(session: Session, services: Services) -> int:
    return journey_times.count_ended(session, services.clock.now(), BATCH)


def _journey_counts(session: Session, services: Services) -> int:
    return journey_times.sweep(session, services.clock.now())


def _daily_counts(session: Session, services: Services) -> int:
    return daily_counts.sweep(session, services.clock.now())


def _client_changes(session: Session, services: Services) -> int:
    return client_changes.sweep(session, services.clock.now(), BATCH)


def _client_drafts(session: Session, services: Services) -> int:
    return client_drafts.sweep(session, services.clock.now(), BATCH)


def _feedback(session: Session, services: Services) -> int:
    return feedback.sweep(session, services.clock.now(), BATCH)


def _invitations(session: Session, services: Services) -> int:
    return invitations.sweep(session, services.clock.now(), BATCH)


def _operator_acts(session: Session, services: Services) -> int:
    return operator_acts.sweep(session, services.clock.now(), BATCH)


def _change_requests(session: Session, services: Services) -> int:
    return change_requests.sweep(session, services.clock.now(), BATCH)


_TASKS: tuple[Sweep, ...] = (
    # Before they are deleted.
    _count_journeys,
    _journeys,
    _assertions,
    _throttles,
    _handoffs,
    _tries,
    _grants,
    _sessions,
    _outbox,
    _passkey_challenges,
    _client_rates,
    _registration_keys,
    _mailbox,
    _recoveries,
    _journey_counts,
    _daily_counts,
    _client_changes,
    _feedback,
    _invitations,
    _operator_acts,
    _change_requests,
    _client_drafts,
)
