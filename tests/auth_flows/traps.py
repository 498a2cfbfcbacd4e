"""A server of the attacker's on this machine, which notices whoever calls it."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Trap:
    """What was called; `url` is where. A call is counted before anything is understood of it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.calls = 0


@contextmanager
def trap(document: Mapping[str, Any] | str) -> Iterator[Trap]:
    """A trap that answers every request with `document` (JSON, or text), to the block's end."""
    body = (document if isinstance(document, str) else json.dumps(document)).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def verify_request(self, *args: object) -> bool:
            found.calls += 1
            return True

    with Server(("127.0.0.1", 0), Handler) as server:
        found = Trap(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
