"""A field of several lines: reasons, and lists with an entry on each line."""

import unicodedata
from typing import Any, Final

from flask_babel import gettext
from govuk_frontend_wtf.wtforms_widgets import GovTextArea
from wtforms import TextAreaField, ValidationError

from idp.web.forms import Spoken

_LINES: Final = "\n\t"


class AreaInput(Spoken, GovTextArea):  # type: ignore[misc] # of no type in its stubs
    """Some lines of text."""


class LinesField(TextAreaField):
    """Some lines of text, without characters that nobody types, of `longest` characters at most.

    `named` stands for it in a sentence, where its label is a question.
    """

    widget = AreaInput()
    data: str | None

    def __init__(self, *args: Any, longest: int = 1000, named: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.longest = longest
        self.named = named or self.label.text

    @property
    def text(self) -> str:
        """What was sent, or nothing."""
        return self.data or ""

    @property
    def entries(self) -> list[str]:
        """What stands on each line that is not empty."""
        return [line.strip() for line in self.text.splitlines() if line.strip()]

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the words; what nobody types is left out."""
        text = str(valuelist[0]) if len(valuelist) == 1 else ""
        text = text.replace("\r\n", "\n").strip()
        self.data = "".join(
            c for c in text if c in _LINES or unicodedata.category(c) not in {"Cc", "Cs", "Cf"}
        )

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words if there are too many."""
        if len(self.text) > self.longest:
            raise ValidationError(
                gettext("%(name)s must be %(count)s characters or fewer")
                % {"name": self.named, "count": self.longest}
            )
