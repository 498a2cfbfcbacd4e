"""Notices: what citizens are told by email. Written into the outbox, sent by the worker.

In the demo the worker puts them into the stand-in mailbox, which is the table here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import BigInteger, String, Text, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from idp.domain import outbox
from idp.domain.accounts import email_key
from idp.domain.notice_rendering import Happening, Value, render
from idp.domain.notice_texts import NOTICES
from idp.domain.services import Services
from idp.kernel.database import Base

KIND = "email"
NOBODY = ""
_CODE = re.compile(r"^[0-9]{6}$", re.MULTILINE)


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

    @property
    def code(self) -> str | None:
        """The six digits that the mail asks somebody to type, or None."""
        notice = NOTICES.get(self.kind)
        found = _CODE.search(self.body) if notice and "code" in notice.values else None
        return found.group() if found else None


@dataclass(frozen=True, slots=True)
class Mail:
    """A notice on its way. `id` is that of its row in the outbox, the same at every try."""

    id: str
    to: str
    kind: str
    language: str
    subject: str
    body: str
    written_at: int
    worthless_at: int | None

    @classmethod
    def of(cls, message_id: str, payload: Mapping[str, str], now: int) -> Self:
        """Return the mail that the outbox holds; `now` for one that does not say when."""
        worthless_at = payload.get("worthless_at")
        return cls(
            id=message_id,
            to=payload["to"],
            kind=payload["kind"],
            language=payload["language"],
            subject=payload["subject"],
            body=payload["body"],
            written_at=int(payload.get("written_at", now)),
            worthless_at=int(worthless_at) if worthless_at else None,
        )


def send(
    session: Session,
    services: Services,
    *,
    to: str,
    template: str,
    language: str,
    device: str = "",
    address: str = "",
    **values: Value,
) -> None:
    """Queue the notice `template` in `language` for the address `to`; sent after the commit.

    It tells when (now) and, where given, from which device (a `User-Agent`) and internet address.
    `values` are those that the notice names; moments are seconds since the epoch. Raises KeyError
    or ValueError when they are not.
    """
    now = services.clock.now()
    subject, body = render(template, language, Happening(now, device, address), values)
    payload = {
        "to": to,
        "kind": template,
        "language": language,
        "subject": subject,
        "body": body,
        "written_at": str(now),
    }
    lifetime = NOTICES[template].lifetime
    if lifetime is not None:
        payload["worthless_at"] = str(now + lifetime)
    outbox.put(session, services, KIND, payload)


def send_nobody(
    session: Session,
    services: Services,
    *,
    template: str,
    language: str,
    device: str,
    **values: str,
) -> None:
    """Do the work of sending a mail with these `values` without anybody being written to.

    Where an address has no account, a page must take as long as where it has one.
    """
    send(
        session,
        services,
        to=NOBODY,
        template=template,
        language=language,
        device=device,
        **values,
    )


def put_in_mailbox(session: Session, mail: Mail, now: int) -> None:
    """Deliver a mail to the stand-in mailbox; doing it twice makes one message."""
    session.merge(
        MailboxMessage(
            id=mail.id,
            to=mail.to,
            language=mail.language,
            subject=mail.subject,
            body=mail.body,
            kind=mail.kind,
            sent_at=now,
        )
    )
    session.flush()


def in_mailbox(session: Session, limit: int = 50, *, to: str = "") -> list[MailboxMessage]:
    """Return the newest `limit` messages, newest first; only those to the address `to` if given."""
    query = select(MailboxMessage).order_by(MailboxMessage.id.desc()).limit(limit)
    if to:
        # SQLite knows no capitals beyond ASCII; who has some in their address types it as it is.
        same = or_(func.lower(MailboxMessage.to) == email_key(to), MailboxMessage.to == to.strip())
        query = query.where(same)
    return list(session.scalars(query))


def message(session: Session, message_id: str) -> MailboxMessage | None:
    """Return one message of the mailbox, or None."""
    return session.get(MailboxMessage, message_id)


def sweep(session: Session, before: int, limit: int = 500) -> int:
    """Delete up to `limit` messages that arrived in the mailbox before `before`."""
    old = select(MailboxMessage.id).where(MailboxMessage.sent_at < before).limit(limit)
    done = delete(MailboxMessage).where(MailboxMessage.id.in_(old)).returning(MailboxMessage.id)
    return len(session.scalars(done).all())
