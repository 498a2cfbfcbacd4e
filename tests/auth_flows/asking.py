"""An authorization request with what only its sender knows, and what became of it."""

import base64
import hashlib
import html
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from tests.auth_flows.forms import forms_of
from tests.auth_flows.targets import Client
from tests.auth_flows.wire import Answer, Pairs

_REFRESH = re.compile(
    r"<meta\b[^<>]{0,80}http-equiv=[\"']?refresh[\"']?[^<>]{0,80}content=[\"']([^\"<>]*)",
    re.IGNORECASE,
)
_URL = re.compile(r"url\s*=\s*(\S+)", re.IGNORECASE)
Kind = Literal["refused here", "page", "goes on", "sent back", "elsewhere", "failure"]


@dataclass(frozen=True)
class Asked:
    """A request as it is sent: its parameters in order, its state, nonce and verifier."""

    client: Client
    pairs: Pairs
    state: str
    nonce: str
    verifier: str

    def url(self, endpoint: str) -> str:
        """The request as an address."""
        joint = "&" if urlsplit(endpoint).query else "?"
        return endpoint + joint + urlencode(self.pairs)

    def value(self, name: str) -> str:
        """A parameter's value, or nothing."""
        return dict(self.pairs).get(name, "")


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def ask(client: Client, /, **changes: str | None) -> Asked:
    """A good request; a change to None leaves that parameter out."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    parameters: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
    }
    parameters |= changes
    sent = [(name, value) for name, value in parameters.items() if value is not None]
    return Asked(client, sent, parameters["state"] or "", nonce, verifier)


@dataclass(frozen=True)
class Outcome:
    """What an answer of the authorization endpoint means; `values` are what the client is told."""

    kind: Kind
    values: dict[str, str] = field(default_factory=dict)

    @property
    def error(self) -> str:
        """The error that the client is told."""
        return self.values.get("error", "")


def outcome_of(answer: Answer, issuer: str, redirect_uri: str) -> Outcome:
    """Read an answer; only the byte-identical redirect address counts as the client's own."""
    if answer.failed:
        return Outcome("failure")
    if answer.location:
        there = urljoin(answer.url, answer.location)
        back = _values_at(there, redirect_uri)
        if back is not None:
            return Outcome("sent back", back)
        home = urlsplit(there)[:2] == urlsplit(issuer)[:2]
        return Outcome("goes on" if home else "elsewhere")
    if refreshes := refreshed_to(answer):
        there = urljoin(answer.url, refreshes)
        if urlsplit(there)[:2] != urlsplit(issuer)[:2]:
            back = _values_at(there, redirect_uri)
            return Outcome("elsewhere") if back is None else Outcome("sent back", back)
    if answer.status >= 400:
        return Outcome("refused here")
    for form in forms_of(answer.body):
        if form.action == redirect_uri:
            return Outcome("sent back", form.values)
        action = urlsplit(urljoin(answer.url, form.action))
        if action[:2] != urlsplit(issuer)[:2]:
            return Outcome("elsewhere")
    return Outcome("page")


def refreshed_to(answer: Answer) -> str:
    """Where a page leads by itself, by a header or by an element of its own, or nothing."""
    element = _REFRESH.search(answer.body) if "html" in answer.header("Content-Type") else None
    told = answer.header("Refresh") or (html.unescape(element[1]) if element else "")
    found = _URL.search(told)
    return found[1].strip("'\"") if found else ""


def _values_at(there: str, redirect_uri: str) -> dict[str, str] | None:
    for mark in "?#":
        address, found, values = there.partition(mark)
        if address == redirect_uri:
            return dict(parse_qsl(values.partition("#")[0], keep_blank_values=True))
        if not found and there == redirect_uri:
            return {}
    return None
