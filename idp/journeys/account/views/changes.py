"""What can be confirmed: the word for it in an address, its page, and its reason in a sentence."""

from flask import abort
from flask_babel import lazy_gettext

from idp.domain.confirmations import Change

REASONS = {
    Change.EMAIL: lazy_gettext("to change your email address"),
    Change.PASSWORD: lazy_gettext("to change your password"),
    Change.SIGN_OUT: lazy_gettext("to sign out everywhere"),
    Change.DATA: lazy_gettext("to download your data"),
    Change.DELETE: lazy_gettext("to delete your account"),
    Change.APP: lazy_gettext("to change your authenticator app"),
    Change.BACKUP: lazy_gettext("to change your back-up app"),
    Change.RECOVERY_CODES: lazy_gettext("to get new recovery codes"),
    Change.PASSKEYS: lazy_gettext("to change your passkeys"),
}
PAGES = {
    Change.EMAIL: "email",
    Change.PASSWORD: "password",
    Change.SIGN_OUT: "sign_out_everywhere",
    Change.DATA: "data",
    Change.DELETE: "delete",
    Change.APP: "app",
    Change.BACKUP: "backup",
    Change.RECOVERY_CODES: "recovery_codes",
    Change.PASSKEYS: "passkeys",
}
"""The page of each change that can be confirmed; no other can."""


def change_of(word: str) -> Change:
    """Return the change that an address names; no page is found for any other word."""
    if word not in [what.value for what in PAGES]:
        abort(404)
    return Change(word)
