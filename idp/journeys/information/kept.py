"""What is kept about people, in which form and for how long: the table of the privacy notice.

Each row names the tables that its data lie in, so that a test can hold the row to them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from idp.domain import (
    change_requests,
    client_drafts,
    feedback,
    invitations,
    operator_acts,
    passkey_challenges,
    recoveries,
    sessions,
    sweeping,
    throttles,
)
from idp.settings import Settings
from idp.web.i18n import duration


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of data. `lifetime` in seconds, None where nothing ends it but people."""

    what: str
    form: str
    until: str
    tables: tuple[str, ...] = ()
    lifetime: int | None = None


SHIPPED_LOCK = max(limit.window for limit in throttles.LIMITS.values())


def kept(settings: Settings, longest_lock: int = SHIPPED_LOCK) -> list[Kept]:
    """Return the rows of the table in the page's language, as this installation is set."""
    return [
        *_account(),
        *_sign_in(settings, longest_lock),
        *_messages(settings),
        *_consoles(),
        *_records(),
    ]


def _account() -> Iterator[Kept]:
    account = _("For as long as you have the account")
    yield Kept(
        _("Your email address, your language, and when you created your account"),
        _("As you gave it"),
        account,
        ("accounts",),
    )
    yield Kept(
        _("Your password"),
        _("As a hash, which can be checked but not read"),
        account,
        ("accounts",),
    )
    yield Kept(
        _("The keys of your authenticator apps"),
        _("Sealed, with a key that is not in the database"),
        account,
        ("authenticator_apps",),
    )
    yield Kept(
        _("Your recovery codes, and which of them you have used"),
        _("As hashes, which can be checked but not read"),
        _("For as long as you have the account, or until new ones take their place"),
        ("recovery_codes", "recovery_code_sets"),
    )
    yield Kept(
        _("Your passkeys: public keys, which browser added each, and when they were used"),
        _("As they are: a public key opens nothing"),
        _("For as long as you have the account, or until you remove them"),
        ("passkeys",),
    )
    yield Kept(
        _("What an identity check found out about you, if you prove your identity"),
        _("Sealed, with a key that is not in the database"),
        _("For as long as you have the account, or until a new check takes its place"),
        ("identities",),
    )
    yield Kept(
        _("Which details of your identity you let a service have, and when"),
        _("Under a random account number, without the details themselves"),
        account,
        ("disclosures",),
    )
    yield Kept(
        _("The name that each service you have opened knows you by"),
        _("Under a random account number"),
        account,
        ("known_subjects",),
    )
    yield Kept(
        _("What happened in your account that you told us was not you"),
        _("Under a random account number, with the number of your report"),
        account,
        ("activity_reports",),
    )


def _sign_in(settings: Settings, longest_lock: int) -> Iterator[Kept]:
    lifetime = sweeping.journey_kept_for(settings)
    yield Kept(
        _("A sign-in under way: the email address you typed, and what the service asked for"),
        _(
            "As you and the service gave it; a code sent by email as a hash, and what an identity "
            "check found sealed"
        ),
        _("For %(time)s after you began", time=duration(lifetime)),
        ("journeys", "email_codes", "provings", "handoffs"),
        lifetime,
    )
    lifetime = recoveries.WAIT + recoveries.USABLE_FOR + recoveries.KEPT_FOR
    yield Kept(
        _("That you asked to get back in without a security code, and what came of it"),
        _("Under a random account number"),
        _("For %(time)s after you asked, at most", time=duration(lifetime)),
        ("recoveries",),
        lifetime,
    )
    lifetime = sessions.kept_for(settings)
    yield Kept(
        _("When and how you signed in, and what your browser says it is"),
        _("Under a random account number; your cookie as a hash"),
        _("For %(time)s after you signed in, at most", time=duration(lifetime)),
        ("browser_sessions",),
        lifetime,
    )
    lifetime = sweeping.grant_kept_for(settings)
    yield Kept(
        _("When you opened which service, and how you had signed in"),
        _("Under a random account number"),
        _("For %(time)s after you opened the service", time=duration(lifetime)),
        ("grants",),
        lifetime,
    )
    lifetime = passkey_challenges.LIFETIME
    yield Kept(
        _("A passkey being asked for"),
        _("As a hash, under no name"),
        _("For %(time)s after the page was opened, at most", time=duration(lifetime)),
        ("passkey_challenges",),
        lifetime,
    )
    lifetime = longest_lock
    yield Kept(
        _("How many wrong passwords and codes were tried, and how many codes were sent"),
        _("Under a hash of the email address or account number"),
        _("For %(time)s after the last try, at most", time=duration(lifetime)),
        ("throttles",),
        lifetime,
    )


def _messages(settings: Settings) -> Iterator[Kept]:
    yield Kept(
        _("Messages to you, and notices to services that you signed out"),
        _("Sealed, with a key that is not in the database"),
        _(
            "For %(time)s after they were delivered, or %(longer)s where that was not possible",
            time=duration(sweeping.DELIVERED_KEPT_FOR),
            longer=duration(sweeping.DEAD_KEPT_FOR),
        ),
        ("outbox",),
        sweeping.DELIVERED_KEPT_FOR,
    )
    if settings.mailbox:
        yield Kept(
            _("The messages in the demo mailbox, which anybody can open"),
            _("As they are"),
            _("For %(time)s", time=duration(sweeping.MAILBOX_KEPT_FOR)),
            ("mailbox",),
            sweeping.MAILBOX_KEPT_FOR,
        )


def _consoles() -> Iterator[Kept]:
    yield Kept(
        _("Your part in running a service or Onepass itself, if you have one"),
        _("Under a random account number"),
        _("For as long as you have the account, or until somebody takes the part from you"),
        ("members", "operators"),
    )
    yield Kept(
        _("When an operator looked at your account or did something to it, and why"),
        _("Under random account numbers, with the reason as the operator wrote it"),
        _("For %(time)s, at most", time=duration(operator_acts.KEPT_FOR)),
        ("operator_acts",),
        operator_acts.KEPT_FOR,
    )
    yield Kept(
        _("What you asked an operator to approve for a service, and what was decided"),
        _("Under a random account number, with the reasons as they were written"),
        _("Until the service is removed"),
        ("change_requests",),
    )
    yield Kept(
        _("What one operator asked another to approve about your account, and what was decided"),
        _("Under random account numbers, with the reasons as they were written"),
        _("For %(time)s after it was decided", time=duration(change_requests.KEPT_FOR)),
        ("change_requests",),
        change_requests.KEPT_FOR,
    )
    yield Kept(
        _("That you made a secret or a test citizen of a service, or gave it a key"),
        _("Under a random account number"),
        _("Until the secret, the test citizen or the key is not there any more"),
        ("client_proofs", "test_citizens"),
    )
    yield Kept(
        _("That somebody invited you to the team of a service: your email address"),
        _("As they typed it"),
        _(
            "Until you accept it or they take it back, or for %(time)s",
            time=duration(invitations.LIFETIME),
        ),
        ("invitations",),
        invitations.LIFETIME,
    )
    yield Kept(
        _("What you have filled in to register a service’s client, until you register it"),
        _("Under a random account number, with the email addresses that you gave as contacts"),
        _("For %(time)s after you last changed it", time=duration(client_drafts.KEPT_FOR)),
        ("client_drafts",),
        client_drafts.KEPT_FOR,
    )


def _records() -> Iterator[Kept]:
    yield Kept(
        _("What you told us about Onepass, if you answered our question"),
        _("As you wrote it, with the day and nothing that leads to you"),
        _("For %(time)s, at most", time=duration(feedback.KEPT_FOR)),
        ("feedback",),
    )
    yield Kept(
        _("The audit record: what happened and when, such as a sign-in or a lock"),
        _("Under a random account number, in a way that shows when it is changed"),
        _("Until this copy of Onepass is removed"),
        ("audit_entries", "audit_log"),
    )
    yield Kept(
        _("The log of the server: time, page and network address of each request"),
        _("As it is, without names, email addresses, passwords or codes"),
        _("Onepass does not delete it: the people who run the server decide"),
    )
    yield Kept(
        _("Backups, which hold all of the above but the log"),
        _("In the same forms"),
        _("Onepass does not delete them: the people who run the server decide"),
    )
