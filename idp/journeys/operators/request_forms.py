"""The questions about a request, and about suspending a client."""

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.web.forms import Form, LineField
from idp.web.lines_field import LinesField


class RefuseForm(Form):
    """Why is the request refused?"""

    reason = LinesField(_("Why do you refuse it?"), named=_("Reason"))

    def validate_reason(self, field: LinesField) -> None:
        """Raise ValidationError when nothing was written."""
        if not field.text:
            raise ValidationError(_("Enter why you refuse it"))


class ChangesForm(Form):
    """What shall be changed before the request is decided?"""

    changes = LinesField(_("What should they change?"), named=_("What they should change"))

    def validate_changes(self, field: LinesField) -> None:
        """Raise ValidationError when nothing was written."""
        if not field.text:
            raise ValidationError(_("Enter what they should change"))


class RestoreForm(Form):
    """Why may a client be used again?"""

    reason = LinesField(_("Why should it be restored?"))

    def validate_reason(self, field: LinesField) -> None:
        """Raise ValidationError when nothing was written."""
        if not field.text:
            raise ValidationError(_("Enter why the client should be restored"))


class SuspendForm(Form):
    """Why shall a client be suspended?"""

    reason = LinesField(_("Why should it be suspended?"), named=_("Reason"))
    ticket = LineField(_("Ticket"), longest=100)

    def validate_reason(self, field: LinesField) -> None:
        """Raise ValidationError when nothing was written."""
        if not field.text:
            raise ValidationError(_("Enter why the client should be suspended"))

    def validate_ticket(self, field: LineField) -> None:
        """Raise ValidationError when nothing was written."""
        if not field.text:
            raise ValidationError(_("Enter the number or name of the ticket"))
