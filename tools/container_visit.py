"""A citizen's visit to the running stack: over TLS, through the proxy, form by form.

Speaks HTTP as a browser without JavaScript does. Names under `.localhost` lead to this machine,
as they do in browsers; certificates are checked against the stack's own authority.
"""

import contextlib
import http.client
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import pyotp

MOST_FORMS = 8
NOTICE_SECONDS = 30.0
OPENING_SECONDS = 120.0


class VisitFailed(Exception):
    """The visit did not go as it must; the message says where the citizen stood."""


@dataclass
class Form:
    """One form of a page, as it would be sent, and its buttons."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.heading = ""
        self._in_heading = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: text or "" for name, text in attrs}
        self._in_heading = self._in_heading or tag == "h1"
        if tag == "form" and values.get("method", "").lower() == "post":
            self.forms.append(Form(values.get("action", "")))
        elif tag in ("input", "button") and self.forms and values.get("name"):
            if tag == "button" or values.get("type") == "submit":
                self.forms[-1].buttons.append((values["name"], values.get("value", "")))
            elif values.get("type") == "radio" and "checked" not in values:
                self.forms[-1].kinds[values["name"]] = "radio"
            else:
                self.forms[-1].values[values["name"]] = values.get("value", "")
                self.forms[-1].kinds[values["name"]] = values.get("autocomplete", "")

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = self._in_heading and tag != "h1"

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.heading = " ".join(f"{self.heading} {data}".split())


class _ToThisMachine(http.client.HTTPSConnection):
    """Connects to loopback under the name that was asked for."""

    def __init__(self, host: str, *, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(host, context=context, **options)
        self._authority = context

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._authority.wrap_socket(plain, server_hostname=self.host)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, authority: ssl.SSLContext) -> None:
        super().__init__()
        self._authority = authority

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)

    def _connection(self, host: str, **options: Any) -> http.client.HTTPConnection:
        return _ToThisMachine(host, context=self._authority, **options)


class Browser:
    """One browser: its cookies, the page it shows and where that came from."""

    def __init__(self, authority: str) -> None:
        context = ssl.create_default_context(cadata=authority)
        # Browsers keep cookies by host alone; so does this one, also for `__Host-` names.
        policy = DefaultCookiePolicy(strict_domain=True)
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(CookieJar(policy)),
            _Https(context),
        )
        self.url = ""
        self.status = 0
        self.forms: list[Form] = []
        self.heading = ""

    def open(self, url: str, values: Mapping[str, str] | None = None) -> None:
        """GET `url`, or POST `values` to it; follows redirects and reads the page."""
        body = None if values is None else urllib.parse.urlencode(values).encode()
        request = urllib.request.Request(url, data=body)
        if body is not None:
            parts = urllib.parse.urlsplit(self.url)
            request.add_header("Origin", f"{parts.scheme}://{parts.netloc}")
            request.add_header("Referer", self.url)
        try:
            with self._opener.open(request, timeout=60) as answer:
                self._show(answer.geturl(), answer.status, answer.read())
        except urllib.error.HTTPError as error:
            self._show(error.geturl() or url, error.code, error.read())
        except OSError as error:
            raise VisitFailed(f"{url} does not open: {error}") from error

    def send(self, form: Form, values: Mapping[str, str]) -> None:
        """Fill `values` into a form of the page and send it."""
        self.open(
            urllib.parse.urljoin(self.url, form.action or self.url), {**form.values, **values}
        )

    def _show(self, url: str, status: int, body: bytes) -> None:
        self.url, self.status = url, status
        page = _Reader(body.decode("utf-8", "replace"))
        self.forms, self.heading = page.forms, page.heading

    def at(self, address: str) -> bool:
        """Whether the page shown is this one, whatever follows in the query."""
        return self.status == 200 and self.url.partition("?")[0] == address

    @property
    def place(self) -> str:
        """Where the browser stands, for a message."""
        return f"{self.url.partition('?')[0]} ({self.status}, “{self.heading}”)"


@dataclass
class Citizen:
    """Who signs in. An authenticator code works once, so the next one may have to be awaited."""

    email: str
    password: str
    totp_secret: str

    def answer(self, form: Form) -> dict[str, str]:
        """What this citizen enters into a form of the provider, by what it asks for."""
        answers: dict[str, str] = {}
        for name, kind in form.kinds.items():
            if kind in ("email", "username"):
                answers[name] = self.email
            elif kind == "current-password":
                answers[name] = self.password
            elif kind == "one-time-code":
                answers[name] = pyotp.TOTP(self.totp_secret).now()
        if ("choice", "sign_in") in form.buttons:
            answers["choice"] = "sign_in"
        return answers

    def prove(self, form: Form) -> dict[str, str]:
        """What this citizen enters where the provider asks who they are, and whether to share it.

        The stand-in lets them be a sample person; how it ends is chosen on the page already.
        """
        if form.kinds.get("person") == "radio":
            return {"person": "nia"}
        yes = [choice for _, choice in form.buttons if choice in ("continue", "right", "share")]
        return {"choice": yes[0]} if yes else {}


def wait_until_open(browser: Browser, url: str) -> None:
    """Return when the proxy has somebody behind it who answers. Raises VisitFailed."""
    deadline = time.monotonic() + OPENING_SECONDS
    while True:
        with contextlib.suppress(VisitFailed):
            browser.open(url)
            if browser.status == 200:
                return
        if time.monotonic() > deadline:
            raise VisitFailed(f"{url} did not open within {OPENING_SECONDS:.0f} s")
        time.sleep(0.5)


@dataclass
class FormsSent:
    """How many forms a sign-in took: to say who signs in, and to prove who that is."""

    signing_in: int = 0
    proving: int = 0


def sign_in(browser: Browser, department: str, citizen: Citizen) -> FormsSent:
    """Sign in at a department; returns how many forms that took. Raises VisitFailed."""
    browser.open(f"{department}/sign-in")
    sent = FormsSent()
    for _ in range(MOST_FORMS):
        if browser.at(f"{department}/account"):
            return sent
        signing_in = [(form, citizen.answer(form)) for form in browser.forms]
        proving = [(form, citizen.prove(form)) for form in browser.forms]
        form, answer = next(((f, a) for f, a in (*signing_in, *proving) if a), (None, {}))
        if form is None:
            break
        if (form, answer) in signing_in:
            sent.signing_in += 1
        else:
            sent.proving += 1
        browser.send(form, answer)
    raise VisitFailed(f"signing in at {department} ended at {browser.place}")


def sign_out(browser: Browser, department: str) -> None:
    """Sign out at a department, which ends the sign-in for all. Raises VisitFailed."""
    browser.open(f"{department}/account")
    form = next((f for f in browser.forms if f.action.endswith("/sign-out")), None)
    if form is None:
        raise VisitFailed(f"no way to sign out at {browser.place}")
    browser.send(form, {})
    if browser.at(f"{department}/account") or browser.status != 200:
        raise VisitFailed(f"signing out at {department} ended at {browser.place}")


def wait_until_signed_out(browser: Browser, department: str) -> float:
    """The seconds until the worker's notice ended the session there. Raises VisitFailed."""
    started = time.monotonic()
    while time.monotonic() - started < NOTICE_SECONDS:
        browser.open(f"{department}/account")
        if browser.at(f"{department}/signed-out"):
            return time.monotonic() - started
        time.sleep(0.2)
    raise VisitFailed(f"{department} was not told of the sign-out: {browser.place}")
