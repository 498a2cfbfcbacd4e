"""Outbound calls: what may be called, under which name, and what counts as an answer."""

import http.server
import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from idp.kernel.fetching import Fault, Fetcher, FetchFailed, FetchRefused
from idp.kernel.public_addresses import is_public


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
    return Fetcher(frozenset(allowed))


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


class Dripping(http.server.BaseHTTPRequestHandler):
    """Sends one byte at a time, for as long as anybody listens."""

    def do_GET(self) -> None:
        whole = {
            "/headers": b"HTTP/1.0 200 OK\r\nX: " + b"x" * 10_000,
            "/body": b"HTTP/1.0 200 OK\r\nContent-Length: 10000\r\n\r\n" + b" " * 10_000,
            "/endless": b'HTTP/1.0 200 OK\r\n\r\n"' + b"x" * 10_000,
        }[self.path]
        try:
            for byte in whole:
                self.wfile.write(bytes([byte]))
                self.server.gone.wait(0.005)  # type: ignore[attr-defined]
        except OSError:
            pass

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def dripping() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dripping) as server:
        server.daemon_threads = True
        server.gone = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.gone.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["headers", "body", "endless"])
def test_a_byte_now_and_then_does_not_keep_us(dripping: int, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(FetchFailed):
        fetcher("127.0.0.1:*").get_json(f"http://127.0.0.1:{dripping}/{path}", timeout=0.2)
    assert time.monotonic() - started < 5, "the whole answer takes 50 seconds"


def test_a_name_that_is_slow_to_resolve_does_not_keep_us(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(5) and [])
    started = time.monotonic()
    with pytest.raises(FetchFailed) as failed:
        fetcher().look("https://slow.example/keys", timeout=0.05)
    ended.set()
    assert failed.value.fault is Fault.TOO_LONG
    assert time.monotonic() - started < 2


def test_a_name_that_leads_nowhere_is_told_apart() -> None:
    for host in ("x" * 64 + ".example", "two..dots.example"):
        with pytest.raises(FetchFailed) as failed:
            fetcher().look(f"https://{host}/keys")
        assert failed.value.fault is Fault.NAME


def test_deep_json_is_no_answer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Answers.bodies, "/keys", (200, b"[" * 20_000))
    with pytest.raises(FetchFailed):
        fetcher("localhost:*").get_json(f"http://localhost:{port}/keys")


@pytest.mark.parametrize("scheme", ["http", "HTTP", "hTTp"])
def test_the_connection_goes_to_the_address_that_was_checked(
    port: int, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """A name that changes its mind between the check and the call gains nothing."""
    real, answers = socket.getaddrinfo, ["127.0.0.1", "127.0.0.9", "127.0.0.9"]

    def changing(host: str, *args: Any, **kwargs: Any) -> Any:
        return real(answers.pop(0) if host == "changing.example" else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    url = f"{scheme}://changing.example:{port}/keys"
    assert fetcher("changing.example:*").get_json(url) == {"keys": []}
    assert answers == ["127.0.0.9", "127.0.0.9"], "the name was looked up again"


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:127.0.0.1]",
     "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a00:1]", "[2002:7f00:1::1]",
     "[::ffff:169.254.169.254]",
     "[fec0::1]", "[::ffff:0:8.8.8.8]", "[3fff::1]", "[5f00::1]", "192.88.99.1",
     "[64:ff9b::192.88.99.1]",
     "127.0.0.1", "2130706433", "0x7f.1", "127.1"],
)  # fmt: skip
def test_no_private_address_is_called(address: str) -> None:
    with pytest.raises((FetchRefused, FetchFailed)) as refused:
        fetcher().get_json(f"https://{address}/keys")
    assert refused.type is FetchRefused or "resolve" in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["ftp://public.example/", "file:///etc/passwd", "https://", "https://user@public.example/",
     "https://good.example@10.0.0.1/", "gopher://x/", "https://[::1", "https://x:99999/", ""],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(FetchRefused):
        fetcher().get_json(url)


@pytest.mark.parametrize("entry", ["localhost:1", "127.0.0.1:*", "*:*", "LOCALHOST:*"])
def test_an_entry_of_the_list_is_for_its_host_and_port(port: int, entry: str) -> None:
    with pytest.raises(FetchRefused):
        fetcher(entry).get_json(f"http://localhost:{port}/keys")
    assert fetcher(f"localhost:{port}").get_json(f"http://localhost:{port}/keys") == {"keys": []}


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_public_also_behind_dns64(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
