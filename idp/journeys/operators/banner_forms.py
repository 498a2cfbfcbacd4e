"""The questions about the notice to everybody: what it says in both languages, and when."""

import re
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.domain.banners import LONGEST, LONGEST_SHOWN
from idp.web.forms import Form, LineField, say
from idp.web.i18n import TIME_ZONE

_MOMENT: Final = re.compile(
    r"([0-9]{1,2})[ ./-]+([0-9]{1,2})[ ./-]+([0-9]{4})[ ,]+([0-9]{1,2})[:.]([0-9]{2})", re.ASCII
)


class MomentField(LineField):
    """A day and a time of day in the United Kingdom, typed in one line."""

    @property
    def at(self) -> int | None:
        """The moment in seconds since the epoch, or None."""
        found = _MOMENT.fullmatch(self.text)
        if found is None:
            return None
        day, month, year, hour, minute = (int(part) for part in found.groups())
        try:
            moment = datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(TIME_ZONE))
        except ValueError:
            return None
        return int(moment.timestamp())

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words unless it is a moment."""
        super().pre_validate(form)
        if not self.process_errors and self.at is None:
            raise ValidationError(
                gettext("%(name)s must be a day and a time, like 27 3 2027 9:30")
                % {"name": self.label.text}
            )


class BannerForm(Form):
    """What does the notice say, and when is it shown?"""

    english = LineField(_("The notice in English"), longest=LONGEST)
    welsh = LineField(_("The notice in Welsh"), longest=LONGEST)
    begins = MomentField(_("Shown from"))
    ends = MomentField(_("Shown until"))

    def validate_english(self, field: Any) -> None:
        """Raise ValidationError when nothing was typed."""
        if not field.text and not field.process_errors:
            raise ValidationError(_("Enter the notice in English"))

    def validate_welsh(self, field: Any) -> None:
        """Raise ValidationError when nothing was typed."""
        if not field.text and not field.process_errors:
            raise ValidationError(_("Enter the notice in Welsh"))

    def holds(self, now: int) -> bool:
        """Return whether the form was posted and is right, its times against each other too."""
        if not self.accepted():
            return False
        begins, ends = self.begins.at or 0, self.ends.at or 0
        if ends <= max(begins, now):
            say(self.ends, _("Shown until must be later than its beginning, and in the future"))
        elif ends - begins > LONGEST_SHOWN:
            say(self.ends, _("A notice can be shown for 31 days at most"))
        return not self.errors
