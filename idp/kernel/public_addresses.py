"""Which IP addresses belong to everybody: the one notion of it, for all who call or name one."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _networks(*written: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(map(ipaddress.ip_network, written))


# A gateway turns these IPv6 addresses into the IPv4 one in their last 32 bits: mapped
# (RFC 4291), NAT64 (RFC 6052). Behind DNS64 every IPv4 host looks like that.
_ENDING_IN_IPV4: Final = _networks("::ffff:0:0/96", "64:ff9b::/96")
# Tunnels and translations, elsewhere or by local agreement (RFC 4291, RFC 2765, RFC 8215,
# RFC 3056, RFC 7526), networks of one site (RFC 3879), examples (RFC 9637), SRv6 (RFC 9602):
# Python, by its age, calls some of them global, and nobody needs them.
_NOBODYS: Final = _networks(
    "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2002::/16", "192.88.99.0/24",
    "fec0::/10", "3fff::/20", "5f00::/16",
)  # fmt: skip


def ends_in_ipv4(address: Address) -> bool:
    """Say whether this stands for the IPv4 address in its last 32 bits."""
    return any(address in network for network in _ENDING_IN_IPV4)


def is_public(address: Address) -> bool:
    """Say whether this address, or the IPv4 one that it stands for, is one that everybody has."""
    if ends_in_ipv4(address):
        address = ipaddress.IPv4Address(address.packed[-4:])
    if any(address in network for network in _NOBODYS):
        return False
    return address.is_global and not address.is_multicast
