"""How many authorization requests a client may make in a minute, over all processes.

What was let through in the last sixty seconds stands in one row for each client, second by
second. A process does not ask for every request: it leases a block, a hundredth of the limit,
uses it up within ten seconds, and gives back what is left with its next lease. A leased request
counts from its lease until a minute after the last moment it could be used in, so that no sixty
seconds ever hold more than the limit; when a block is one request, exactly as many.

The row is changed by comparing it with what was read (`UPDATE … WHERE spent = …`), so that
processes that lease at the same moment cannot both have the last of it.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from sqlalchemy import BigInteger, Connection, Engine, String, Text, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.clients import CACHED_CLIENTS
from idp.kernel.clock import Clock
from idp.kernel.database import Base
from idp.protocol.client_policy import ClientPolicy

WINDOW = 60
BLOCKS_IN_A_LIMIT = 100
LEASE_LIFETIME = 10
"""Seconds in which a block of more than one must be used."""


class ClientRate(Base):
    """What a client has spent: JSON, from the second a request counts until to how many there are.

    A row that nobody has changed for two minutes says nothing any more.
    """

    __tablename__ = "client_rates"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    spent: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


Spent = dict[int, int]


@dataclass(slots=True)
class _Lease:
    """What this process holds of one client's rate; `usable_until` includes that second."""

    left: int = 0
    usable_until: int = -1
    refused_at: int = -1
    lock: threading.Lock = field(default_factory=threading.Lock)


def live(spent: Mapping[int, int], now: int) -> Spent:
    """Return what still counts at `now`.

    What lies further ahead than any lease was written before the clock stepped back: it is over.
    """
    return {at: count for at, count in spent.items() if now - WINDOW < at <= now + WINDOW}


class ClientRates:
    """The leases of one process on one engine whose statements commit by themselves."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._leases: dict[str, _Lease] = {}
        self._lock = threading.Lock()

    def admits(self, policy: ClientPolicy) -> bool:
        """Take one request of the client's rate; False when there is none left.

        Two statements when a block is leased, none otherwise; a refusal is believed until the
        next second. Waits for another thread that leases for the same client.
        """
        limit = policy.rate_limit
        if limit is None:
            return True
        if limit == 0:
            return False
        lease = self._lease_of(policy.client_id)
        now = self._clock.now()
        with lease.lock:
            # A clock that stepped back makes a block no older: it is given back like any other.
            if lease.left and now <= lease.usable_until <= now + LEASE_LIFETIME:
                lease.left -= 1
                return True
            if lease.refused_at == now:
                return False
            self._lease(policy.client_id, lease, limit, now)
            if not lease.left:
                lease.refused_at = now
                return False
            lease.left -= 1
            return True

    def _lease_of(self, client_id: str) -> _Lease:
        known = self._leases.get(client_id)
        if known is not None:
            return known
        with self._lock:
            if len(self._leases) >= CACHED_CLIENTS:
                # What it still held counts as used.
                self._leases.pop(next(iter(self._leases)))
            return self._leases.setdefault(client_id, _Lease())

    def _lease(self, client_id: str, lease: _Lease, limit: int, now: int) -> None:
        block = max(1, limit // BLOCKS_IN_A_LIMIT)
        until = now if block == 1 else now + LEASE_LIFETIME
        with self._engine.connect() as connection:
            while True:
                text = connection.scalar(
                    select(ClientRate.spent).where(ClientRate.client_id == client_id)
                )
                spent = live(_read(text), now)
                if lease.left and lease.usable_until in spent:
                    spent[lease.usable_until] -= lease.left
                granted = min(block, max(0, limit - sum(spent.values())))
                if not granted and not lease.left:
                    return
                spent[until] = spent.get(until, 0) + granted
                if self._replaced(connection, client_id, text, spent, now):
                    lease.left, lease.usable_until = granted, until
                    return

    def _replaced(
        self, connection: Connection, client_id: str, before: str | None, spent: Spent, now: int
    ) -> bool:
        """Write what is spent now, unless another process has written since; say whether."""
        text = orjson.dumps({str(at): count for at, count in spent.items() if count > 0}).decode()
        values = {"spent": text, "expires_at": now + 2 * WINDOW}
        if before is not None:
            changed = (
                update(ClientRate)
                .where(ClientRate.client_id == client_id, ClientRate.spent == before)
                .values(values)
                .returning(ClientRate.client_id)
            )
            return connection.scalar(changed) is not None
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        added = (
            insert(ClientRate)
            .values(client_id=client_id, **values)
            .on_conflict_do_nothing(index_elements=[ClientRate.client_id])
            .returning(ClientRate.client_id)
        )
        return connection.scalar(added) is not None


def sweep(session: Session, now: int, limit: int = 500) -> int:
    """Delete up to `limit` rows that say nothing any more."""
    old = select(ClientRate.client_id).where(ClientRate.expires_at < now).limit(limit)
    # Asked again: a row that somebody took up meanwhile is not over.
    over = delete(ClientRate).where(ClientRate.client_id.in_(old), ClientRate.expires_at < now)
    return len(session.scalars(over.returning(ClientRate.client_id)).all())


def _read(text: str | None) -> Spent:
    return {int(at): count for at, count in orjson.loads(text or "{}").items()}
