"""The questions asked of who cannot give a second factor."""

from typing import Final

from flask_babel import lazy_gettext as _

from idp.web.forms import ChoiceField, CodeField, Form, LineField

TRY: Final = "try"
AGAIN: Final = "again"
HELP: Final = "help"
LONGEST_STOP_CODE: Final = 20


class EmailCodeForm(Form):
    """Which code did the mail hold?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code"))


class StopForm(Form):
    """Which code to stop it did the mail hold?"""

    code = LineField(_("Code from the email"), longest=LONGEST_STOP_CODE)


class NextForm(Form):
    """What now, where there is no way on?"""

    choice = ChoiceField(
        _("What do you want to do?"),
        choices=(
            (TRY, _("Try a code from your app again")),
            (HELP, _("Read how to get help, or have your account deleted")),
        ),
        when_empty=_("Select what you want to do"),
    )


class NextOrAgainForm(NextForm):
    """The same, where the check may be tried again."""

    choice = ChoiceField(
        _("What do you want to do?"),
        choices=(
            (TRY, _("Try a code from your app again")),
            (AGAIN, _("Try again to prove that it is you")),
            (HELP, _("Read how to get help, or have your account deleted")),
        ),
        when_empty=_("Select what you want to do"),
    )
