"""Sockets reach this machine only: a test that would leave it fails at once, and says where to."""

import ipaddress
import socket
from typing import Any

import pytest

_real_connect = socket.socket.connect
_real_connect_ex = socket.socket.connect_ex
_real_getaddrinfo = socket.getaddrinfo


class LeavesThisMachine(RuntimeError):
    """A test tried to reach another machine."""


def _check(family: int, address: Any) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0])
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    if not local:
        raise LeavesThisMachine(f"a test tried to connect to {address!r}")


def _connect(self: socket.socket, address: Any) -> None:
    _check(self.family, address)
    _real_connect(self, address)


def _connect_ex(self: socket.socket, address: Any) -> int:
    _check(self.family, address)
    return _real_connect_ex(self, address)


def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    """`socket.getaddrinfo` in which every name below `localhost` is this machine.

    Browsers do this by themselves (RFC 6761 6.3); Python asks the resolver, which does not know.
    """
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.endswith(".localhost"):
        host = "127.0.0.1"
    return _real_getaddrinfo(host, *args, **kwargs)


def resolve_localhost_names() -> None:
    """Let this process reach the names below `localhost` that the browser tests use."""
    socket.getaddrinfo = getaddrinfo


def block_other_machines(patch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that is not to loopback or a Unix socket."""
    patch.setattr(socket.socket, "connect", _connect)
    patch.setattr(socket.socket, "connect_ex", _connect_ex)
