"""The stand-in's form: whom to be, what the evidence is worth, how it shall end."""

import re
from datetime import date
from typing import Any, Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.domain.provings import Result
from idp.domain.sample_people import SAMPLE_PEOPLE, name
from idp.journeys.prove_identity.steps import LONGEST_DELAY, Scores, level_reached, matched
from idp.protocol.identity_proving import Outcome
from idp.protocol.person import Address, DrivingPermit, Passport, Person
from idp.protocol.vectors_of_trust import CONFIDENCE_LEVELS
from idp.web.forms import ChoiceField, Form, LineField, say

TYPED: Final = "typed"
BY_SCORES: Final = "scores"
LEVELS: Final = CONFIDENCE_LEVELS[1:]
_EARLIEST: Final = date(1900, 1, 1)
_DATE: Final = re.compile(r"([0-9]{1,2})[ ./-]+([0-9]{1,2})[ ./-]+([0-9]{4})", re.ASCII)

PEOPLE: Final = (
    *((key, who.names[0].text) for key, who in SAMPLE_PEOPLE.items()),
    (TYPED, _("Somebody else, whose details I type")),
)
ENDINGS: Final = (
    ("P1", _("Matched, with low confidence (P1)")),
    ("P2", _("Matched, with medium confidence (P2)")),
    ("P3", _("Matched, with high confidence (P3)")),
    (BY_SCORES, _("As the scores of the evidence say")),
    (Outcome.NOT_MATCHED.value, _("Not matched")),
    (Outcome.FRAUD.value, _("A sign of fraud")),
    (Outcome.PENDING.value, _("To be finished in person")),
    (Outcome.CANCELLED.value, _("Cancelled by the person")),
    (Outcome.TIMED_OUT.value, _("Timed out")),
    (Outcome.TECHNICAL_ERROR.value, _("Technical error")),
    (Outcome.OTHER_BROWSER.value, _("Finished in another browser")),
)


class DateField(LineField):
    """A date typed in one line: day, month, year."""

    @property
    def iso(self) -> str | None:
        """The date as `YYYY-MM-DD`, or None."""
        found = _DATE.fullmatch(self.text)
        if found is None:
            return None
        day, month, year = (int(part) for part in found.groups())
        try:
            typed = date(year, month, day)
        except ValueError:
            return None
        return typed.isoformat() if typed >= _EARLIEST else None

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words unless it is empty or a date."""
        super().pre_validate(form)
        if self.text and self.iso is None:
            raise ValidationError(
                gettext("%(name)s must be a real date, like 27 3 1985") % {"name": self.label.text}
            )


class NumberField(LineField):
    """A whole number from nothing to `most`."""

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = most

    @property
    def number(self) -> int:
        """The number; nothing typed is 0."""
        return int(self.text or 0)

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words unless it is such a number."""
        text = self.text
        if text and not (text.isascii() and text.isdecimal() and int(text[:9]) <= self.most):
            raise ValidationError(
                gettext("%(name)s must be a number from 0 to %(most)s")
                % {"name": self.label.text, "most": self.most}
            )


class StandInForm(Form):
    """Who shall be proved, how well, and how shall it end?"""

    person = ChoiceField(
        _("Who do you want to be?"), choices=PEOPLE, when_empty=_("Select who you want to be")
    )
    given_names = LineField(_("Given names"))
    family_name = LineField(_("Family name"))
    birth_date = DateField(_("Date of birth"))
    building = LineField(_("Building number or name"))
    street = LineField(_("Street"))
    town = LineField(_("Town or city"))
    postcode = LineField(_("Postcode"), longest=16)
    former_building = LineField(_("Building number or name of the address before"))
    former_street = LineField(_("Street of the address before"))
    former_town = LineField(_("Town or city of the address before"))
    former_postcode = LineField(_("Postcode of the address before"), longest=16)
    passport_number = LineField(_("Passport number"), longest=20)
    passport_expiry = DateField(_("Passport runs out on"))
    licence_number = LineField(_("Driving licence number"), longest=20)
    licence_expiry = DateField(_("Driving licence runs out on"))
    ending = ChoiceField(
        _("How shall the check end?"),
        choices=ENDINGS,
        when_empty=_("Select how the check shall end"),
    )
    strength = NumberField(_("Strength of the evidence"), most=5, default="4")
    validity = NumberField(_("Validity of the evidence"), most=5, default="2")
    verification = NumberField(_("Verification of the person"), most=5, default="2")
    activity = NumberField(_("Activity history"), most=5, default="1")
    delay = NumberField(_("Seconds until the result is there"), most=LONGEST_DELAY, default="0")

    def accepted(self) -> bool:
        """Return whether the form was posted, is right, and names somebody where it must."""
        if not super().accepted():
            return False
        if self.person.data == TYPED and self._matches:
            self._say_what_is_missing()
        return not self.errors

    @property
    def result(self) -> Result:
        """What the check shall answer, from a form that was accepted."""
        ending = str(self.ending.data)
        if not self._matches:
            return Result(Outcome(ending))
        return matched(self._person(), self._level() if ending == BY_SCORES else ending)

    @property
    def _matches(self) -> bool:
        return self.ending.data == BY_SCORES or self.ending.data in LEVELS

    def _level(self) -> str | None:
        return level_reached(
            Scores(
                strength=self.strength.number,
                validity=self.validity.number,
                verification=self.verification.number,
                activity=self.activity.number,
            )
        )

    def _say_what_is_missing(self) -> None:
        wanted = [
            (self.given_names, _("Enter given names")),
            (self.family_name, _("Enter a family name")),
            (self.birth_date, _("Enter a date of birth")),
        ]
        pairs = (
            (
                (self.passport_number, _("Enter the passport number")),
                (self.passport_expiry, _("Enter when the passport runs out")),
            ),
            (
                (self.licence_number, _("Enter the driving licence number")),
                (self.licence_expiry, _("Enter when the driving licence runs out")),
            ),
        )
        for pair in pairs:
            if any(field.text for field, _problem in pair):
                wanted += pair
        for field, problem in wanted:
            if not field.text:
                say(field, problem)

    def _person(self) -> Person:
        if self.person.data != TYPED:
            return SAMPLE_PEOPLE[str(self.person.data)]
        return Person(
            names=(name(self.given_names.text, self.family_name.text),),
            birth_dates=(str(self.birth_date.iso),),
            addresses=self._addresses(),
            passports=(
                (Passport(self.passport_number.text, "GBR", str(self.passport_expiry.iso)),)
                if self.passport_number.text
                else ()
            ),
            driving_permits=(
                (DrivingPermit(self.licence_number.text, str(self.licence_expiry.iso), "DVLA"),)
                if self.licence_number.text
                else ()
            ),
        )

    def _addresses(self) -> tuple[Address, ...]:
        typed = (
            (self.building, self.street, self.town, self.postcode),
            (self.former_building, self.former_street, self.former_town, self.former_postcode),
        )
        return tuple(
            _address(*(field.text for field in fields), until=until)
            for fields, until in zip(typed, (None, FORMER_UNTIL), strict=True)
            if any(field.text for field in fields)
        )


FORMER_UNTIL: Final = "2020-01-01"
"""When people with typed details moved: nobody is asked, and services are told years only."""


def _address(building: str, street: str, town: str, postcode: str, *, until: str | None) -> Address:
    numbered = building[:1].isdigit()
    return Address(
        building_number=building if numbered and building else None,
        building_name=building if not numbered and building else None,
        street_name=street or None,
        address_locality=town or None,
        postal_code=postcode or None,
        address_country="GB",
        valid_from=None if until else FORMER_UNTIL,
        valid_until=until,
    )
