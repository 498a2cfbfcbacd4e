"""Outbound calls: what may be called, under which name, and what counts as an answer."""

import http.server
import threading
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from idp.kernel.clock import SystemClock
from idp.kernel.fetching import Fetcher, FetchFailed, FetchRefused


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers what each address is about, and notes under which name it was asked."""

    asked: ClassVar[list[str]] = []
    bodies: ClassVar[dict[str, tuple[int, bytes]]] = {
        "/keys": (200, b'{"keys": []}'),
        "/long": (200, b'"' + b"a" * 70_000 + b'"'),
        "/words": (200, b"hello"),
        "/gone": (404, b"{}"),
        "/notice": (204, b""),
    }

    def do_GET(self) -> None:
        self.asked.append(self.headers["Host"])
        status, body = self.bodies.get(self.path, (302, b""))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/keys")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Answers.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def fetcher(*allowed: str) -> Fetcher:
    return Fetcher(frozenset(allowed), SystemClock())


def test_the_service_is_asked_under_its_own_name(port: int) -> None:
    found = fetcher("localhost:*").get_json(f"http://localhost:{port}/keys")
    assert found == {"keys": []}
    assert Answers.asked == [f"localhost:{port}"]


def test_a_notice_is_told_under_the_services_own_name(port: int) -> None:
    status = fetcher(f"localhost:{port}").post_form(f"http://localhost:{port}/notice", {"a": "b"})
    assert status == 204
    assert Answers.asked == [f"localhost:{port}"]


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ((), "http://localhost:{port}/keys"),
        ((), "https://localhost:{port}/keys"),
        (("localhost:1",), "http://localhost:{port}/keys"),
        (("127.0.0.1:*",), "http://localhost:{port}/keys"),
        (("localhost:*",), "http://user@localhost:{port}/keys"),
        (("localhost:*",), "ftp://localhost:{port}/keys"),
        (("localhost:*",), "http://localhost:99999/keys"),
        ((), "https://[::ffff:127.0.0.1]:{port}/keys"),
    ],
)
def test_what_the_operator_did_not_name_is_not_called(
    port: int, allowed: tuple[str, ...], url: str
) -> None:
    with pytest.raises(FetchRefused):
        fetcher(*allowed).get_json(url.format(port=port))
    assert Answers.asked == []


@pytest.mark.parametrize("path", ["long", "words", "gone", "elsewhere"])
def test_only_short_json_with_status_200_and_no_redirect_is_an_answer(port: int, path: str) -> None:
    with pytest.raises(FetchFailed):
        fetcher("localhost:*").get_json(f"http://localhost:{port}/{path}")
    assert len(Answers.asked) == 1
