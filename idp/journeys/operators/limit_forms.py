"""The question about a limit: how many tries, how long the wait, and why."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.domain import limits
from idp.journeys.operators.citizen_forms import LONGEST_REASON, ReasonForm
from idp.web.forms import LineField


class WholeField(LineField):
    """A whole number within bounds."""

    def __init__(self, *args: Any, bounds: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bounds = bounds

    @property
    def number(self) -> int:
        """The number that was typed, of a field that was found right."""
        return int(self.text)

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words unless it is such a number."""
        text, (least, most) = self.text, self.bounds
        whole = text.isascii() and text.isdecimal() and len(text) < 6
        if not self.process_errors and not (whole and least <= int(text) <= most):
            raise ValidationError(
                gettext("%(name)s must be a whole number from %(least)s to %(most)s")
                % {"name": self.label.text, "least": least, "most": most}
            )


class LimitForm(ReasonForm):
    """Which limit, and why?"""

    tries = WholeField(_("Wrong tries before the wait"), bounds=limits.TRIES)
    hours = WholeField(_("Hours of waiting"), bounds=limits.HOURS)
    # Again, so that it comes last, also in the list of what is wrong.
    reason = LineField(_("Reason"), longest=LONGEST_REASON)
