"""A small HTTP server beside the work of a process: one address, one answer, made one at a time.

It knows nothing of what it answers; whoever starts it hands that in.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from idp.kernel.deadlines import Deadline

PATIENCE: Final = 10.0
"""Seconds from a client's call to the end of its answer: as long as Prometheus waits."""


@contextmanager
def serving(
    host: str, port: int, path: str, content_type: str, answer: Callable[[], bytes]
) -> Iterator[int]:
    """Answer GET at `path` while the context lasts; the port is given. Raises OSError.

    A slow client keeps neither the others nor the context's end waiting.
    Whatever `answer` raises is told as 503, and kept from the asker.
    """
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "onepass", ""

        def handle(self) -> None:
            with suppress(OSError), Deadline(PATIENCE) as deadline:
                deadline.watch(self.connection)
                super().handle()

        def do_GET(self) -> None:
            if self.path != path:
                self._send(404, b"")
                return
            try:
                with one_at_a_time:
                    body = answer()
            except Exception:  # noqa: BLE001 - a figure that fails must not end the work beside it
                self._send(503, b"")
                return
            self._send(200, body)

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            """Say nothing: asked for every few seconds, it would fill the log."""

    with ThreadingHTTPServer((host, port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
