"""The question for a recovery code, wherever one is asked for in the place of an app's code."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.web.forms import Form, SecretLineField


class RecoveryCodeForm(Form):
    """Which recovery code? However it is spaced; what it must be is decided in the domain."""

    recovery_code = SecretLineField(_("Recovery code"))

    def validate_recovery_code(self, field: Any) -> None:
        """Raise ValidationError when nothing was typed."""
        if not field.data and not field.process_errors:
            raise ValidationError(_("Enter a recovery code"))
