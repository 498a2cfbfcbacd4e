"""The small server beside a process: a client that dawdles keeps nobody waiting."""

import socket
import threading
import time

import pytest
import requests

from idp.kernel import metrics_server


def test_a_slow_client_keeps_neither_the_others_nor_the_end_waiting() -> None:
    started = time.monotonic()
    with metrics_server.serving("127.0.0.1", 0, "/metrics", "text/plain", lambda: b"ok") as port:
        slow = socket.create_connection(("127.0.0.1", port))
        slow.sendall(b"G")
        assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text == "ok"
    slow.close()
    assert time.monotonic() - started < 3


def test_a_byte_now_and_then_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server, "PATIENCE", 0.1)
    hung_up = threading.Event()
    with (
        metrics_server.serving("127.0.0.1", 0, "/metrics", "text/plain", lambda: b"ok") as port,
        socket.create_connection(("127.0.0.1", port)) as slow,
    ):

        def drip() -> None:
            while not hung_up.wait(0.01):
                try:
                    slow.sendall(b"G")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        slow.settimeout(2)
        try:
            assert slow.recv(1) == b"", "it is still listened to"
        except ConnectionResetError:
            pass
        finally:
            hung_up.set()
            dripping.join()
