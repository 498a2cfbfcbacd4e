"""The headers that every response carries, errors included.

A page may run only our own scripts and the one inline line of GOV.UK's template (by nonce), be
framed by nobody and post only to ourselves; a page of a journey also to the origin that the
journey ends at, because browsers hold the redirect after a post to the same rule.
"""

import re
from typing import Final
from urllib.parse import urlsplit

from flask import Response, g

from idp.settings import Settings
from idp.web import current

_EVERYWHERE: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")
_TWO_YEARS: Final = "max-age=63072000"
_DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


def init_headers(app: current.Application, settings: Settings) -> None:
    """Put the headers on every response of `app`."""
    app.after_request(_harden)
    app.ready_headers = (
        *_EVERYWHERE,
        *((("Strict-Transport-Security", _TWO_YEARS),) if settings.https else ()),
        ("Content-Security-Policy", _DATA_POLICY),
    )


def nonce() -> str:
    """Return this response's nonce, for the script elements of our own templates."""
    if "script_nonce" not in g:
        g.script_nonce = current.services().entropy.token()
    return str(g.script_nonce)


def allow_form_to(uri: str) -> None:
    """Let the forms of this page end at the origin of `uri`, an address that has been checked."""
    g.form_target = origin_of(uri)


def allow_asking_again() -> None:
    """Let the script of this page ask its own address whether there is news."""
    g.asks_again = True


def origin_of(uri: str) -> str:
    """Return the source expression of a policy that covers `uri`: its origin or its scheme."""
    parts = urlsplit(uri)
    if parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.netloc):
        return f"{parts.scheme}://{parts.netloc}"
    return f"{parts.scheme}:"


def _harden(response: Response) -> Response:
    headers = response.headers
    for name, value in _EVERYWHERE:
        headers[name] = value
    if current.services().settings.https:
        headers["Strict-Transport-Security"] = _TWO_YEARS
    headers["Content-Security-Policy"] = (
        _page_policy() if response.mimetype == "text/html" else _DATA_POLICY
    )
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response


def _page_policy() -> str:
    scripts = "'self'" + (f" 'nonce-{g.script_nonce}'" if "script_nonce" in g else "")
    asking = "connect-src 'self'; " if "asks_again" in g else ""
    forms = "'self'" + (f" {g.form_target}" if "form_target" in g else "")
    return (
        "default-src 'none'; "
        f"script-src {scripts}; "
        "style-src 'self'; img-src 'self'; font-src 'self'; manifest-src 'self'; "
        f"{asking}form-action {forms}; "
        "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    )
