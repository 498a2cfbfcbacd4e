"""The questions about one field of a client: a form for each way to ask."""

from typing import Any, Final

from flask_babel import lazy_gettext as _
from wtforms import TextAreaField

from idp.domain.pasted_keys import LONGEST
from idp.protocol.registration_rules import LONGEST_ADDRESS
from idp.web.client_fields import Field, Kind
from idp.web.forms import ChecksField, ChoiceField, Form, LineField
from idp.web.lines_field import AreaInput

YES_OR_NO: Final = (("yes", _("Yes")), ("no", _("No")))

WRONG: Final = {
    "no name": _("Enter a name for the client"),
    "name": _("Use up to 254 English letters, digits and signs, and no colon at the beginning"),
    "no email": _("Enter an email address, like team@example.gov.uk"),
    "email": _("That is no email address. Enter one like team@example.gov.uk"),
    "unreadable": _("Enter a whole address, like https://example.gov.uk/callback"),
    "fragment": _("Take away the # and what follows: no address here may have it"),
    "not_https": _(
        "The address must begin with https://. Only an integration client may use http://, and "
        "only for localhost"
    ),
    "this_machine": _("A production client may not use localhost or its own machine"),
    "not_public": _(
        "A production client may not use an IP address that is private or oddly written"
    ),
    "odd_path": _("Take *, dots between slashes and encoded slashes out of the path"),
    "our_answers": _("Take code, state, response, iss and error out of the address: we add those"),
    "twice": _("That one is in the list already"),
    "many": _("There may be 100 in the list at most"),
    "one": _("You must have at least one"),
    "unreadable key": _("That is no public key in PEM or JWK form. Paste the whole of it"),
    "several key": _("Those are several keys. Paste one"),
    "kind key": _("The key must be RSA, or EC of the curve P-256"),
    "weak key": _("An RSA key must have 2048 bits or more"),
    "private key": _(
        "That is a private key. We did not keep it, but it is no secret any more: make a new pair "
        "of keys, and paste the public one"
    ),
}
"""What is said of an answer that breaks a rule."""

OTHERS: Final = {
    "change": _("A change by somebody else waits. It must be decided or withdrawn first"),
}
"""What is said when others were before."""

CLASHES: Final = {
    "identity_needs_key": _("Choose a key to use identity proving: a secret is not enough"),
    "signed_requests_need_key": _("Signed requests need a key: choose a key, or do not ask them"),
    "profile_needs_key": _(
        "With a secret, choose plain OpenID Connect as the profile; as GOV.UK One Login does it "
        "needs a key"
    ),
    "nothing_to_prove": _("Choose at least one identity claim and one level of confidence"),
    "identity_is_off": _("Turn on identity proving, or remove the claims and levels of it"),
    "no_sector": _("Your redirect addresses have several hosts: set a sector identifier"),
}
"""What is said of fields that cannot stand together."""


class LineForm(Form):
    """One line."""

    value = LineField("", longest=LONGEST_ADDRESS)


class PastedField(TextAreaField):
    """Lines that were pasted; they are never shown again, whatever they were."""

    widget = AreaInput()
    data: str | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was pasted, once."""
        pasted = str(valuelist[0]) if len(valuelist) == 1 else ""
        self.data = pasted if len(pasted) <= LONGEST else ""

    def _value(self) -> str:
        return ""


class KeyForm(Form):
    """A public key."""

    value = PastedField("")


def ask(field: Field, now: Any) -> Any:
    """Return the form for a field, filled with what it is `now`."""
    if field.kind in (Kind.ONE_OF, Kind.AUTHENTICATION):
        return _with(
            ChoiceField(
                field.question, choices=field.choices, when_empty=_("Select one of the answers")
            ),
            now,
        )
    if field.kind is Kind.YES_OR_NO:
        return _with(
            ChoiceField(field.question, choices=YES_OR_NO, when_empty=_("Select yes or no")),
            "yes" if now else "no",
        )
    if field.kind is Kind.SOME_OF:
        ticked = [each for each in now or () if each in dict(field.choices)]
        return _with(ChecksField(field.question, choices=list(field.choices)), ticked)
    form: Any = KeyForm() if field.kind is Kind.KEY else LineForm(data={"value": _line(field, now)})
    form.value.label.text = field.name
    return form


def _line(field: Field, now: Any) -> str:
    return "" if field.kind is Kind.LIST else str(now or "")


def _with(value: Any, now: Any) -> Any:
    return type("OneQuestion", (Form,), {"value": value})(data={"value": now})
