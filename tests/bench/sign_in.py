"""A whole sign-in as a browser makes it: from a service's link to the code, form after form.

The pages are read with a few regular expressions, which costs the generator a fraction of a
parser; that the pages are right is for other tests.
"""

import html
import itertools
import re
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import pyotp

from tests.bench.client import REDIRECT_URI, make_proofs
from tests.bench.connection import Answer, Connection
from tests.bench.generator import FlowFailed, Lane, Tally
from tests.bench.systems import Citizen, Provider, System

_FORM = re.compile(rb"<form[^>]*method=\"post\"[^>]*>(.*?)</form>", re.DOTALL | re.IGNORECASE)
_ACTION = re.compile(rb"action=\"([^\"]*)\"", re.IGNORECASE)
_FIELD = re.compile(rb"<(?:input|button)\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"([a-z]+)=\"([^\"]*)\"", re.IGNORECASE)
_MOST_REQUESTS = 30
_TRIES_WHEN_BUSY = 20
_PROOFS = make_proofs(64)
_NUMBERS = itertools.count(1)


class SignIn:
    """One citizen signs in with email, password and the code of their app."""

    def __init__(self, system: System, citizen: Citizen, note_busy: Callable[[], None]) -> None:
        self._system = system
        self._citizen = citizen
        self._note_busy = note_busy
        self._cookies: dict[str, str] = {}
        self._path = ""
        self._last = b""
        self._requests = 0
        self._refusals = 0

    def begin(self) -> bytes:
        """Return the authorization request, from a browser without cookies."""
        number = next(_NUMBERS)
        query = urlencode(
            {
                "response_type": "code",
                "scope": "openid email",
                "client_id": self._system.client.client_id,
                "redirect_uri": REDIRECT_URI,
                "state": f"state-{number}",
                "nonce": f"nonce-{number}",
                "code_challenge": _PROOFS[number % len(_PROOFS)].challenge,
                "code_challenge_method": "S256",
                "vtr": '["Cl.Cm"]',
            }
        )
        return self._get(f"{self._system.target.authorize}?{query}")

    def advance(self, answer: Answer) -> bytes | None:
        """Follow a redirect, or fill the page's form; done when the service gets its code."""
        self._requests += 1
        self._cookies.update(answer.cookies())
        location = (answer.header(b"location") or b"").decode()
        if location.startswith(REDIRECT_URI) and "code=" in location:
            return None
        if self._requests > _MOST_REQUESTS:
            raise FlowFailed(f"sign-in: going round in circles at {self._path}")
        if answer.status in (302, 303) and location:
            parts = urlsplit(location)
            return self._get(parts.path + (f"?{parts.query}" if parts.query else ""))
        if answer.status == 503 and self._refusals < _TRIES_WHEN_BUSY:
            self._refusals += 1
            self._requests -= 1
            self._note_busy()
            return self._last
        if answer.status != 200:
            raise FlowFailed(f"sign-in: {answer.status} at {self._path}: {answer.body[:200]!r}")
        return self._fill(answer.body)

    def _get(self, path: str) -> bytes:
        self._path = path
        self._last = f"GET {path} HTTP/1.1\r\n{self._head()}\r\n".encode()
        return self._last

    def _fill(self, page: bytes) -> bytes:
        form = _FORM.search(page)
        if form is None:
            raise FlowFailed(f"sign-in: no form at {self._path}")
        values: dict[str, str] = {}
        for field in _FIELD.finditer(form[1]):
            attributes = {
                name.decode(): html.unescape(value.decode())
                for name, value in _ATTRIBUTE.findall(field[0])
            }
            name, value = attributes.get("name"), attributes.get("value", "")
            if name and (attributes.get("type") == "hidden" or "sign" in value):
                values[name] = value
            elif name in ("email", "password"):
                values[name] = getattr(self._citizen, name)
            elif name == "code":
                totp = pyotp.TOTP(self._citizen.totp_secret)
                values[name] = totp.at(int(time.time()))
        action = _ACTION.search(form[0][: form[0].find(b">")])
        if action is not None and action[1]:
            self._path = urlsplit(html.unescape(action[1].decode())).path
        body = urlencode(values)
        self._last = (
            f"POST {self._path} HTTP/1.1\r\n{self._head()}"
            f"Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        return self._last

    def _head(self) -> str:
        port = self._system.target.port
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return (
            f"Host: localhost:{port}\r\nUser-Agent: bench\r\nAccept: text/html\r\n"
            f"Origin: http://localhost:{port}\r\nReferer: http://localhost:{port}/\r\n"
            + (f"Cookie: {cookies}\r\n" if cookies else "")
        )


def sign_in_lanes(
    provider: Provider, tally: Tally, count: int, note_busy: Callable[[], None] = lambda: None
) -> list[Lane]:
    """Open connections that sign citizens in, each citizen once; none left: the lane ends."""
    system = provider.systems[0]

    def next_flow() -> SignIn | None:
        if not provider.citizens:
            return None
        return SignIn(system, provider.citizens.pop(), note_busy)

    return [
        Lane(Connection(system.target.port, f"127.0.2.{number + 1}"), next_flow, tally)
        for number in range(count)
    ]
