"""Asking for a new password, wherever one is chosen: the field, and what is said of a bad one."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.domain.passwords import Problem
from idp.web.forms import Form, PasswordField

PROBLEMS: dict[Problem, LazyString] = {
    Problem.EMPTY: _("Enter a password"),
    Problem.SHORT: _("Password must be 10 characters or more"),
    Problem.LONG: _("Password must be 256 characters or fewer"),
    Problem.COMMON: _("That password is too easy to guess. Choose another one"),
    Problem.OBVIOUS: _(
        "Your password must not be your email address, our name, or one character repeated"
    ),
}


class NewPasswordForm(Form):
    """Which password shall the account have? What it must be is decided in `domain.passwords`."""

    password = PasswordField(_("Password"))
