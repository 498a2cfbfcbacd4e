"""Cookies: the signed-in session, the browser that Journeys and forms are bound to, the language.

`onepass-browser` is Flask's signed cookie: a random browser id and the CSRF token. The session
cookie holds 256 random bits and nothing else. Over https all carry the `__Host-` prefix. No other
module sets one, and the page about cookies tells of every one in `COOKIES`.
"""

from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, Request, Response, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from idp.domain.services import Services
from idp.settings import Settings
from idp.web.source import MACHINES

SESSION: Final = "onepass-session"
BROWSER: Final = "onepass-browser"
LANGUAGE: Final = "lng"
LANGUAGE_LIFETIME: Final = 365 * 24 * 3600
_LABEL: Final = "browser cookie"


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie that we set: its name without prefix, and how long a browser keeps it.

    `lifetime` in seconds, None for as long as the browser is open.
    """

    name: str
    lifetime: int | None = None


COOKIES: Final = (Cookie(SESSION), Cookie(BROWSER), Cookie(LANGUAGE, LANGUAGE_LIFETIME))


class Unread(SecureCookieSession):
    """A browser cookie that nobody has looked into yet, so its signature was not checked."""


class BrowserCookie(SecureCookieSessionInterface):
    """Opens the signed cookie for pages only: machines send none and get none.

    It is opened when somebody looks: a silent single sign-on never does.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the promise of the browser's cookie, or an empty one for a machine's endpoint."""
        return SecureCookieSession() if request.path in MACHINES else Unread()

    def read(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return what the browser's cookie holds; empty unless we signed it."""
        return super().open_session(app, request) or SecureCookieSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Give the browser its cookie again, if anything looked into it."""
        if not isinstance(session, Unread):
            super().save_session(app, session, response)

    def get_cookie_samesite(self, app: Flask) -> str:
        """Return Lax: the cookie comes along when a service sends somebody here."""
        return "Lax"


def init_cookies(app: Flask, services: Services) -> None:
    """Set up both cookies; keys are derived from the sealing keys, so nothing is stored."""
    first, *older = [key.hex() for key in services.sealer.derive_all(_LABEL)]
    app.config["SECRET_KEY"] = first
    app.config["SECRET_KEY_FALLBACKS"] = older
    app.config["SESSION_COOKIE_NAME"] = full_name(BROWSER, services.settings)
    app.config["SESSION_COOKIE_SECURE"] = services.settings.https
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_PATH"] = "/"
    app.session_interface = BrowserCookie()


def session_secret() -> str | None:
    """Return what the session cookie of this request holds, or None."""
    return request.cookies.get(_session_name())


def session_name(settings: Settings) -> str:
    """Return what the session's cookie is called at this provider."""
    return full_name(SESSION, settings)


def full_name(name: str, settings: Settings) -> str:
    """Return what the cookie `name` is called at this provider."""
    return _name(name, https=settings.https)


def came_back() -> bool:
    """Return whether the browser brought the cookie that every page with a form gives it."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies


def set_session_cookie(response: Response, secret: str) -> None:
    """Give this browser the cookie of a session; it ends with the browser."""
    response.set_cookie(_session_name(), secret, **_attributes())


def clear_session_cookie(response: Response) -> None:
    """Take the session's cookie back."""
    response.delete_cookie(_session_name(), **_attributes())


def language() -> str | None:
    """Return what the language's cookie of this request holds, or None."""
    return request.cookies.get(_name(LANGUAGE, https=_https()))


def set_language_cookie(response: Response, language: str) -> None:
    """Let this browser remember that somebody chose `language`."""
    name = _name(LANGUAGE, https=_https())
    response.set_cookie(name, language, max_age=LANGUAGE_LIFETIME, **_attributes())


def _attributes() -> dict[str, Any]:
    return {"path": "/", "secure": _https(), "httponly": True, "samesite": "Lax"}


def _session_name() -> str:
    return _name(SESSION, https=_https())


def _https() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])


def _name(name: str, *, https: bool) -> str:
    return f"__Host-{name}" if https else name
