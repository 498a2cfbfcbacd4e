"""Requests that came by POST and wait for the browser's own GET: once, for a minute."""

from hashlib import sha256

from sqlalchemy import BigInteger, String, Text, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain.services import Services
from idp.kernel.database import Base

LIFETIME = 60


class Handoff(Base):
    """The parameters of one POST, under the hash of a random ticket."""

    __tablename__ = "handoffs"

    ticket_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    parameters: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[int] = mapped_column(BigInteger, index=True)


def leave(session: Session, services: Services, parameters: str) -> str:
    """Store `parameters` and return the ticket that fetches them."""
    ticket = services.entropy.token()
    session.add(
        Handoff(
            ticket_hash=_hash(ticket),
            parameters=parameters,
            expires_at=services.clock.now() + LIFETIME,
        )
    )
    session.flush()
    return ticket


def take(session: Session, services: Services, ticket: str) -> str | None:
    """Return what the ticket fetches and forget it; None for a used or old one."""
    return session.scalar(
        delete(Handoff)
        .where(Handoff.ticket_hash == _hash(ticket), Handoff.expires_at > services.clock.now())
        .returning(Handoff.parameters)
    )


def _hash(ticket: str) -> str:
    return sha256(ticket.encode("utf-8", "surrogatepass")).hexdigest()
