"""The one question of every page that asks a browser for a passkey: what did it answer?

A script of ours (`static/passkeys.js`) asks the browser and puts its answer into the form. Where no
script runs the page says so, and offers another way.
"""

import unicodedata
from typing import Any, Final

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, ValidationError

from idp.web.forms import Form

LONGEST_ANSWER: Final = 16_384


class AnswerField(HiddenField):
    """What a browser says of a passkey, as JSON. It is read in `idp.domain.passkeys`."""

    @property
    def text(self) -> str:
        """What was sent, or nothing."""
        return self.data or ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the one answer, if it is text of a sensible length."""
        value = valuelist[0] if len(valuelist) == 1 else ""
        plain = isinstance(value, str) and not any(unicodedata.category(c) == "Cs" for c in value)
        self.data = value if plain and len(value) <= LONGEST_ANSWER else ""

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words if there is no answer."""
        if not self.text:
            raise ValidationError(_("Your browser did not give us a passkey. Try again"))


class PasskeyForm(Form):
    """What did the browser answer? Errors point to the button that asks it."""

    answer = AnswerField(id="use-passkey")
