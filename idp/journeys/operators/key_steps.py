"""What operators see and do of the signing keys, without a web framework."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from sqlalchemy.orm import Session

from idp.domain import audit, signing_keys
from idp.domain.lever_facts import OperatorActed
from idp.domain.services import Services
from idp.domain.signing_keys import KeyRefused, SigningKey


class Step(StrEnum):
    """A step in the life of a key that an operator can take."""

    PUBLISH = "publish"
    ACTIVATE = "activate"
    RETIRE = "retire"


@dataclass(frozen=True, slots=True)
class KeySeen:
    """A key as its page tells it: never its private half. Times in seconds since the epoch.

    `state` is made, published, current, retired, gone or withdrawn; `from_when` is the earliest
    moment at which a published key may be activated; `shown_until` the moment at which a retired
    one leaves what is published.
    """

    row: SigningKey
    state: str
    from_when: int | None
    shown_until: int | None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps it can take now or later."""
        if self.state == "made":
            return (Step.PUBLISH, Step.RETIRE)
        if self.state == "published":
            return (Step.ACTIVATE, Step.RETIRE)
        return ()


def seen(services: Services, key: SigningKey) -> KeySeen:
    """Return how a key is told."""
    now = services.clock.now()
    shown_until = None
    state: str = key.state
    if key.withdrawn_at is not None:
        state = "withdrawn"
    elif key.state == "next":
        state = "made" if key.published_at is None else "published"
    elif key.state == "retired":
        used = key.activated_at is not None
        shown_until = signing_keys.needed_until(key, services.settings) if used else None
        state = "retired" if shown_until is not None and now < shown_until else "gone"
    waits = key.published_at is not None and key.state == "next"
    from_when = (
        (key.published_at or 0) + signing_keys.CACHE_LIFETIMES[key.purpose] if waits else None
    )
    return KeySeen(key, state, from_when, shown_until)


def rings(session: Session, services: Services) -> list[tuple[str, str, list[KeySeen]]]:
    """Return purpose, algorithm and keys of each ring, the newest key first."""
    keys = signing_keys.states(session)
    return [
        (purpose, alg, [seen(services, key) for key in reversed(list(of_ring))])
        for (purpose, alg), of_ring in groupby(keys, lambda key: (key.purpose, key.alg))
    ]


def find(session: Session, services: Services, kid: str) -> KeySeen | None:
    """Return the key of exactly this name, or None."""
    key = session.get(SigningKey, kid)
    return None if key is None else seen(services, key)


def take(session: Session, services: Services, kid: str, step: Step, *, by: str) -> bool:
    """Take a step in the name of an operator; False when the key's life does not allow it now."""
    ring, now = services.keyring, services.clock.now()
    act: Callable[..., SigningKey] = {
        Step.PUBLISH: ring.publish,
        Step.ACTIVATE: ring.activate,
        Step.RETIRE: ring.retire,
    }[step]
    try:
        act(session, kid, now)
    except KeyRefused:
        return False
    audit.record(session, OperatorActed(account_id=by, act=f"{step}_key", about=kid), now=now)
    return True


def make(session: Session, services: Services, ring: str, *, by: str) -> str:
    """Make a next key for the ring `purpose:algorithm` and return its name."""
    purpose, alg = next(each for each in signing_keys.RINGS if f"{each[0]}:{each[1]}" == ring)
    key = services.keyring.generate(session, alg, purpose)
    now = services.clock.now()
    audit.record(session, OperatorActed(account_id=by, act="make_key", about=key.kid), now=now)
    return key.kid
