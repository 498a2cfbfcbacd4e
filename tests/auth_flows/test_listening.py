"""The probe hears who calls, and answers as it is told."""

import socket
import threading
import urllib.error
import urllib.request

import pytest

from tests.auth_flows.listening import Reply, listening
from tests.auth_flows.verdicts import NotTried


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_calls_are_kept_and_answered_as_told() -> None:
    address = f"http://localhost:{free_port()}/told"
    with listening(address) as heard:
        with urllib.request.urlopen(address, b"logout_token=a.b.c") as answer:
            assert answer.status == 200
        call = heard.wait_for(lambda call: "logout_token" in call.fields)
        assert call
        assert (call.method, call.path) == ("POST", "/told")
        assert call.fields == {"logout_token": "a.b.c"}
        heard.reply = lambda _call: Reply(500, body=b"no")
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(address)
        assert heard.wait_for(lambda call: call.path == "/other", 0.01) is None


def test_an_answer_can_be_held_back() -> None:
    address = f"http://localhost:{free_port()}/"
    over = threading.Event()
    with listening(address) as heard:
        heard.reply = lambda _call: Reply(hold=over)
        with pytest.raises(OSError, match="timed out"):
            urllib.request.urlopen(address, timeout=0.05)
        over.set()


def test_another_machine_is_not_listened_at() -> None:
    with pytest.raises(NotTried), listening("https://service.example/told"):
        pass
