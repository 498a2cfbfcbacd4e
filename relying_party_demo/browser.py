"""What a department keeps in a browser: three cookies, and what follows from them.

Owns: the names and attributes of the cookies, the CSRF token of every form, the language of the
page, the headers of every answer.
Owns not: what the cookies stand for (``relying_party_demo.store``).
"""

import hashlib
import hmac
import re
import secrets

from flask import Response, abort, g, request

from relying_party_demo.department import LANGUAGES, Department

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


class CrossSiteRequest(Exception):
    """A form was posted that this department did not give to this browser."""


class Cookies:
    """The cookies of one department.

    ``dept-<slug>`` names the local session and changes at every sign-in; ``dept-<slug>-browser``
    binds sign-ins under way and forms to this browser; ``dept-<slug>-lng`` remembers the language.
    The slug is in the name because on localhost all four share one cookie jar.
    """

    def __init__(self, department: Department) -> None:
        self._https = department.place.https
        prefix = "__Host-" if self._https else ""
        self.session_name = f"{prefix}dept-{department.slug}"
        self.browser_name = f"{prefix}dept-{department.slug}-browser"
        self.language_name = f"{prefix}dept-{department.slug}-lng"
        self._default_language = department.language

    def session(self) -> str | None:
        """The secret of this browser's session, if it has one of the right form."""
        return self._secret(self.session_name)

    def browser(self) -> str | None:
        """The secret that binds this browser, if it has one."""
        known: str | None = g.get("browser")
        return known or self._secret(self.browser_name)

    def _secret(self, name: str) -> str | None:
        value = request.cookies.get(name, "")
        return value if SECRET.fullmatch(value) else None

    def bind(self) -> str:
        """The secret that binds this browser, made now when it has none."""
        secret = self.browser() or secrets.token_urlsafe(32)
        g.browser = secret
        return secret

    def set_session(self, response: Response, secret: str) -> None:
        """Give the browser its session."""
        self._set(response, self.session_name, secret)

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(
            name, value, path="/", secure=self._https, httponly=True, samesite="Lax"
        )

    def choose_language(self) -> None:
        """The language of this page: ``?lng``, then the cookie, then the department's own."""
        asked = request.args.get("lng")
        kept = request.cookies.get(self.language_name)
        g.language = next(
            (choice for choice in (asked, kept) if choice in LANGUAGES), self._default_language
        )
        g.language_chosen = asked in LANGUAGES

    def remember(self, response: Response) -> None:
        """Set the cookies that this request gave rise to."""
        if g.get("browser") and g.browser != self._secret(self.browser_name):
            self._set(response, self.browser_name, g.browser)
        if g.get("language_chosen"):
            self._set(response, self.language_name, g.language)

    def form_token(self) -> str:
        """The CSRF token of a form on this page: only this browser's cookie can make it."""
        return hmac.new(self.bind().encode(), b"form", hashlib.sha256).hexdigest()

    def check_form(self) -> None:
        """Refuse a posted form that is not ours. Raises CrossSiteRequest."""
        browser = self.browser()
        given = request.form.get("csrf_token", "")
        if browser is None or not given.isascii():
            raise CrossSiteRequest
        if not hmac.compare_digest(given, self.form_token()):
            raise CrossSiteRequest


def one_form_value(name: str) -> str:
    """The one value of ``name`` in a posted form; sent twice or not at all, it is refused (400)."""
    values = request.form.getlist(name)
    if len(values) != 1:
        abort(400)
    return values[0]


def add_headers(response: Response, department: Department) -> None:
    """The security headers of every answer."""
    # form-action also governs where a posted form is redirected to (Chromium), and signing out
    # posts here, goes on to the provider's /logout and comes back.
    policy = (
        "default-src 'none'; object-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"form-action 'self' {department.place.issuer_origin}; frame-ancestors 'none'"
    )
    headers = response.headers
    headers["Content-Security-Policy"] = policy
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if department.place.https:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static" and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
