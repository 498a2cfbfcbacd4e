"""The questions asked in an account."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.web.forms import ChoiceField, CodeField, EmailField, Form, PasswordField


class ConfirmPasswordForm(Form):
    """Is it you?"""

    password = PasswordField(_("Password"))

    def validate_password(self, field: Any) -> None:
        """Raise ValidationError when nothing was typed."""
        if not field.data and not field.process_errors:
            raise ValidationError(_("Enter your password"))


class ConfirmCodeForm(Form):
    """Is it really you?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code shown in your app"))


class NewEmailForm(Form):
    """Which address shall the account have from now on?"""

    email = EmailField(_("New email address"))


class NewEmailCodeForm(Form):
    """Which code did the mail hold?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code"))


class NewAppForm(Form):
    """Which code does the new app show?"""

    code = CodeField(
        _("6-digit code from your app"), when_empty=_("Enter the code shown in your app")
    )


class BackupForm(Form):
    """What shall become of the back-up app?"""

    change = ChoiceField(
        _("What do you want to do with your back-up app?"),
        choices=[
            ("switch", _("Ask for its codes first, and keep my other app as the back-up")),
            ("replace", _("Put another app in its place")),
            ("remove", _("Remove it")),
        ],
        when_empty=_("Select what you want to do"),
    )
