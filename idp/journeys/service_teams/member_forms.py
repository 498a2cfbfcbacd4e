"""What is asked about a service's members, and the roles in words."""

from typing import Any, Final

from flask_babel import lazy_gettext as _

from idp.web.forms import ChoiceField, EmailField, Form

ROLE_WORDS: Final[dict[str, Any]] = {
    "READER": _("Reader"),
    "WRITER": _("Writer"),
    "MANAGER": _("Manager"),
}
ROLE_HINTS: Final[dict[str, Any]] = {
    "READER": _("can see the service, its clients and what happened"),
    "WRITER": _("can also change clients, their keys and secrets, and make test citizens"),
    "MANAGER": _("can also invite and remove members, and ask to go live"),
}
_ASKED: Final = _("What may they do?")
_CHOICES: Final = [
    ("READER", _("Reader: can see the service, its clients and what happened")),
    ("WRITER", _("Writer: can also change clients, keys and secrets, and make test citizens")),
    ("MANAGER", _("Manager: can also invite and remove members, and ask to go live")),
]


class RoleForm(Form):
    """What may a member do?"""

    role = ChoiceField(_ASKED, choices=_CHOICES, when_empty=_("Select what they may do"))


class InviteForm(Form):
    """Who is invited, and to do what?"""

    email = EmailField(
        _("Email address"), when_empty=_("Enter the email address of the person you invite")
    )
    role = ChoiceField(_ASKED, choices=_CHOICES, when_empty=_("Select what they may do"))
