"""TLS in front of a provider: what is sent arrives as it was, and old TLS gets nowhere."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from tests.auth_flows.attacks import transport
from tests.support.network import block_other_machines
from tools import tls_listener
from tools.tls_listener import Listener


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        said = str(self.headers).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    block_other_machines(monkeypatch)
    made = tls_listener.prepare(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", made.behind), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with tls_listener.forwarding(made):
        yield made
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_arrives_as_it_was_sent(listener: Listener) -> None:
    sent = {"X-Forwarded-For": "203.0.113.9"}
    answer = requests.get(listener.issuer, headers=sent, verify=str(listener.authority), timeout=10)
    assert "X-Forwarded-For: 203.0.113.9" in answer.text
    assert "X-Forwarded-Proto" not in answer.text
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(listener.issuer, timeout=10)


def test_what_was_prepared_is_found_again(listener: Listener, tmp_path: Path) -> None:
    assert tls_listener.prepared(tmp_path) == listener
    assert tls_listener.prepared(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("context", transport.WEAKENED.values(), ids=transport.WEAKENED)
def test_the_probe_can_speak_what_it_finds_refused(
    listener: Listener, context: Callable[[], ssl.SSLContext]
) -> None:
    """A refusal says nothing of a provider if this machine cannot speak old TLS at all."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(listener.chain)
    server.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    transport.allow_old(server)
    from_server, from_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    served = server.wrap_bio(from_client, from_server, server_side=True)
    asking = context().wrap_bio(from_server, from_client, server_hostname="localhost")
    for side in (asking, served) * 3:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert asking.version() in ("TLSv1", "TLSv1.1", "TLSv1.2")


def test_it_listens_also_where_another_loop_runs(tmp_path: Path) -> None:
    """As in a process that drives a browser."""

    async def inside() -> None:
        with tls_listener.forwarding(tls_listener.prepare(tmp_path)):
            pass

    # In a thread: this one may be driving a browser, which is such a loop itself.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(inside())).result()
