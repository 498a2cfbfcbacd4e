"""What every form shares: protection against foreign posts, and fields that speak GOV.UK.

The browser is told nothing about what is required: the server checks, says it in words, and
shows the page again. What was typed is kept, except passwords and codes.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError, CSRFProtect
from govuk_frontend_wtf.wtforms_widgets import (
    GovCharacterCount,
    GovCheckboxesInput,
    GovCheckboxInput,
    GovPasswordInput,
    GovRadioInput,
    GovTextInput,
)
from wtforms import (
    BooleanField,
    RadioField,
    SelectMultipleField,
    StringField,
    ValidationError,
)
from wtforms import PasswordField as WTPasswordField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.widgets import CheckboxInput

from idp.web import current

LONGEST_EMAIL: Final = 256
LONGEST_FIELD: Final = 4096
CODE_DIGITS: Final = 6
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
DOORS: Final = frozenset({"authorize.start_by_post", "sign_out.logout_by_post"})
NOBODYS: Final = frozenset({"feedback.ask"})
"""Forms that act for nobody: they need no cookie, and must come from our pages all the same."""

_EMAIL: Final = re.compile(
    r"[^\s@<>()\[\]\\,;:\"]{1,64}@(?!-)[^\s@.<>()\[\]\\,;:\"/_]+(?:\.[^\s@.<>()\[\]\\,;:\"/_]+)+"
)
OF_TEST_CITIZENS: Final = _(
    "That address is for the test citizens of a service team. Enter another email address"
)
_SEPARATORS: Final = re.compile(r"[\s\-‐-―]+")


class Protection(CSRFProtect):
    """The token of this browser on every post, and no other site's name in its Origin."""

    def protect(self, apply_exemptions: bool = False) -> None:
        """Raise CSRFError unless the post came from one of our own pages."""
        if request.method in READING or not request.endpoint or _is_open_to_others():
            return
        if request.endpoint not in NOBODYS:
            super().protect(apply_exemptions)
        origin = request.headers.get("Origin")
        if origin is not None and not _is_ours(origin):
            raise CSRFError("The Origin is not ours.")


def init_forms(app: Flask) -> None:
    """Refuse foreign posts everywhere in `app`, for as long as the browser keeps its cookie."""
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    app.config["WTF_CSRF_SSL_STRICT"] = False  # the Origin says it better than a Referer
    Protection(app)


def _is_open_to_others() -> bool:
    """Return whether this endpoint takes posts that are not from our pages, by its nature.

    Machines prove who they are and bring no cookie; the two doors for browsers change nothing
    and only lead on to a GET.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    machine = getattr(view, "__module__", "").startswith("idp.endpoints.")
    return machine or request.endpoint in DOORS


def _is_ours(origin: str) -> bool:
    issuer = urlsplit(current.services().settings.issuer)
    parts = urlsplit(origin)
    if (parts.scheme, parts.netloc) == (issuer.scheme, issuer.netloc):
        return True
    return parts.scheme == request.scheme and parts.netloc == request.host


class Form(FlaskForm):
    """A form of one question. Without a field it is a button, and only the token is checked."""

    def accepted(self) -> bool:
        """Return whether the form was posted and everything in it is right.

        A field sent twice is no mistake a person can make, and is refused like any other.
        """
        return bool(self.validate_on_submit())


class Spoken:
    """A GOV.UK widget whose hidden words are in the page's language."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the parameters of the GOV.UK macro."""
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)  # type: ignore[misc]
        if field.errors:
            params["errorMessage"] = {
                "text": field.errors[0],
                "visuallyHiddenText": gettext("Error"),
            }
        return params


class TextInput(Spoken, GovTextInput):
    """One line of text."""


class RadioInput(Spoken, GovRadioInput):
    """A choice of one."""


class CheckInput(Spoken, GovCheckboxInput):
    """A box to tick."""


class ChecksInput(Spoken, GovCheckboxesInput):
    """Boxes to tick, of one question."""


class WordsInput(Spoken, GovCharacterCount):
    """Some lines of text, with a count of characters where there is JavaScript."""


class PasswordInput(Spoken, GovPasswordInput):
    """A password with a Show button where there is JavaScript."""

    def map_gov_params(self, field: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the parameters of the GOV.UK macro, the button's words among them."""
        params = super().map_gov_params(field, **kwargs)
        return params | {
            "showPasswordText": gettext("Show"),
            "hidePasswordText": gettext("Hide"),
            "showPasswordAriaLabelText": gettext("Show password"),
            "hidePasswordAriaLabelText": gettext("Hide password"),
            "passwordShownAnnouncementText": gettext("Your password is visible"),
            "passwordHiddenAnnouncementText": gettext("Your password is hidden"),
        }


class _PlainText:
    """A text field that takes one value without control characters, of bounded length."""

    data: str | None

    @property
    def text(self) -> str:
        """What was sent, or nothing."""
        return self.data or ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the value, or refuse it: sent twice, too long, or holding what nobody types."""
        self.data = ""
        if not valuelist:
            return
        value = valuelist[0]
        if len(valuelist) > 1 or not isinstance(value, str) or len(value) > LONGEST_FIELD:
            raise ValueError(gettext("That is not something we can read. Type it again"))
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value.strip()):
            raise ValueError(gettext("That is not something we can read. Type it again"))
        self.data = value


class EmailField(_PlainText, StringField):
    """An email address, as typed but for white space around it; one's own unless it says so."""

    widget = TextInput()

    def __init__(self, *args: Any, when_empty: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.when_empty = when_empty or _("Enter your email address")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the address without white space and direction marks around it."""
        super().process_formdata(valuelist)
        self.data = _without_marks(self.data or "").strip()

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words unless this looks like an address."""
        address = self.data or ""
        if self.process_errors:
            return
        if not address:
            raise ValidationError(self.when_empty)
        if len(address) > LONGEST_EMAIL:
            raise ValidationError(_("Email address must be 256 characters or fewer"))
        if not _EMAIL.fullmatch(address) or ".." in address:
            raise ValidationError(_("Enter an email address like name@example.com"))


class CodeField(_PlainText, StringField):
    """Six digits, however they were grouped. What was typed is never shown again."""

    widget = TextInput()

    def __init__(self, *args: Any, when_empty: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.when_empty = when_empty

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the digits without the spaces and hyphens between them."""
        super().process_formdata(valuelist)
        self.data = _SEPARATORS.sub("", _without_marks(self.data or ""))

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words unless these are six digits."""
        code = self.data or ""
        if self.process_errors:
            return
        if not code:
            raise ValidationError(self.when_empty)
        if len(code) != CODE_DIGITS or not (code.isascii() and code.isdigit()):
            raise ValidationError(_("Enter 6 digits only"))

    def _value(self) -> str:
        return ""


class LineField(_PlainText, StringField):
    """One line of text, white space collapsed, of `longest` characters at most."""

    widget = TextInput()

    def __init__(self, *args: Any, longest: int = 100, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.longest = longest

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the text without invisible marks and with single spaces."""
        super().process_formdata(valuelist)
        self.data = " ".join(_without_marks(self.data or "").split())

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words if it is too long."""
        if not self.process_errors and len(self.text) > self.longest:
            raise ValidationError(
                gettext("%(name)s must be %(count)s characters or fewer")
                % {"name": self.label.text, "count": self.longest}
            )


class SecretLineField(LineField):
    """A line that is a secret: what was typed is never shown again."""

    def _value(self) -> str:
        return ""


class ChoiceField(RadioField):
    """One of a few things, chosen by a radio button."""

    widget = RadioInput()

    def __init__(
        self, *args: Any, choices: Iterable[tuple[str, Any]], when_empty: Any, **kwargs: Any
    ) -> None:
        offered = [SelectChoice(value=value, label=words) for value, words in choices]
        super().__init__(*args, choices=offered, **kwargs)  # type: ignore[misc]
        self.when_empty = when_empty
        self._all = offered
        self._values = {choice.value for choice in offered}

    def offer(self, values: Iterable[str]) -> None:
        """Offer only these of the choices."""
        self._values &= set(values)
        self.choices = [choice for choice in self._all if choice.value in self._values]

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Keep the choice; two at once are none."""
        self.data = valuelist[0] if len(valuelist) == 1 else None

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError in words unless one of the choices was made."""
        if self.data not in self._values:
            self.data = None
            raise ValidationError(self.when_empty)


class ChecksField(SelectMultipleField):
    """Any number of a few things, each with a box to tick."""

    widget = ChecksInput()
    option_widget = CheckboxInput()

    def __init__(self, *args: Any, choices: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        offered = [SelectChoice(value=value, label=words) for value, words in choices]
        super().__init__(*args, choices=offered, **kwargs)  # type: ignore[misc]
        self._values = {choice.value for choice in offered}

    def pre_validate(self, form: Any) -> None:
        """Raise ValidationError when something was ticked that is not there."""
        if not set(self.data or ()) <= self._values:
            self.data = []
            raise ValidationError(_("That is not something we can read. Type it again"))


class CheckField(BooleanField):
    """Something to say yes to."""

    widget = CheckInput()


class PasswordField(_PlainText, WTPasswordField):
    """A password, exactly as typed. What was typed is never shown again."""

    widget = PasswordInput()


def _without_marks(text: str) -> str:
    """Return `text` without invisible characters that come along when pasting."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf")


def say(field: Any, message: Any) -> None:
    """Put `message` on `field` as its error, as if the field had found it."""
    errors: Iterable[Any] = field.errors
    field.errors = [*errors, message]
