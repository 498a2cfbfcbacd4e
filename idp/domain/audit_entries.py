"""The tables of the audit record: arrivals, the sealed log, its checkpoints.

Owns: the columns, and the canonical bytes of an entry that the Merkle log hashes.
Does not own: the catalogue of facts (`idp.domain.audit`) or sealing (`idp.domain.audit_log`).

`audit_entries` is where a transaction leaves a fact: insert only, no index but the key, nothing
read. The columns a writer names are: at (epoch seconds), fact (snake_case name of the fact),
account_id, client_id, sid, grant_id, journey_id, request_id (each may be null) and detail
(canonical JSON of the fact's other fields, `{}` when there are none). `id` comes from the database.
"""

from typing import Any

import orjson
from sqlalchemy import BigInteger, Identity, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.kernel.database import Base

ENTRY_COLUMNS = (
    "at",
    "fact",
    "account_id",
    "client_id",
    "sid",
    "grant_id",
    "journey_id",
    "request_id",
    "detail",
)


class EntryColumns:
    """What an entry says, wherever it is kept."""

    at: Mapped[int] = mapped_column(BigInteger)
    fact: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[str | None] = mapped_column(String(64))
    client_id: Mapped[str | None] = mapped_column(String(64))
    sid: Mapped[str | None] = mapped_column(String(64))
    grant_id: Mapped[str | None] = mapped_column(String(64))
    journey_id: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[str] = mapped_column(Text, server_default="{}")


class AuditEntry(EntryColumns, Base):
    """An arrival: a fact that was recorded and not yet sealed."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True, sort_order=-1
    )


class SealedEntry(EntryColumns, Base):
    """An entry of the sealed log; `leaf_hash` and `seal` are 64 hexadecimal digits."""

    __tablename__ = "audit_log"
    # For owners, who look at what happened to their account, and for whoever searches the record by
    # one thing and reads on from the newest. Sealing pays for it, no request does.
    __table_args__ = (
        Index("ix_audit_log_account_id", "account_id"),
        Index("ix_audit_log_at", "at", "log_index"),
        Index("ix_audit_log_client_id", "client_id", "at", "log_index"),
        Index("ix_audit_log_fact", "fact", "at", "log_index"),
        Index("ix_audit_log_request_id", "request_id"),
    )

    log_index: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, sort_order=-1
    )
    leaf_hash: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))


class Checkpoint(Base):
    """The log's root at a size, signed. `frontier` lets the next batch go on from here."""

    __tablename__ = "audit_checkpoints"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(BigInteger)
    kid: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(Text)
    frontier: Mapped[str] = mapped_column(Text)


def entry_bytes(entry: EntryColumns | Any) -> bytes:
    """Return the canonical bytes of an entry, read from the attributes of a row."""
    return canonical({column: getattr(entry, column) for column in ENTRY_COLUMNS})


def canonical(values: dict[str, Any]) -> bytes:
    """Return the canonical bytes of an entry: JSON, keys sorted, no white space, UTF-8."""
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
