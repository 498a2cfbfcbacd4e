"""The questions asked when signing in."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.web.forms import CodeField, EmailField, Form, PasswordField


class EmailForm(Form):
    """Which address?"""

    email = EmailField(_("What is your email address?"))


class PasswordForm(Form):
    """Which password? Nothing is said about what a password must look like here."""

    password = PasswordField(_("Password"))

    def validate_password(self, field: Any) -> None:
        """Raise ValidationError when nothing was typed."""
        if not field.data and not field.process_errors:
            raise ValidationError(_("Enter your password"))


class CodeForm(Form):
    """Which code does the app show?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code shown in your app"))
