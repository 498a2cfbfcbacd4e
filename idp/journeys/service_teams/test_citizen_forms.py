"""What is asked about test citizens, and how far one is, in words."""

from typing import Any, Final

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.domain.test_citizens import LONGEST_NAME, name_is_acceptable
from idp.web.forms import ChoiceField, Form, LineField

STATE_WORDS: Final[dict[str, Any]] = {
    "new": _("New: has an address and no account yet"),
    "part_created": _("Part created: has a password and no second factor"),
    "ready": _("Ready: has a password and an authenticator app"),
    "proved": _("Proved: ready, and the identity of Nia Roberts is proved at P2"),
    "suspended": _("Suspended: is told so after signing in"),
}


class NewTestCitizenForm(Form):
    """Who, and how far?"""

    name = LineField(_("Name in the email address"), longest=LONGEST_NAME)
    state = ChoiceField(
        _("How far is this citizen?"),
        choices=list(STATE_WORDS.items()),
        when_empty=_("Select how far this citizen is"),
    )

    def validate_name(self, field: Any) -> None:
        """Raise ValidationError unless an address can begin with it."""
        if field.process_errors or len(field.text) > LONGEST_NAME:
            return
        if not field.text:
            raise ValidationError(_("Enter a name"))
        if not name_is_acceptable(field.text):
            raise ValidationError(_("Use small letters, numbers and hyphens only"))
