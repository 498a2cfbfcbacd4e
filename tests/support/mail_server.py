"""A real mail server (aiosmtpd) on a free port of loopback. It keeps what it takes.

A test may tell it what to answer, to ask for a password, to speak TLS, and to keep a mail waiting.
"""

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP as CRLF
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass(frozen=True)
class Taken:
    """A mail as it was handed over: its envelope, its bytes, and how they came."""

    sender: str
    to: list[str]
    raw: bytes
    tls: bool
    user: str | None
    greeted_as: str

    @property
    def message(self) -> EmailMessage:
        """The mail, read by a parser that did not write it."""
        message = BytesParser(policy=CRLF).parsebytes(self.raw)
        assert isinstance(message, EmailMessage)
        assert not message.defects
        return message


@dataclass
class PostOffice:
    """The server. `replies` holds what to say to a command instead of yes."""

    host: str = "127.0.0.1"
    port: int = 0
    login: tuple[str, str] | None = None
    replies: dict[str, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Every recipient that was named, taken or not."""
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released when a mail is here and not yet answered."""
    hold: threading.Event = field(default_factory=threading.Event)
    """While clear, mails that are here wait for their answer."""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if "MAIL" in self.replies:
            return self.replies["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        self.asked.append(address)
        if "RCPT" in self.replies:
            return self.replies["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.arrived.release()
        await asyncio.to_thread(self.hold.wait, 30)
        if "DATA" in self.replies:
            return self.replies["DATA"]
        content, transport = envelope.content, server.transport
        assert transport is not None
        secure = transport.get_extra_info("sslcontext") is not None
        assert isinstance(content, bytes)
        self.taken.append(
            Taken(
                sender=str(envelope.mail_from),
                to=[str(address) for address in envelope.rcpt_tos],
                raw=content,
                tls=secure,
                user=session.auth_data,
                greeted_as=str(session.host_name),
            )
        )
        return "250 OK"

    async def handle_NOOP(  # noqa: N802
        self, _server: SMTP, _session: Session, _envelope: Envelope, _arg: str
    ) -> str:
        return self.replies.get("NOOP", "250 OK")

    def authenticate(
        self, _server: SMTP, _session: Any, _envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        """Say whether the login is the one that a test chose."""
        assert isinstance(data, LoginPassword)
        right = (data.login.decode(), data.password.decode()) == self.login
        return AuthResult(success=right, handled=False, auth_data=data.login.decode())


@contextmanager
def open_post_office(
    *,
    login: tuple[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    utf8: bool = True,
) -> Iterator[PostOffice]:
    """A mail server that runs until the end of the block.

    `tls` speaks TLS from the first byte, `starttls` offers and demands it; `login` is the user
    and password that it demands.
    """
    office = PostOffice(login=login)
    office.hold.set()
    loop = asyncio.new_event_loop()

    def receptionist() -> SMTP:
        return SMTP(
            office,
            loop=loop,
            hostname="mail.example",
            ident="a server under test",
            enable_SMTPUTF8=utf8,
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=False,
            auth_require_tls=starttls is not None,
            authenticator=office.authenticate if login else None,
            auth_exclude_mechanism=[] if login else ["PLAIN", "LOGIN"],
        )

    # The loop lives in a thread of its own from first to last: a test that drives a browser has a
    # loop running in its own already.
    thread = threading.Thread(target=_serve, args=(loop,))
    thread.start()

    def there(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    try:
        server = there(loop.create_server(receptionist, office.host, 0, ssl=tls))
        office.port = server.sockets[0].getsockname()[1]
        try:
            yield office
        finally:
            office.hold.set()
            there(_close(server))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
    loop.run_until_complete(loop.shutdown_default_executor())


async def _close(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await server.wait_closed()
