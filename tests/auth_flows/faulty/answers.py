"""What the provider answers, and how it listens."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

Asked = dict[str, str]


@dataclass
class Reply:
    """An answer."""

    status: int = 200
    told: object = ""
    location: str = ""
    cookie: str = ""
    readable: bool = False
    """By scripts: the cookie."""
    policy: str = ""


def form(action: str, *fields: str, **hidden: str) -> str:
    """A page with one form."""
    inputs = [f'<input type="hidden" name="{name}" value="{hidden[name]}">' for name in hidden]
    inputs += [f'<input name="{name}">' for name in fields]
    return f'<form method="post" action="{action}">{"".join(inputs)}<button>Go</button></form>'


def no(error: str, status: int = 400) -> Reply:
    """A refusal."""
    return Reply(status, {"error": error})


class Answering(Protocol):
    """Whatever answers requests; `at` is where it listens."""

    at: str

    def answer(self, path: str, asked: Asked, headers: Asked, *, post: bool) -> Reply:
        """The answer to a request."""
        ...


@contextmanager
def serving(provider: Answering) -> Iterator[None]:
    """It listens until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query, post=False)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            self._answer(body, post=True)

        def _answer(self, sent: str, *, post: bool) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = urlsplit(self.path).path
            reply = provider.answer(path, dict(parse_qsl(sent)), headers, post=post)
            page = isinstance(reply.told, str)
            body = (reply.told if isinstance(reply.told, str) else json.dumps(reply.told)).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "text/html" if page else "application/json")
            self.send_header("Content-Length", str(len(body)))
            if reply.location:
                self.send_header("Location", reply.location)
            if reply.policy:
                self.send_header("Content-Security-Policy", reply.policy)
            if reply.cookie:
                kind = "" if reply.readable else "; HttpOnly"
                self.send_header("Set-Cookie", f"s={reply.cookie}; Path=/{kind}")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.at = f"http://127.0.0.1:{server.server_address[1]}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
