"""The questions asked when signing in."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.journeys.sign_in.ways import Way
from idp.web.forms import ChoiceField, CodeField, EmailField, Form, PasswordField

_WAYS = {
    Way.APP: _("A code from my authenticator app"),
    Way.BACKUP_APP: _("A code from my back-up authenticator app"),
    Way.RECOVERY_CODE: _("One of my recovery codes"),
    Way.PASSKEY: _("A passkey"),
}


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


class MethodForm(Form):
    """Which way of those they have?"""

    way = ChoiceField(
        _("How do you want to sign in?"),
        choices=list(_WAYS.items()),
        when_empty=_("Select how you want to sign in"),
    )

    @classmethod
    def of(cls, there: list[Way]) -> "MethodForm":
        """Return the form that offers only these."""
        form = cls()
        form.way.offer(there)
        return form
