"""The questions asked when creating an account."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.domain.passwords import Problem
from idp.web.forms import CodeField, EmailField, Form, PasswordField

PROBLEMS: dict[Problem, LazyString] = {
    Problem.EMPTY: _("Enter a password"),
    Problem.SHORT: _("Password must be 10 characters or more"),
    Problem.LONG: _("Password must be 256 characters or fewer"),
    Problem.COMMON: _("That password is too easy to guess. Choose another one"),
    Problem.OBVIOUS: _(
        "Your password must not be your email address, our name, or one character repeated"
    ),
}


class EmailForm(Form):
    """Which address shall the account have?"""

    email = EmailField(_("What is your email address?"))


class EmailCodeForm(Form):
    """Which code did the mail hold?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code"))


class NewPasswordForm(Form):
    """Which password shall the account have? What it must be is decided in `domain.passwords`."""

    password = PasswordField(_("Password"))


class FirstCodeForm(Form):
    """Which code does the new app show?"""

    code = CodeField(
        _("6-digit code from your app"), when_empty=_("Enter the code shown in your app")
    )
