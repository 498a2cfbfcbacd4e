"""Cookies: the signed-in session, and the browser that Journeys and forms are bound to.

`onepass-browser` is Flask's signed cookie: a random browser id and the CSRF token. The session
cookie holds 256 random bits and nothing else. Over https both carry the `__Host-` prefix.
"""

from typing import Any

from flask import Flask, Request, Response, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

from idp.domain.services import Services
from idp.settings import Settings
from idp.web.source import MACHINES

SESSION = "onepass-session"
BROWSER = "onepass-browser"
_LABEL = "browser cookie"


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
    app.config["SESSION_COOKIE_NAME"] = _name(BROWSER, https=services.settings.https)
    app.config["SESSION_COOKIE_SECURE"] = services.settings.https
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_PATH"] = "/"
    app.session_interface = BrowserCookie()


def session_secret() -> str | None:
    """Return what the session cookie of this request holds, or None."""
    return request.cookies.get(_session_name())


def session_name(settings: Settings) -> str:
    """Return what the session's cookie is called at this provider."""
    return _name(SESSION, https=settings.https)


def set_session_cookie(response: Response, secret: str) -> None:
    """Give this browser the cookie of a session; it ends with the browser."""
    response.set_cookie(_session_name(), secret, **_attributes())


def clear_session_cookie(response: Response) -> None:
    """Take the session's cookie back."""
    response.delete_cookie(_session_name(), **_attributes())


def _attributes() -> dict[str, Any]:
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    return {"path": "/", "secure": secure, "httponly": True, "samesite": "Lax"}


def _session_name() -> str:
    return _name(SESSION, https=bool(current_app.config["SESSION_COOKIE_SECURE"]))


def _name(name: str, *, https: bool) -> str:
    return f"__Host-{name}" if https else name
