"""The probe as a service that a provider calls: it listens at an address of this machine."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.auth_flows.verdicts import Broken, NotTried

PATIENCE = 15
"""Seconds a call may take to come."""
PORT_PATIENCE = 60
LONGEST_BODY = 1 << 16


@dataclass(frozen=True)
class Call:
    """A request that the provider made of us."""

    method: str
    path: str
    fields: dict[str, str]


@dataclass
class Reply:
    """What we answer: a status, headers, a body; `hold` is waited for before."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hold: threading.Event | None = None


class Listening:
    """Every call that came, in its order; `reply` says what the next one is answered."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.calls: list[Call] = []
        self.reply: Callable[[Call], Reply] = lambda _call: Reply()
        self._came = threading.Condition()

    def note(self, call: Call) -> Reply:
        """Keep a call; the answer to it."""
        with self._came:
            self.calls.append(call)
            self._came.notify_all()
        return self.reply(call)

    def wait_for(self, wanted: Callable[[Call], bool], seconds: float = PATIENCE) -> Call | None:
        """The first call that is wanted, or None if none comes in time."""
        with self._came:
            self._came.wait_for(lambda: any(map(wanted, self.calls)), seconds)
            return next(filter(wanted, self.calls), None)


@contextmanager
def listening(address: str) -> Iterator[Listening]:
    """Listen at an http address of this machine until the block ends, at any port for port 0.

    Raises NotTried if the address is another machine's, Broken if somebody else listens there.
    """
    parts = urlsplit(address)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    if parts.scheme != "http" or not host.startswith("127."):
        raise NotTried(f"the probe cannot listen at {address}")
    heard = Listening(address)
    server = _bound((host, 80 if parts.port is None else parts.port), _handler(heard))
    heard.address = f"http://{parts.hostname}:{server.server_address[1]}{parts.path}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_of: Any) -> None:
        """Say nothing: whoever called has gone, as they do when we let them wait."""


def _bound(address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> _Server:
    until = time.monotonic() + PORT_PATIENCE
    while True:
        try:
            return _Server(address, handler)
        except OSError as error:
            if time.monotonic() > until:
                raise Broken(f"port {address[1]} is taken: {error}") from error
            time.sleep(0.1)


def _handler(heard: Listening) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), LONGEST_BODY)
            sent = parse_qs(self.rfile.read(length).decode("utf-8", "replace"))
            fields = {name: values[0] for name, values in sent.items()}
            reply = heard.note(Call(self.command, self.path, fields))
            if reply.hold:
                reply.hold.wait(PATIENCE)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = _answer  # noqa: N815 - names of the base class

        def log_message(self, *_words: Any) -> None:
            pass

    return Handler
