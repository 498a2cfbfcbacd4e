"""What `onepass doctor` looks at where mails are concerned."""

from idp.commands import Workplace
from idp.commands.findings import Wrong
from idp.domain import notices, outbox
from idp.kernel.mailing import Mailer, MailFailed

MANY_TRIES = 3
"""Some servers put everybody off once, so one failure or two are nothing to speak of."""


def mails_have_somewhere_to_go(workplace: Workplace) -> str:
    """Say who takes the mails; nothing is sent."""
    settings = workplace.settings
    if settings.mail_server is not None:
        server = settings.mail_server
        return f"Mails go to {server.host}:{server.port}, from {server.sender.addr_spec}."
    if settings.mailbox:
        return "Mails go to the stand-in mailbox, which anybody can read."
    raise Wrong("Mails go nowhere: set ONEPASS_SMTP_URL and ONEPASS_MAIL_FROM.")


def mails_are_taken(workplace: Workplace) -> str:
    """See that no mail waits after several tries, which its own pauses keep from being late."""
    with workplace.session() as session:
        count, why = outbox.stuck(session, notices.KIND, MANY_TRIES)
    if count:
        raise Wrong(f"{count} mails wait after {MANY_TRIES} tries or more, the newest for: {why}.")
    return "No mail waits after several tries."


def mail_server_answers(workplace: Workplace) -> str:
    """Connect to the mail server and sign in there, as for a mail; none is sent."""
    server = workplace.settings.mail_server
    if server is None:
        return "There is no mail server to ask."
    try:
        Mailer(server).greet()
    except MailFailed as fault:
        raise Wrong(f"{server.host}:{server.port} takes no mail from us: {fault}.") from fault
    said = {"tls": "over TLS", "starttls": "over TLS", "none": "in clear text on this machine"}
    who = f" and lets {server.user} in" if server.user else ""
    return f"{server.host}:{server.port} answers {said[server.security]}{who}."
