"""What is asked about a client's keys and secrets."""

from typing import Any, Final

from flask_babel import lazy_gettext as _
from govuk_frontend_wtf.wtforms_widgets import GovTextArea
from wtforms import TextAreaField, ValidationError

from idp.domain.key_sets import KeyTrouble
from idp.domain.pasted_keys import LONGEST, KeyFault
from idp.kernel.fetching import Fault
from idp.web.forms import CheckField, Form, Spoken

FETCH_WORDS: Final[dict[Fault, Any]] = {
    Fault.ADDRESS: _("The address cannot be called."),
    Fault.NOT_HTTPS: _("The address does not begin with https://."),
    Fault.NOT_PUBLIC: _("The name leads to an address that is not on the public internet."),
    Fault.NAME: _("The name of the server is not known on the internet."),
    Fault.CONNECTION: _("The server did not answer."),
    Fault.CERTIFICATE: _("The server’s certificate is not one that we trust for this name."),
    Fault.STATUS: _("The status is not 200. Redirects are not followed."),
    Fault.TOO_LONG: _("The whole answer did not come within 5 seconds."),
    Fault.TOO_LARGE: _("The answer is larger than 64 kilobytes."),
    Fault.NOT_JSON: _("The answer is not a JSON object with a list named keys."),
}
TROUBLE_WORDS: Final[dict[KeyTrouble, Any]] = {
    KeyTrouble.PRIVATE: _(
        "This is a private key, and it is public now. Do not use it any more: make a new pair"
    ),
    KeyTrouble.NO_KID: _("It has no key id (kid)"),
    KeyTrouble.DOUBLE_KID: _("Another key has the same key id (kid)"),
    KeyTrouble.USE: _("Its use is not sig"),
    KeyTrouble.KIND: _("It is neither RSA nor EC"),
    KeyTrouble.CURVE: _("Its curve is not P-256"),
    KeyTrouble.WEAK: _("It is too small: RSA keys must have 2048 bits or more"),
    KeyTrouble.UNREADABLE: _("It cannot be read as a key"),
    KeyTrouble.TOO_MANY: _("It is beyond the first 20 keys, which are all that we read"),
}
PRIVATE_PASTED: Final = _(
    "That is a private key. We did not keep it, but it must not be used any more: make a new pair "
    "and paste its public key"
)
FAULT_WORDS: Final[dict[KeyFault, Any]] = {
    KeyFault.UNREADABLE: _("That is not a public key in PEM or JWK form"),
    KeyFault.SEVERAL: _("Those are several keys. Paste one"),
    KeyFault.KIND: _("The key must be RSA, or EC with the curve P-256"),
    KeyFault.WEAK: _("An RSA key must have 2048 bits or more"),
}


class KeyArea(Spoken, GovTextArea):  # type: ignore[misc] # untyped
    """Room for a pasted key."""


class KeyField(TextAreaField):
    """A pasted key. What was pasted is never shown again: it may be a private one."""

    widget = KeyArea()
    data: str | None

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep what was pasted, if it was pasted once and is no book."""
        self.data = str(valuelist[0])[: LONGEST + 1] if len(valuelist) == 1 else ""

    def _value(self) -> str:
        return ""


class ReplaceKeyForm(Form):
    """Which public key from now on?"""

    public_key = KeyField(_("New public key"))

    def validate_public_key(self, field: Any) -> None:
        """Raise ValidationError when nothing was pasted."""
        if not (field.data or "").strip():
            raise ValidationError(_("Paste the public key"))


class NewSecretForm(Form):
    """Is there somewhere to keep it?"""

    ready = CheckField(_("I have somewhere safe to store the secret, and will store it now"))

    def validate_ready(self, field: Any) -> None:
        """Raise ValidationError unless the box was ticked."""
        if not field.data:
            raise ValidationError(_("Confirm that you will store it"))
