"""The footer's links: the pages about Onepass, in the language spoken, losing nothing under way."""

from dataclasses import dataclass
from typing import Final

from flask import request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from idp.web import i18n

_PAGES: Final = (
    ("information.accessibility", _("Accessibility statement")),
    ("information.cookies", _("Cookies")),
    ("information.terms", _("Terms of use")),
    ("information.privacy", _("Privacy notice")),
    ("information.support", _("Support")),
)
_UNDER_WAY: Final = ("/j/", "/authorize", "/logout")


@dataclass(frozen=True, slots=True)
class FooterLink:
    """One link of the footer."""

    name: LazyString
    href: str


def footer_links() -> list[FooterLink]:
    """Return the links of the footer of this page."""
    return [FooterLink(name, about(endpoint)) for endpoint, name in _PAGES]


def about(endpoint: str) -> str:
    """Return the address of a page about Onepass, to be read in the language of this one.

    A journey may speak another language than the browser's cookie; nobody chose that one for
    good, so the address says it as services do, and no cookie follows.
    """
    spoken = request.args.get("ui_locales") is not None or is_under_way()
    return url_for(endpoint, ui_locales=i18n.language() if spoken else None)


def is_under_way() -> bool:
    """Return whether leaving this page would lose somebody's place."""
    rule = request.url_rule
    return rule is not None and rule.rule.startswith(_UNDER_WAY)
