"""Notifiers: how a mail reaches the person it is for. One is chosen, here and nowhere else."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from idp.domain import notices
from idp.domain.notices import Mail
from idp.domain.services import Services
from idp.kernel.mail_server import MailServer
from idp.kernel.mailing import TIMEOUT, Mailer


class Notifier(Protocol):
    """Brings mails to their readers."""

    def deliver(self, mail: Mail) -> None:
        """Deliver `mail`, which may have been delivered before.

        Never inside a transaction. Raises MailFailed when it may succeed later, MailRefused when
        it never will.
        """
        ...


class MailboxNotifier:
    """Puts mails into the stand-in mailbox of the demo."""

    def __init__(self, services: Services, engine: Engine) -> None:
        self._services = services
        self._engine = engine

    def deliver(self, mail: Mail) -> None:
        """Write `mail` into the mailbox's table, in a transaction of its own."""
        with Session(self._engine) as session, session.begin():
            notices.put_in_mailbox(session, mail, self._services.clock.now())


class SmtpNotifier:
    """Hands mails to a mail server, which has `timeout` seconds to take each."""

    def __init__(self, server: MailServer, *, timeout: float = TIMEOUT) -> None:
        self._mailer = Mailer(server)
        self._timeout = timeout
        self._domain = server.sender.domain

    def deliver(self, mail: Mail) -> None:
        """Hand `mail` over as plain text, each time with the same Message-ID."""
        message = EmailMessage(policy=SMTP)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(datetime.fromtimestamp(mail.written_at, UTC))
        message["Message-ID"] = f"<{mail.id}@{self._domain}>"
        # RFC 3834: holiday notices and the like are not to answer.
        message["Auto-Submitted"] = "auto-generated"
        # All of it in ASCII, so that every server on the way can carry it.
        message.set_content(mail.body, charset="utf-8", cte="quoted-printable")
        message["Content-Language"] = mail.language  # last: setting the content clears it
        self._mailer.send(message, to=mail.to, timeout=self._timeout)


def choose(services: Services, engine: Engine) -> Notifier | None:
    """Return what this installation's settings ask for; None where nobody is to get mails."""
    settings = services.settings
    if settings.mail_server is not None:
        return SmtpNotifier(settings.mail_server)
    return MailboxNotifier(services, engine) if settings.mailbox else None
