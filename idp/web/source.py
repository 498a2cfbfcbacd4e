"""Where a request came from: the peer's address, or what a configured proxy says of it."""

import ipaddress
from typing import TYPE_CHECKING

from idp.settings import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PROVING = frozenset({"/token", "/introspect", "/revoke"})
"""Where clients prove who they are."""
MACHINES = PROVING | {"/userinfo"}
"""Where programs call, never browsers: no cookie is read there, and errors are JSON."""


def address_of(environ: "WSGIEnvironment", trusted_proxies: tuple[Network, ...]) -> str:
    """Return the caller's address.

    `X-Forwarded-For` counts only when the peer is a configured proxy, and is read from the right:
    the first entry that is no proxy of ours. What cannot be read is the peer itself.
    """
    peer = str(environ.get("REMOTE_ADDR") or "0.0.0.0")  # noqa: S104 - a name for "unknown", never bound
    if not trusted_proxies or not _is_trusted(peer, trusted_proxies):
        return peer
    for entry in reversed(str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")):
        candidate = entry.strip()
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            return peer
        if not _is_trusted(candidate, trusted_proxies):
            return candidate
    return peer


def network_of(address: str) -> str:
    """Return what requests from `address` are counted under: an IPv6 source by its /64.

    That is the least that one subscriber is given: counted one by one, such addresses would
    never run out (RFC 6177). An IPv4 source that a dual-stack socket shows as IPv6 stays alone.
    """
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))


def _is_trusted(address: str, proxies: tuple[Network, ...]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in proxies)
