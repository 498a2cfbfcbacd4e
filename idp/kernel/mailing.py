"""Outbound mail: the only door through which mails leave, one connection for each.

The server's certificate is verified, nothing is said in clear text to another machine, and the
whole call has one time limit. What a server answers may quote the address or the mail: of its
words only those are repeated that can hold neither. Never called inside a database transaction.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage

from idp.kernel.deadlines import Deadline
from idp.kernel.mail_server import MailServer, parse_address

TIMEOUT = 15.0
_LONGEST_REASON = 200
_ADDRESS = re.compile(r"\S*@\S*")
_LONG_NUMBER = re.compile(r"\d{6,}")


class MailFailed(Exception):
    """The mail was not taken now; it may be later."""


class MailRefused(Exception):
    """The mail will never be taken for this recipient."""


class Mailer:
    """Hands mails to one mail server, as its `sender`."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    def send(self, message: EmailMessage, *, to: str, timeout: float = TIMEOUT) -> None:
        """Hand `message` over for the one recipient `to`; From and To are written here.

        `timeout` is seconds for everything. Raises MailRefused when the address can be no
        recipient's or the server refuses it, or this mail, for good (RFC 5321 4.2.1: 5yz);
        MailFailed for whatever else goes wrong. After a failure the server may have it all the
        same: whoever sends again gives the same Message-ID.
        """
        try:
            recipient = parse_address(to)
        except ValueError as error:
            raise MailRefused("the address cannot be written to") from error
        sender = self._server.sender
        message["From"], message["To"] = sender, recipient
        with self._connection(timeout) as server:
            if not recipient.username.isascii() and not server.has_extn("smtputf8"):
                raise MailRefused("the mail server cannot write to an address with such letters")
            try:
                server.send_message(message, sender.addr_spec, [recipient.addr_spec])
            except smtplib.SMTPRecipientsRefused as refusal:
                [(code, reply)] = refusal.recipients.values()
                raise _judged("the address", recipient, code, reply) from refusal
            except smtplib.SMTPDataError as refusal:
                raise _judged(
                    "the mail", recipient, refusal.smtp_code, refusal.smtp_error
                ) from refusal

    def greet(self, *, timeout: float = TIMEOUT) -> None:
        """Connect and prove who we are as for a mail, and send none. Raises MailFailed."""
        with self._connection(timeout) as server:
            code, reply = server.noop()
            if code != 250:
                raise MailFailed(_quoted("the mail server does not answer well", code, reply))

    @contextmanager
    def _connection(self, timeout: float) -> Iterator[smtplib.SMTP]:
        """Connected, encrypted and signed in; every fault on the way is a MailFailed."""
        with Deadline(timeout) as deadline:
            try:
                server = self._connect(deadline)
                try:
                    yield server
                finally:
                    # Whatever the server says to a farewell, it has the mail or it has it not.
                    with suppress(OSError, smtplib.SMTPException):
                        server.quit()
                    server.close()
            except (OSError, smtplib.SMTPException) as fault:
                if deadline.passed or isinstance(fault, TimeoutError):
                    raise MailFailed(f"the mail server took over {timeout:g} seconds") from fault
                raise MailFailed(_told(fault)) from fault

    def _connect(self, deadline: Deadline) -> smtplib.SMTP:
        at = self._server
        tls = None if at.security == "none" else ssl.create_default_context(cafile=at.ca_file)
        server = _WatchedSMTP(at, deadline, tls)
        try:
            if at.security == "starttls":
                server.starttls(context=tls)
            if at.user:
                server.login(at.user, at.password)
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server


class _WatchedSMTP(smtplib.SMTP):
    """An SMTP client whose connection is in the charge of a deadline from its first byte.

    With `tls` and a server of that kind, TLS begins before anything is said.
    """

    def __init__(self, at: MailServer, deadline: Deadline, tls: ssl.SSLContext | None) -> None:
        self._deadline = deadline
        self._tls = tls if at.security == "tls" else None
        # Our name in the greeting is the sender's host: to look this machine's up takes a resolver.
        super().__init__(at.host, at.port, at.sender.domain, timeout=deadline.left())

    def _get_socket(self, host: str, port: int, _timeout: float) -> socket.socket:
        """The seam by which `smtplib` lets a subclass open the connection."""
        connected = _reach(host, port, self._deadline)
        self._deadline.watch(connected)
        if self._tls is None:
            return connected
        return self._tls.wrap_socket(connected, server_hostname=host)


def _reach(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connection to the first address of `host` that answers before the deadline."""
    fault: OSError = OSError("the name has no address")
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        try:
            connected = socket.create_connection((str(address[0]), port), deadline.left())
        except OSError as error:
            fault = error
            continue
        # A little longer than the deadline, which then is what ends a silence, and known for it.
        connected.settimeout(deadline.left() + 1)
        return connected
    raise fault


def _judged(what: str, to: Address, code: int, reply: bytes | str) -> Exception:
    """Return the exception for a mail of which the server did not take `what`."""
    kind = MailRefused if 500 <= code < 600 else MailFailed
    return kind(_quoted(f"the mail server did not take {what}", code, reply, to.username))


def _quoted(reason: str, code: int, reply: bytes | str, person: str = "") -> str:
    """Return `reason` and what the server said, without addresses, codes and `person` in it."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    printable = "".join(mark if mark.isprintable() else " " for mark in text)
    told = _LONG_NUMBER.sub("…", _ADDRESS.sub("…", printable))
    if person:  # some say "<alice>... User unknown"
        alone = rf"(?<!\w){re.escape(person)}(?!\w)"
        told = re.sub(alone, "…", told, flags=re.IGNORECASE)
    return f"{reason}: {code} {' '.join(told.split())}"[:_LONGEST_REASON]


def _told(fault: Exception) -> str:
    """Return in words what went wrong on the way to the server."""
    match fault:
        case smtplib.SMTPResponseException():
            return _quoted("the mail server refuses us", fault.smtp_code, fault.smtp_error)
        case smtplib.SMTPServerDisconnected():
            return "the mail server hung up"
        case smtplib.SMTPException():
            return f"the mail server cannot do what it must: {fault}"
        case ssl.SSLCertVerificationError():
            return f"the certificate of the mail server: {fault.verify_message}"
    return f"the mail server cannot be reached ({type(fault).__name__})"
