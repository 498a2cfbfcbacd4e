"""The pages about Onepass. None of them asks who is reading, and none changes anything."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from idp.domain import email_codes, recoveries, throttles
from idp.domain import terms as terms_of_use
from idp.domain.email_codes import Purpose
from idp.domain.throttles import Kind
from idp.journeys.information.kept import kept
from idp.protocol import metadata
from idp.web import cookies as cookies_set
from idp.web import current, i18n
from idp.web.layout import show

blueprint = Blueprint("information", __name__, template_folder="templates")

STATEMENT_PREPARED_ON: Final = date(2026, 11, 24)
"""When somebody last looked at whether the accessibility statement is true."""

EXAMPLE: Final = {
    "client_name": "Apply for a permit",
    "redirect_uris": ["https://permits.example/callback"],
    "post_logout_redirect_uris": ["https://permits.example/signed-out"],
    "back_channel_logout_uri": "https://permits.example/back-channel-logout",
    "contacts": ["team@permits.example"],
    "scopes": ["openid", "email"],
    "sector_identifier_uri": "https://permits.example",
    "public_key_source": "JWKS",
    "jwks_uri": "https://permits.example/keys.json",
}
"""A registration that is accepted as it stands."""


@dataclass(frozen=True, slots=True)
class CookieWords:
    """One row of the page about cookies."""

    name: str
    purpose: str
    lifetime: str


@blueprint.get("/terms")
def terms() -> Response:
    """Say under which terms people use this, and which version of them it is."""
    return _show("information/terms.html", terms=terms_of_use.CURRENT)


@blueprint.get("/privacy")
def privacy() -> Response:
    """Say what is kept about people, how, for how long, and what services are told."""
    settings = current.services().settings
    return _show(
        "information/privacy.html",
        kept=kept(settings, throttles.longest_lock(current.session())),
        mail_server=settings.mail_server is not None,
    )


@blueprint.get("/cookies")
def cookies() -> Response:
    """Say which cookies are set, for what and for how long."""
    return _show("information/cookies.html", cookies=_rows_of_cookies())


@blueprint.get("/accessibility")
def accessibility() -> Response:
    """Say how accessible the pages are, and how that was found out."""
    settings = current.services().settings
    return _show(
        "information/accessibility.html",
        prepared_on=STATEMENT_PREPARED_ON,
        journey_lifetime=settings.journey_lifetime,
        session_lifetime=settings.session_lifetime,
    )


@blueprint.get("/support")
def support() -> Response:
    """Say what to do about a problem, and whom to ask."""
    settings = current.services().settings
    sends = throttles.limit_of(current.session(), Kind.EMAIL_SEND)
    return _show(
        "information/support.html",
        mailbox=settings.mailbox,
        journey_lifetime=settings.journey_lifetime,
        code_lifetime=email_codes.LIFETIMES[Purpose.CREATE_ACCOUNT],
        sends=sends,
        tries=throttles.limit_of(current.session(), Kind.PASSWORD),
        recovery_wait=recoveries.WAIT,
        example=current.request_id(),
    )


@blueprint.get("/service-teams")
def service_teams() -> Response:
    """Say how a service is connected: addresses, registration, where the full guide is."""
    document = metadata.openid_configuration(current.services().settings.issuer)
    base = metadata.base(current.services().settings.issuer)
    return _show(
        "information/service_teams.html",
        discovery=base + "/.well-known/openid-configuration",
        addresses={
            name: address
            for name, address in document.items()
            if isinstance(address, str) and address.startswith(base)
        },
        registration=json.dumps(EXAMPLE, indent=2),
    )


def _show(template: str, **words: Any) -> Response:
    i18n.follow_locales(request.args.get("ui_locales", "").split())
    settings = current.services().settings
    return show(
        template,
        operator=settings.operator_name,
        contact=settings.support_contact,
        **words,
    )


def _rows_of_cookies() -> list[CookieWords]:
    settings = current.services().settings
    at_most, idle = settings.session_lifetime, settings.session_idle_lifetime
    purposes = {
        cookies_set.SESSION: (
            _("Keeps you signed in."),
            _(
                "Until you close the browser or sign out. It stops working %(idle)s after you "
                "last used it, and %(at_most)s after you signed in.",
                idle=i18n.duration(idle),
                at_most=i18n.duration(at_most),
            ),
        ),
        cookies_set.BROWSER: (
            _(
                "Lets you finish a sign-in only in the browser that you began it in, protects "
                "the forms you send, and remembers which services are told that you signed out."
            ),
            _("Until you close the browser."),
        ),
        cookies_set.LANGUAGE: (
            _("Remembers your language. It is set only when you choose one."),
            _("%(time)s after you last chose.", time=i18n.duration(cookies_set.LANGUAGE_LIFETIME)),
        ),
    }
    return [
        CookieWords(cookies_set.full_name(cookie.name, settings), *purposes[cookie.name])
        for cookie in cookies_set.COOKIES
    ]
