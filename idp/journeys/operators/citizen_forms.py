"""The questions about a citizen's account: whose, and why."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.web.forms import Form, LineField

LONGEST_REASON = 500


class ReasonForm(Form):
    """Why?"""

    reason = LineField(_("Reason"), longest=LONGEST_REASON)

    def validate_reason(self, field: Any) -> None:
        """Raise ValidationError when no reason was given."""
        if not field.text and not field.process_errors:
            raise ValidationError(_("Enter the reason"))


class LookUpForm(ReasonForm):
    """Whose account, and why?"""

    who = LineField(_("Email address, or the subject that a service knows"), longest=256)
    # Again, so that it comes last, also in the list of what is wrong.
    reason = LineField(_("Reason"), longest=LONGEST_REASON)

    def validate_who(self, field: Any) -> None:
        """Raise ValidationError when nothing was typed."""
        if not field.text and not field.process_errors:
            raise ValidationError(_("Enter an email address or a subject"))
