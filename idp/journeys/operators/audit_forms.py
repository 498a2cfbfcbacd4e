"""What an operator asks the audit record for. It is asked by address: nothing changes by it."""

from datetime import UTC, date, datetime
from typing import Any, Final

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.domain.audit_search import Wanted
from idp.domain.fact_catalogue import FACTS
from idp.web.forms import Form, LineField

_LONGEST: Final = 64
_DAY: Final = 86_400


class DayField(LineField):
    """A day, as in the files of the record: 2026-11-28. `at` is its first second (UTC)."""

    at: int | None = None

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words unless this is a day, or nothing."""
        super().pre_validate(form)
        if self.process_errors or not self.text:
            return
        try:
            day = date.fromisoformat(self.text)
        except ValueError as error:
            raise ValidationError(_("Enter a day like 2026-11-28")) from error
        self.at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


class SearchForm(Form):
    """What is asked for: each field narrows it down. The fact is chosen from those there are."""

    account_id = LineField(_("Account number"), longest=_LONGEST)
    client_id = LineField(_("Client ID"), longest=_LONGEST)
    request_id = LineField(_("Request reference"), longest=_LONGEST)
    since = DayField(_("From this day"))
    until = DayField(_("To this day"))

    def __init__(self) -> None:
        super().__init__(formdata=request.args, meta={"csrf": False})
        asked = request.args.get("fact", "")
        self.fact = asked if asked in FACTS else ""

    def wanted(self) -> Wanted:
        """Return what is asked for; call it when `validate` found nothing wrong."""
        return Wanted(
            fact=self.fact or None,
            account_id=self.account_id.text or None,
            client_id=self.client_id.text or None,
            request_id=self.request_id.text.upper() or None,
            since=self.since.at,
            until=None if self.until.at is None else self.until.at + _DAY - 1,
            before=_place(request.args.get("before", "")),
        )

    def asked(self) -> dict[str, str]:
        """Return the address's parameters for this search."""
        fields = {name: field.text for name, field in self._fields.items() if field.text}
        return fields | ({"fact": self.fact} if self.fact else {})


def _place(text: str) -> tuple[int, int] | None:
    parts = text.split("-")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() and len(p) < 16 for p in parts):
        return None
    return int(parts[0]), int(parts[1])
