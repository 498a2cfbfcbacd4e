"""Words about citizens' accounts: their states, their locks, and each lever with what it shows.

What the citizen sees is said with the very words of the page they get: those of the error table,
or of the page's own template, to which a test holds them.
"""

from dataclasses import dataclass
from typing import Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.domain.citizen_levers import Lever
from idp.domain.throttles import Kind
from idp.web.error_table import Kind as Row

STATES: Final = {
    "part_created": _("Not finished: no way to get codes yet"),
    "active": _("Open"),
    "suspended": _("Suspended"),
    "blocked": _("Blocked for good"),
}

LOCKS: Final = {
    Kind.PASSWORD: _("Password"),
    Kind.APP_CODE: _("Code from an app"),
    Kind.RECOVERY_CODE: _("Recovery code"),
    Kind.EMAIL_SEND: _("Codes sent by email"),
    Kind.RESET_CODE: _("Emailed code for a new password"),
    Kind.RESET_APP_CODE: _("Code from an app for a new password"),
    Kind.RESET_RECOVERY: _("Recovery code for a new password"),
    Kind.RECOVERY_EMAIL: _("Emailed code to get back in"),
    Kind.RECOVERY_CHECK: _("Identity check to get back in"),
    Kind.RECOVERY_STOP: _("Code to stop getting back in"),
    Kind.REAUTH_EMAIL: _("Email address when asked again"),
    Kind.REAUTH_PASSWORD: _("Password when asked again"),
    Kind.REAUTH_CODE: _("Code when asked again"),
    Kind.KEY_FETCH: _("Keys of a client fetched"),
    Kind.REFUSALS: _("Requests of a client that failed"),
    Kind.INVITATION: _("Invitations to service teams"),
    Kind.REGISTRATION: _("Registrations of clients"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as the citizen gets it: its heading and its words."""

    heading: LazyString
    words: tuple[LazyString, ...]


@dataclass(frozen=True, slots=True)
class LeverWords:
    """A lever's name, what it does, and what the citizen sees; `seen` is None for no page."""

    name: LazyString
    does: tuple[LazyString, ...]
    seen: Seen | None
    when: LazyString
    warning: bool = False


_ENDS: Final = _("Every session of the account ends, and the services are told.")
_MAILED: Final = _("The owner gets an email.")
_NOTHING: Final = _("No page of theirs changes.")
_NEXT: Final = _("When they next sign in, they see this page:")
_OPEN_FORM: Final = _("If they send a form that is open now, they see this page:")


def _row(kind: Row) -> Seen:
    return Seen(kind.value.heading, kind.value.words)


LEVERS: Final = {
    Lever.SUSPEND: LeverWords(
        _("Suspend the account"),
        (_("Nobody can sign in to it until it is restored."), _ENDS, _MAILED),
        _row(Row.SUSPENDED),
        _NEXT,
        warning=True,
    ),
    Lever.RESTORE: LeverWords(
        _("Restore the account"),
        (_("The owner can sign in again. Nothing else changes."), _MAILED),
        None,
        _NOTHING,
    ),
    Lever.FORCE_RESET: LeverWords(
        _("Force a new password"),
        (
            _("The owner can do nothing until they set a new password, with a code by email."),
            _ENDS,
            _MAILED,
        ),
        Seen(
            _("You need to reset your password"),
            (
                _(
                    "We have been told that somebody else may know your password. Nothing has been "
                    "done with it that we know of. To be safe, set a new one before you go on."
                ),
            ),
        ),
        _NEXT,
    ),
    Lever.FORCE_PROOF: LeverWords(
        _("Force a new proof of identity"),
        (
            _("The proof that the account has is deleted. No service gets anything of it again."),
            _("The next service that needs an identity asks them to prove it anew."),
            _ENDS,
            _MAILED,
        ),
        Seen(
            _("Prove your identity for %(service)s", service="…"),
            (
                _(
                    "It takes a minute. What comes of it is kept with your account, so that the "
                    "next service does not have to ask you again."
                ),
            ),
        ),
        _("When a service next asks who they are, they see this page:"),
        warning=True,
    ),
    Lever.BLOCK: LeverWords(
        _("Block the account for good"),
        (_("Nobody can ever sign in to it again. It cannot be undone."), _ENDS, _MAILED),
        _row(Row.BLOCKED),
        _NEXT,
        warning=True,
    ),
    Lever.UNLOCK: LeverWords(
        _("Lift the locks"),
        (_("Every try at passwords and codes is given back. Sessions go on."),),
        None,
        _NOTHING,
    ),
    Lever.REMOVE_SECOND_FACTOR: LeverWords(
        _("Remove the second factor"),
        (
            _("The owner waits for a new way to get codes: they no longer have to."),
            _("With their password they may set up a new app, which removes every old way."),
            _ENDS,
            _MAILED,
        ),
        Seen(
            _("You can set up a new app now"),
            (
                _(
                    "This removes every way to get codes that you have now. Codes from your old "
                    "app will stop working."
                ),
                _(
                    "Have your phone, tablet or computer with an authenticator app ready. Nothing "
                    "is removed until you have entered a code from the new app."
                ),
            ),
        ),
        _("When they say that they cannot get a code, they see this page:"),
        warning=True,
    ),
    Lever.SIGN_OUT: LeverWords(
        _("Sign them out everywhere"),
        (_ENDS,),
        _row(Row.SIGNED_OUT),
        _OPEN_FORM,
    ),
}

ACTS: Final = {
    "look_up": _("Looked at the record"),
    **{lever.value: words.name for lever, words in LEVERS.items()},
    "ask_block": _("Asked for: block for good"),
    "ask_remove_second_factor": _("Asked for: remove the second factor"),
}
"""What operators did, by the word it is kept under."""
