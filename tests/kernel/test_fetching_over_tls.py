"""Outbound https: the certificate must be the service's, and from an authority we trust."""

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.kernel.fetching import Fault, Fetcher, FetchFailed
from tests.support.certificates import certificate, resolve_example_names, serving

NAME = "service.example"


class Keys(http.server.BaseHTTPRequestHandler):
    """Answers with an empty key set, except where the path asks for something worse."""

    sent = 0

    def do_GET(self) -> None:
        if self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.path.replace("/moved/", "https://127.0.0.1:", 1))
            self.end_headers()
            return
        if self.path in ("/endless", "/huge"):
            self._send_and_send()
            return
        self.send_response(200)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b'{"keys":[]}')

    def _send_and_send(self) -> None:
        """Fifty megabytes, said before; or a body whose end is never said."""
        Keys.sent = 0
        self.send_response(200)
        if self.path == "/huge":
            self.send_header("Content-Length", "50000000")
        self.end_headers()
        while self.path == "/endless" or Keys.sent < 50_000_000:
            try:
                Keys.sent += self.wfile.write(b" " * 10_000)
            except OSError:
                return

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Quiet(http.server.ThreadingHTTPServer):
    """Says nothing of callers who hang up in the handshake."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return certificate(tmp_path, NAME)


@pytest.fixture
def url(own: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the service is: on loopback, under a name that only this test resolves."""
    context = serving(own)
    resolve_example_names(monkeypatch)
    with Quiet(("127.0.0.1", 0), Keys) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://{NAME}:{server.server_port}/keys"
        server.shutdown()
        thread.join()


def fetched(url: str, authorities: Path | None) -> Any:
    return Fetcher(frozenset({f"{NAME}:*", "other.example:*"}), authorities).get_json(url)


def test_the_services_own_name_under_an_authority_we_trust(url: str, own: Path) -> None:
    assert fetched(url, own) == {"keys": []}


def test_an_authority_we_do_not_trust(url: str, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed):
        fetched(url, None)
    with pytest.raises(FetchFailed):
        fetched(url, certificate(tmp_path, "other.example"))


def test_a_certificate_for_another_name(url: str, own: Path) -> None:
    with pytest.raises(FetchFailed):
        fetched(url.replace(NAME, "other.example"), own)


def test_a_redirect_to_an_internal_address_is_not_followed(url: str, own: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.setblocking(False)
        moved = url.replace("/keys", f"/moved/{inside.getsockname()[1]}")
        assert Fetcher(frozenset({f"{NAME}:*"}), own).look(moved).status == 302
        with pytest.raises(FetchFailed) as failed:
            fetched(moved, own)
        assert failed.value.fault is Fault.STATUS
        with pytest.raises(BlockingIOError):
            inside.accept()


@pytest.mark.parametrize("path", ["/endless", "/huge"])
def test_what_is_too_long_is_hung_up_on_soon(url: str, own: Path, path: str) -> None:
    with pytest.raises(FetchFailed) as failed:
        fetched(url.replace("/keys", path), own)
    assert failed.value.fault is Fault.TOO_LARGE
    assert Keys.sent < 20_000_000, "all of it was taken"
