"""Sends one request and keeps what was sent and answered; follows nothing, rewrites nothing."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.auth_flows.care import Pace, allow, allow_peer
from tests.auth_flows.masking import MASK, Masker
from tests.auth_flows.targets import TargetUnusable
from tests.auth_flows.verdicts import Broken, NotTried

PATIENCE = 20
"""Seconds an answer may take."""
LONGEST_WAIT = 90
"""Seconds that a target may ask us to wait before we give up."""
LONGEST_ANSWER = 60
"""Seconds a body may take in all."""
MOST_WAITED = 15 * 60
"""Seconds that it may ask for in a whole run."""
LONGEST_BODY = 1 << 20
KEPT = 1 << 16
"""Characters of a body that are kept: a secret may end long after what is shown."""
LONGEST_TOLD = 2000
"""Characters of a provider's words in a line of ours; a whole address of a request fits in."""
SHOWN = 1000
"""Characters of a body that evidence shows."""
FORM = "application/x-www-form-urlencoded"
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What came back. `number` finds the exchange in the evidence."""

    number: int
    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def every(self, name: str) -> list[str]:
        """All headers of this name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def location(self) -> str:
        """Where it leads, or nothing."""
        return self.header("Location")

    @property
    def failed(self) -> bool:
        """Whether the provider erred; 501 says on purpose that there is no such thing."""
        return self.status >= 500 and self.status != 501

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty if it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def told(self) -> str:
        """The answer in a line."""
        if not self.status:
            return self.body
        if self.location:
            return f"{self.status} to {self.location[:LONGEST_TOLD]}"
        error = self.json.get("error")
        said = f" {error}"[:LONGEST_TOLD] if error else ""
        kind = self.header("Content-Type").partition(";")[0][:LONGEST_TOLD]
        return f"{self.status}{said} ({kind or 'no content type'})"


class Wire:
    """The connection to a target: paced, bounded, and recorded."""

    def __init__(
        self, pace: Pace, masker: Masker, *, anywhere: bool = False, ca_file: str | None = None
    ) -> None:
        self.pace = pace
        self.masker = masker
        self.exchanges: list[dict[str, Any]] = []
        self._anywhere = anywhere
        self._ca_file = ca_file
        self._lock = threading.Lock()
        self._allowed: set[str] = set()
        self._named: frozenset[str] = frozenset()
        self.waits = 0
        self._waited = 0
        self.pause: Callable[[float], None] = time.sleep
        """How to wait when the target asks for it."""

    def trust(self, ca_file: str) -> None:
        """Trust the authorities of a PEM file, unless whoever runs the probe named some."""
        self._ca_file = self._ca_file or ca_file

    def keep_to(self, hosts: frozenset[str]) -> None:
        """Ask these hosts as well as those named before, and no other from here on."""
        self._named |= hosts

    def note(self, url: str, did: str, status: int, received: str) -> Answer:
        """Keep what was done without HTTP, as evidence; status 0 means that nothing came of it."""
        with self._lock:
            answer = Answer(len(self.exchanges), url, status, (), received)
            self.exchanges.append({"request": (did, url, {}, ""), "answer": (status, (), received)})
        return answer

    def send(
        self,
        method: str,
        url: str,
        *,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        patient: bool = True,
        certificate: str = "",
    ) -> Answer:
        """Send one request; wait and send it again if the target asks for that.

        Raises Broken when there is no answer, or none but that we ask too often: that would look
        like a defence. Who is not `patient` gets that answer. Raises NotTried for a host that the
        target file does not name: whoever allows the attacks owns no other. `certificate` is a PEM
        file with the key and the certificate to show, where https is spoken.
        """
        self._check(url)
        sent = {"User-Agent": "onepass-probe", "Accept": "*/*"} | dict(headers or {})
        answer = self._once(method, url, body, sent, certificate)
        if not patient:
            return answer
        wait = asked_to_wait(answer) if answer.status == 429 else None
        if wait is not None and self._waited + wait <= MOST_WAITED:
            self.waits += 1
            self._waited += wait
            self.pause(wait)
            answer = self._once(method, url, body, sent, certificate)
        if answer.status == 429:
            raise Broken(f"the target asks for fewer requests: {answer.told()}")
        return answer

    def _once(
        self, method: str, url: str, body: str | None, sent: dict[str, str], certificate: str
    ) -> Answer:
        self.pace.wait()
        began = time.monotonic()
        try:
            status, got, raw = self._exchange(method, url, body, sent, certificate)
        except (OSError, http.client.HTTPException, ValueError) as error:
            told = getattr(error, "strerror", None) or repr(error)
            raise Broken(f"{method} {self.masker.clean(url)}: no answer: {told}") from error
        seconds = time.monotonic() - began
        text = raw.decode("utf-8", "replace")
        with self._lock:
            answer = Answer(len(self.exchanges), url, status, got, text)
            self.exchanges.append(
                {
                    "request": (method, url, sent, body or ""),
                    "answer": (status, got, text[:KEPT]),
                    "seconds": seconds,
                }
            )
        return answer

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if self._named and parts.netloc not in self._named:
            raise NotTried(f"the provider leads to {parts.netloc}, which hosts does not name")
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._allowed:
            allow(url, anywhere=self._anywhere)
            self._allowed.add(origin)

    def check_peer(self, connected: socket.socket) -> None:
        """Raise NotTried if a connection leads where the probe may not go."""
        try:
            allow_peer(connected, anywhere=self._anywhere)
        except TargetUnusable as reason:
            raise NotTried(str(reason)) from reason

    def _exchange(
        self, method: str, url: str, body: str | None, headers: dict[str, str], certificate: str
    ) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        parts = urlsplit(url)
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self._ca_file)
            if certificate:
                context.load_cert_chain(certificate)
            connection = http.client.HTTPSConnection(
                parts.netloc, timeout=PATIENCE, context=context
            )
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
        try:
            connection.connect()
            self.check_peer(connection.sock)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body and body.encode(), headers)
            response = connection.getresponse()
            return response.status, tuple(response.getheaders()), _read(response)
        finally:
            connection.close()

    def form(
        self,
        url: str,
        fields: Pairs,
        headers: Mapping[str, str] | None = None,
        *,
        patient: bool = True,
        certificate: str = "",
    ) -> Answer:
        """Post a form."""
        usual = {"Content-Type": FORM} | dict(headers or {})
        body = urlencode(fields)
        return self.send(
            "POST", url, body=body, headers=usual, patient=patient, certificate=certificate
        )

    def took(self, number: int) -> float:
        """Seconds that an answer took, without what we waited before we asked."""
        return float(self.exchanges[number].get("seconds", 0))

    def was_posted(self, number: int) -> bool:
        """Whether an exchange began with a POST."""
        return bool(self.exchanges[number]["request"][0] == "POST")

    def evidence(self, number: int) -> dict[str, Any]:
        """One exchange for a report, without secrets."""
        method, url, headers, body = self.exchanges[number]["request"]
        status, got, text = self.exchanges[number]["answer"]
        clean, header = self.masker.clean, self.masker.header
        return {
            "number": number,
            "request": {
                "method": method,
                "url": clean(url),
                "headers": {name: header(name, value) for name, value in headers.items()},
                "body": _shown(clean(body)),
            },
            "answer": {
                "status": status,
                "headers": [[name, header(name, value)] for name, value in got],
                "body": _shown(clean(text)),
            },
        }


def _read(response: http.client.HTTPResponse) -> bytes:
    """The body, as far as it is kept; who sends it a letter at a time is not waited for."""
    until, body = time.monotonic() + LONGEST_ANSWER, b""
    while len(body) < LONGEST_BODY and (some := response.read1(LONGEST_BODY - len(body))):
        body += some
        if time.monotonic() > until:
            raise TimeoutError(f"the answer does not end within {LONGEST_ANSWER} s")
    return body


def _shown(clean: str) -> str:
    # Cut after secrets were taken out: half a secret is not recognised as one.
    rest = len(clean) - SHOWN
    return clean if rest <= 0 else f"{clean[:SHOWN]} [… and {rest} characters more]"


def asked_to_wait(answer: Answer) -> int | None:
    """Seconds that an answer asks us to wait; None if it does not say, or asks for very long."""
    told = answer.header("Retry-After")
    return int(told) if told.isdecimal() and int(told) <= LONGEST_WAIT else None


__all__ = ["FORM", "MASK", "Answer", "Pairs", "Wire", "asked_to_wait"]
