"""The questions about signing keys."""

from typing import Final

from flask_babel import lazy_gettext as _

from idp.web.forms import ChoiceField, Form

RINGS: Final = {
    "tokens:ES256": _("Tokens (ES256)"),
    "tokens:RS256": _("Tokens (RS256)"),
    "identity:ES256": _("Identity credentials (ES256)"),
    "audit:ES256": _("Checkpoints of the audit record (ES256)"),
}


class NewKeyForm(Form):
    """What shall the new key sign?"""

    ring = ChoiceField(
        _("What will the new key sign?"),
        choices=list(RINGS.items()),
        when_empty=_("Select what the new key will sign"),
    )
