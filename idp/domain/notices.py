"""Notices: what citizens are told by email. Written into the outbox, sent by the worker.

In the demo the worker puts them into the stand-in mailbox, which is the table here.
"""

from collections.abc import Mapping

from sqlalchemy import BigInteger, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import outbox
from idp.domain.notice_texts import notice_text
from idp.domain.services import Services
from idp.kernel.database import Base

KIND = "email"


class MailboxMessage(Base):
    """A mail as it arrived in the stand-in mailbox."""

    __tablename__ = "mailbox"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    to: Mapped[str] = mapped_column(String(256))
    language: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(256))
    body: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(32))
    sent_at: Mapped[int] = mapped_column(BigInteger)


def send(
    session: Session, services: Services, *, to: str, template: str, language: str, **values: str
) -> None:
    """Queue the notice `template` in `language` for the address `to`; sent after the commit."""
    subject, body = notice_text(template, language, values)
    outbox.put(
        session,
        services,
        KIND,
        {"to": to, "kind": template, "language": language, "subject": subject, "body": body},
    )


def put_in_mailbox(
    session: Session, services: Services, message_id: str, payload: Mapping[str, str]
) -> None:
    """Deliver a mail to the stand-in mailbox; doing it twice makes one message."""
    session.merge(
        MailboxMessage(
            id=message_id,
            to=payload["to"],
            language=payload["language"],
            subject=payload["subject"],
            body=payload["body"],
            kind=payload["kind"],
            sent_at=services.clock.now(),
        )
    )
    session.flush()


def in_mailbox(session: Session, limit: int = 50) -> list[MailboxMessage]:
    """Return the newest `limit` messages, newest first."""
    query = select(MailboxMessage).order_by(MailboxMessage.id.desc()).limit(limit)
    return list(session.scalars(query))


def message(session: Session, message_id: str) -> MailboxMessage | None:
    """Return one message of the mailbox, or None."""
    return session.get(MailboxMessage, message_id)
