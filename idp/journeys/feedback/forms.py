"""The one question, and room for words."""

import unicodedata
from typing import Any, Final

from flask_babel import lazy_gettext as _
from wtforms import TextAreaField, ValidationError

from idp.domain.feedback import LONGEST
from idp.web.forms import ChoiceField, Form, WordsInput

ANSWERS: Final = (
    ("5", _("Very satisfied")),
    ("4", _("Satisfied")),
    ("3", _("Neither satisfied nor dissatisfied")),
    ("2", _("Dissatisfied")),
    ("1", _("Very dissatisfied")),
)
_LINES: Final = "\n\t"


class WordsField(TextAreaField):
    """Some lines of text, without characters that nobody types."""

    widget = WordsInput()
    data: str | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the words; what cannot be read is left out, since nobody is asked to repeat it."""
        text = str(valuelist[0]) if len(valuelist) == 1 else ""
        text = text.replace("\r\n", "\n").strip()
        self.data = "".join(
            c for c in text if c in _LINES or unicodedata.category(c) not in {"Cc", "Cs"}
        )

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words if there are too many."""
        if len(self.data or "") > LONGEST:
            raise ValidationError(_("What you tell us must be 1200 characters or fewer"))


class FeedbackForm(Form):
    """How satisfied? It is about nobody, so that no token of this browser needs to come along."""

    class Meta:
        """What FlaskForm is told of this form."""

        csrf = False

    satisfaction = ChoiceField(
        _("How satisfied are you with it?"),
        choices=ANSWERS,
        when_empty=_("Select how satisfied you are"),
    )
    words = WordsField(_("How could we make it better? (optional)"))
