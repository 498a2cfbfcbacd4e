"""What changed in a client's registration, field by field, and when: for its service team to read.

Who did it is in the audit record, under the same client and second; the record itself holds no text
from outside, so the values stand here. A secret or its hash is never among them.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Index, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base

KEPT_FOR: Final = 730 * 86_400
HIDDEN: Final = frozenset({"client_secret", "client_secret_hash", "client_id"})


class ClientChange(Base):
    """One write of a registration. `changed` is JSON: by field, the value before and after it."""

    __tablename__ = "client_changes"
    __table_args__ = (Index("ix_client_changes_client_id", "client_id", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[int] = mapped_column(BigInteger, index=True)
    changed: Mapped[str] = mapped_column(Text)

    @property
    def fields(self) -> dict[str, tuple[Any, Any]]:
        """The value of each field before and after; None where there was none."""
        return {name: (pair[0], pair[1]) for name, pair in json.loads(self.changed).items()}


def keep(
    session: Session,
    services: Services,
    client_id: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Keep what differs between two registrations; nothing is written when nothing does."""
    names = sorted((before.keys() | after.keys()) - HIDDEN)
    changed = {
        name: (before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    }
    if changed:
        session.add(
            ClientChange(
                id=services.entropy.identifier(),
                client_id=client_id,
                at=services.clock.now(),
                changed=json.dumps(changed),
            )
        )


def of_clients(
    session: Session, client_ids: Iterable[str], since: int, until: int
) -> list[ClientChange]:
    """Return the changes of these clients between two times, both included, the oldest first."""
    wanted = select(ClientChange).where(
        ClientChange.client_id.in_(sorted(client_ids)),
        ClientChange.at >= since,
        ClientChange.at <= until,
    )
    return list(session.scalars(wanted.order_by(ClientChange.at, ClientChange.id)))


def sweep(session: Session, now: int, limit: int) -> int:
    """Delete up to `limit` changes of more than two years ago."""
    old = select(ClientChange.id).where(ClientChange.at < now - KEPT_FOR).limit(limit)
    gone = delete(ClientChange).where(ClientChange.id.in_(old)).returning(ClientChange.id)
    return len(session.scalars(gone).all())
