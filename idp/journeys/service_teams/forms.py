"""The questions asked of service teams; those about a client's fields are in `client_forms`."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.protocol import registration_rules as rules
from idp.web.forms import Form, LineField

LONGEST_NAME = 255


class NameField(LineField):
    """A name that can be shown to people; typing it is not optional where the form says so."""

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError unless it is short enough and every character can be shown."""
        super().pre_validate(form)
        if not self.process_errors and not rules.line_is_acceptable(self.text):
            raise ValidationError(_("That is not something we can read. Type it again"))


class ServiceNameField(NameField):
    """A name that citizens trust: it must not look like another's in letters of another script."""

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError unless all its letters are Latin."""
        super().pre_validate(form)
        if not self.process_errors and not rules.is_in_latin_letters(self.text):
            raise ValidationError(_("Use the letters of English and Welsh alone"))


class SeenForm(Form):
    """What do citizens see of the service?"""

    name = ServiceNameField(_("Service name"), longest=LONGEST_NAME)
    name_cy = ServiceNameField(_("Service name in Welsh (optional)"), longest=LONGEST_NAME)
    landing_page = LineField(_("Address where the service begins (optional)"), longest=2048)

    def validate_name(self, field: Any) -> None:
        """Raise ValidationError unless a name was typed."""
        if not field.data and not field.process_errors:
            raise ValidationError(_("Enter the service name"))

    def validate_landing_page(self, field: Any) -> None:
        """Raise ValidationError unless it is an address that a client may name."""
        if field.data and not rules.address_is_acceptable(field.data, production=False):
            raise ValidationError(_("Enter the whole address, like https://example.gov.uk"))


class NewServiceForm(Form):
    """Which service, and whose?"""

    department = NameField(_("Department"), longest=LONGEST_NAME)
    name = ServiceNameField(_("Service name"), longest=LONGEST_NAME)
    name_cy = ServiceNameField(_("Service name in Welsh (optional)"), longest=LONGEST_NAME)

    def validate_department(self, field: Any) -> None:
        """Raise ValidationError unless a department was named."""
        if not field.data and not field.process_errors:
            raise ValidationError(_("Enter the name of your department"))

    def validate_name(self, field: Any) -> None:
        """Raise ValidationError unless a name was typed."""
        if not field.data and not field.process_errors:
            raise ValidationError(_("Enter the service name"))
