"""Replacing a signing key at once, because somebody may know it: it takes two operators.

Its successor, published before, signs half a minute later; the old key is withdrawn, and with it
whatever it signed. Does not own the life of keys otherwise (`signing_keys`).
"""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from idp.domain import audit, change_requests
from idp.domain.change_requests import Act, CannotBeDone, ChangeRequest, WaitsAlready
from idp.domain.lever_facts import OperatorActed
from idp.domain.services import Services
from idp.domain.signing_keys import KeyRefused, SigningKey

KIND: Final = "rotate_key_emergency"
SIGNS_NO_MORE: Final = "The key does not sign any more."
SUCCESSOR_GONE: Final = "The key that was to take its place cannot do so any more."


def successor(session: Session, key: SigningKey) -> SigningKey | None:
    """Return the key that would take this one's place: the newest of its ring that is next."""
    if key.state != "current":
        return None
    ring = (SigningKey.purpose == key.purpose, SigningKey.alg == key.alg)
    ready = select(SigningKey).where(
        *ring, SigningKey.state == "next", SigningKey.published_at.is_not(None)
    )
    return session.scalar(ready.order_by(SigningKey.published_at.desc()).limit(1))


def ask(
    session: Session, services: Services, key: SigningKey, *, by: str, reason: str
) -> ChangeRequest | None:
    """Ask a second operator to replace a current key; None if it waits already, or cannot be."""
    new = successor(session, key)
    if new is None:
        return None
    payload = {"before": {"key": key.kid}, "after": {"key": new.kid}}
    try:
        return change_requests.submit(
            session, services, KIND, payload, by=by, reason=reason, about=key.kid
        )
    except WaitsAlready:
        return None


def keep_alone(
    session: Session, services: Services, key: SigningKey, *, by: str, reason: str
) -> None:
    """Keep that `by` took a step with a key at once, without a second operator, and why."""
    change_requests.keep_alone(session, services, KIND, by=by, reason=reason[:500], about=key.kid)


def waits(session: Session, kid: str) -> bool:
    """Return whether a second operator has been asked to replace this key."""
    return change_requests.waiting_about(session, KIND, kid) is not None


def _replace(session: Session, services: Services, asked: ChangeRequest, by: str) -> None:
    old, new = asked.asked["before"]["key"], asked.asked["after"]["key"]
    now, keyring = services.clock.now(), services.keyring
    key = session.get(SigningKey, old)
    if key is None or key.state != "current":
        raise CannotBeDone(SIGNS_NO_MORE)
    try:
        keyring.activate(session, new, now, emergency=True)
        if key.purpose != "audit":
            # What an audit key signed stays: its successor is enough.
            keyring.retire(session, old, now, emergency=True)
    except KeyRefused as refused:
        raise CannotBeDone(SUCCESSOR_GONE) from refused
    audit.record(session, OperatorActed(account_id=by, act=KIND, about=old), now=now)


ACT: Final = Act(KIND, _replace)
