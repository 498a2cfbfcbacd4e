"""The questions asked before a new password."""

from flask_babel import lazy_gettext as _

from idp.web.forms import CodeField, Form


class EmailCodeForm(Form):
    """Which code did the mail hold?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code"))


class AppCodeForm(Form):
    """Which code does the app show?"""

    code = CodeField(_("6-digit code"), when_empty=_("Enter the code shown in your app"))
