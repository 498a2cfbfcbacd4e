"""The questions asked when creating an account."""

from flask_babel import lazy_gettext as _

from idp.web.forms import CodeField, EmailField, Form


class EmailForm(Form):
    """Which address shall the account have?"""

    email = EmailField(_("What is your email address?"))


class EmailCodeForm(Form):
    """Which code did the mail hold?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code"))


class FirstCodeForm(Form):
    """Which code does the new app show?"""

    code = CodeField(
        _("6-digit code from your app"), when_empty=_("Enter the code shown in your app")
    )
