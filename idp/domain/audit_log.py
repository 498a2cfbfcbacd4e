"""Sealing: arrivals move into the Merkle log, in batches, each with a signed checkpoint.

Owns: the order of the log, the seal of each entry, and the one sealer at a time.
Does not own: how facts arrive (`idp.domain.audit`), the proof (`idp.domain.audit_verification`).

An entry's seal is an HMAC over its place and its leaf hash. The tree alone would show that
something is wrong; the seals show which entry is, even when somebody recomputed every hash.

Rows are moved, not looked up behind the last id: an id says when a row was asked for, not when it
was committed, so a slow transaction's rows appear later under lower ids, and go into the next
batch. What one transaction saw committed still stands before what it wrote. Waiting for every open
transaction instead (`pg_snapshot_xmin`) would let one slow writer, in any database of the same
server, hold up all sealing.
"""

import hmac
import struct
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from idp.domain import checkpoints, leases, secrets
from idp.domain.audit_entries import (
    ENTRY_COLUMNS,
    AuditEntry,
    Checkpoint,
    SealedEntry,
    canonical,
)
from idp.domain.merkle import Frontier, frontier_of, leaf_hash
from idp.domain.services import Services

BATCH = 500
"""Entries sealed in one transaction: on SQLite nobody else writes meanwhile (some 20 ms)."""
LEASE = "audit sealer"
LEASE_LIFETIME = 60
SEAL_SECRET = "audit seal"  # noqa: S105 - the name of a secret


class AuditLogBroken(Exception):
    """The log cannot grow on what is there; run `onepass audit verify`."""


def seal_arrivals(session: Session, services: Services, limit: int = BATCH) -> int:
    """Seal up to `limit` arrivals and return how many that were.

    Commits, because the checkpoint may leave the database only afterwards. Returns 0 as well while
    another sealer works. Raises AuditLogBroken when the last checkpoint is not one of ours.
    """
    sealed = 0
    if session.scalar(select(AuditEntry.id).limit(1)) is not None:
        owner = services.entropy.identifier()
        now = services.clock.now()
        if leases.take(session, LEASE, owner, now=now, lifetime=LEASE_LIFETIME):
            sealed = _seal_batch(session, services, limit, now)
            leases.give_back(session, LEASE, owner)
    session.commit()
    checkpoints.write_to_file(session, services)
    # The read just made opened a transaction, and an open one would hold back the sealing.
    session.commit()
    return sealed


def _seal_batch(session: Session, services: Services, limit: int, now: int) -> int:
    arrivals = session.execute(
        delete(AuditEntry)
        .where(AuditEntry.id.in_(select(AuditEntry.id).order_by(AuditEntry.id).limit(limit)))
        .returning(AuditEntry.id, *(getattr(AuditEntry, name) for name in ENTRY_COLUMNS))
        .execution_options(synchronize_session=False)
    ).all()
    if not arrivals:
        return 0
    frontier = _frontier(session, services)
    key = seal_key(session, services)
    rows = []
    for arrival in sorted(arrivals, key=lambda row: row.id):
        values: dict[str, Any] = dict(zip(ENTRY_COLUMNS, arrival[1:], strict=True))
        leaf = leaf_hash(canonical(values))
        values["log_index"] = frontier.size
        values["leaf_hash"] = leaf.hex()
        values["seal"] = seal_of(key, frontier.size, leaf)
        rows.append(values)
        frontier.append(leaf)
    session.execute(insert(SealedEntry.__table__), rows)  # type: ignore[arg-type]
    session.add(checkpoints.sign(services, frontier, now))
    session.flush()
    return len(rows)


def _frontier(session: Session, services: Services) -> Frontier:
    last = session.scalars(select(Checkpoint).order_by(Checkpoint.size.desc()).limit(1)).first()
    if last is None:
        return Frontier()
    try:
        frontier = frontier_of(last.size, last.frontier)
    except ValueError as fault:
        raise AuditLogBroken(str(fault)) from fault
    fault_found = checkpoints.fault_of(services, last.size, frontier.root().hex(), last.signature)
    if fault_found is not None:
        raise AuditLogBroken(f"the last checkpoint does not hold: {fault_found}")
    return frontier


def seal_key(session: Session, services: Services) -> bytes:
    """Return the key of the entries' seals; it outlives a change of the sealing key."""
    return secrets.key(session, services, SEAL_SECRET)


def seal_of(key: bytes, log_index: int, leaf: bytes) -> str:
    """Return the seal of the entry with this leaf hash at this place."""
    return hmac.new(key, struct.pack(">q", log_index) + leaf, sha256).hexdigest()


def unsealed(session: Session) -> tuple[int, int | None]:
    """Return how many arrivals wait to be sealed, and when the oldest was recorded."""
    count, oldest_at = session.execute(
        select(func.count(AuditEntry.id), func.min(AuditEntry.at))
    ).one()
    return count, oldest_at
