"""What is asked before a service goes live. Whatever is typed is kept as a draft."""

from typing import Any, Final

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from idp.domain.go_lives import ANSWERS as NAMES
from idp.domain.go_lives import LISTS
from idp.journeys.service_teams.client_forms import WRONG
from idp.protocol import registration_rules as rules
from idp.protocol.registration_members import MOST_ENTRIES
from idp.web.forms import CheckField, ChoiceField, Form, LineField
from idp.web.go_live_words import ANSWERS, WELSH
from idp.web.lines_field import LinesField

LONGEST_LIST: Final = 20_000


def _check_all(field: LinesField, *, redirect: bool = False) -> None:
    if len(field.entries) > MOST_ENTRIES:
        raise ValidationError(_("Enter 100 addresses or fewer, one on each line"))
    fault_of = rules.redirect_fault if redirect else rules.address_fault
    for each in field.entries:
        fault = fault_of(each, production=True)
        if fault is not None:
            raise ValidationError(
                _("Change %(address)s. %(why)s", address=each[:200], why=WRONG[fault])
            )


def _check_one(field: LineField) -> None:
    fault = rules.address_fault(field.text, production=True) if field.text else None
    if fault is not None:
        raise ValidationError(WRONG[fault])


class GoLiveForm(Form):
    """Everything that an operator needs to know."""

    has_pasted_key = False
    """Whether the client has a key that it may go live with."""

    redirect_uris = LinesField(ANSWERS["redirect_uris"], longest=LONGEST_LIST)
    post_logout_redirect_uris = LinesField(
        ANSWERS["post_logout_redirect_uris"], longest=LONGEST_LIST
    )
    back_channel_logout_uri = LineField(ANSWERS["back_channel_logout_uri"], longest=2048)
    landing_page_url = LineField(ANSWERS["landing_page_url"], longest=2048)
    sector_identifier_uri = LineField(ANSWERS["sector_identifier_uri"], longest=2048)
    jwks_uri = LineField(ANSWERS["jwks_uri"], longest=2048)
    privacy_notice = LineField(ANSWERS["privacy_notice"], longest=2048)
    support_contact = LineField(ANSWERS["support_contact"], longest=500)
    security_contact = LineField(ANSWERS["security_contact"], longest=500)
    expected_volumes = LineField(ANSWERS["expected_volumes"], longest=500)
    welsh = ChoiceField(
        ANSWERS["welsh"],
        choices=list(WELSH.items()),
        when_empty=_("Select whether your service is in Welsh as well"),
    )
    evidence = LinesField(ANSWERS["evidence"], longest=4000)
    declaration = CheckField(_("What we have told you here is right"))

    @property
    def answers(self) -> dict[str, Any]:
        """What was typed, by the names of the answers."""
        return {
            name: self[name].entries if name in LISTS else self[name].data or ""
            for name in NAMES
            if name in self
        }

    def validate_redirect_uris(self, field: LinesField) -> None:
        """Raise ValidationError unless codes may be sent to every one, and there is one."""
        if not field.entries:
            raise ValidationError(_("Enter at least one redirect address"))
        _check_all(field, redirect=True)

    def validate_post_logout_redirect_uris(self, field: LinesField) -> None:
        """Raise ValidationError unless a live client may name every one."""
        _check_all(field)

    def validate_back_channel_logout_uri(self, field: LineField) -> None:
        """Raise ValidationError unless a live client may name it."""
        _check_one(field)

    def validate_landing_page_url(self, field: LineField) -> None:
        """Raise ValidationError unless a live client may name it."""
        _check_one(field)

    def validate_sector_identifier_uri(self, field: LineField) -> None:
        """Raise ValidationError unless there is one that a live client may name."""
        if not field.text:
            raise ValidationError(_("Enter the sector identifier"))
        _check_one(field)

    def validate_jwks_uri(self, field: LineField) -> None:
        """Raise ValidationError unless there is one that a live client may name, or a key."""
        if not field.text and not self.has_pasted_key:
            raise ValidationError(_("Enter the address of your JWKS"))
        _check_one(field)

    def validate_privacy_notice(self, field: LineField) -> None:
        """Raise ValidationError unless it is an address that people can open."""
        if not field.text:
            raise ValidationError(_("Enter the address of your privacy notice"))
        _check_one(field)

    def validate_support_contact(self, field: LineField) -> None:
        """Raise ValidationError when it is empty."""
        if not field.text:
            raise ValidationError(_("Enter where citizens get support"))

    def validate_security_contact(self, field: LineField) -> None:
        """Raise ValidationError when it is empty."""
        if not field.text:
            raise ValidationError(_("Enter who hears of security problems"))

    def validate_expected_volumes(self, field: LineField) -> None:
        """Raise ValidationError when it is empty."""
        if not field.text:
            raise ValidationError(_("Enter how many sign-ins you expect"))

    def validate_evidence(self, field: LinesField) -> None:
        """Raise ValidationError when it is empty."""
        if not field.text:
            raise ValidationError(_("Enter what you have tested"))

    def validate_declaration(self, field: CheckField) -> None:
        """Raise ValidationError unless the box is ticked."""
        if not field.data:
            raise ValidationError(_("Confirm that what you have told us is right"))
