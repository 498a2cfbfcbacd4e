"""The questions asked before a new password."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.web.forms import CodeField, Form, SecretLineField


class EmailCodeForm(Form):
    """Which code did the mail hold?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code"))


class RecoveryCodeForm(Form):
    """Which recovery code? However it is spaced; what it must be is decided in the domain."""

    recovery_code = SecretLineField(_("Recovery code"))

    def validate_recovery_code(self, field: Any) -> None:
        """Raise ValidationError when nothing was typed."""
        if not field.data and not field.process_errors:
            raise ValidationError(_("Enter a recovery code"))


class AppCodeForm(Form):
    """Which code does the app show?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code shown in your app"))
