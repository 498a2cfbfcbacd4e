"""What keeps the probe from harm: where it may connect to, how fast, and how often in all."""

import ipaddress
import socket
import threading
import time
from urllib.parse import urlsplit

from tests.auth_flows.targets import Care, TargetUnusable
from tests.auth_flows.verdicts import Broken


def allow(url: str, *, anywhere: bool) -> None:
    """Raise TargetUnusable if `url` leads off this machine and nobody said that it may."""
    host = urlsplit(url).hostname or ""
    if anywhere:
        return
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError) as error:
        raise TargetUnusable(f"{host!r} is no address of this machine: {error}") from error
    outside = sorted(address for address in found if not ipaddress.ip_address(address).is_loopback)
    if outside:
        raise TargetUnusable(
            f"{host!r} is {outside[0]}, which is not this machine: "
            "give --not-loopback if the owner named in the target file allows it"
        )


def allow_peer(connected: socket.socket, *, anywhere: bool) -> None:
    """Raise TargetUnusable if a connection leads off this machine, whatever its name said before.

    A name may be looked up twice and mean two machines.
    """
    address = str(connected.getpeername()[0])
    if not anywhere and not ipaddress.ip_address(address).is_loopback:
        raise TargetUnusable(f"{address} answered, which is not this machine: nothing was sent")


class Pace:
    """Spaces requests evenly and ends the run after the most that were allowed."""

    def __init__(self, care: Care) -> None:
        self._gap = 1 / care.requests_per_second
        self._most = care.most_requests
        self._lock = threading.Lock()
        self._next = 0.0
        self._at_once = 0
        self.made = 0

    def wait(self) -> None:
        """Return when the next request may be sent. Raises Broken when none is left."""
        with self._lock:
            if self.made >= self._most:
                raise Broken(f"the {self._most} requests that the target allows are used up")
            self.made += 1
            now = time.monotonic()
            turn = max(self._next, now)
            self._next = turn + self._gap
            at = now if self._at_once else turn
            self._at_once = max(0, self._at_once - 1)
        time.sleep(max(0.0, at - time.monotonic()))

    def let_at_once(self, count: int) -> None:
        """Let the next `count` requests go without a gap between them; the next one waits longer.

        For what can only be seen when requests race: in the long run the rate is the same.
        """
        with self._lock:
            self._at_once = count
