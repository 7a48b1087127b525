"""Addresses that a request made for somebody else may never reach.

What `ipaddress.is_global` says varies with the version of Python, and it passes ways around itself (NAT64,
6to4); so what is refused stands here, after IANA's registers of special-purpose addresses.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

FORBIDDEN_V4 = [
    IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3",
        # The host's own services in Azure, on a public address.
        "168.63.129.16/32",
    )
]  # fmt: skip
#: Outside of it there are no global unicast addresses: loopback, mapped, NAT64, local, multicast, reserved.
GLOBAL_V6 = IPv6Network("2000::/3")
FORBIDDEN_V6 = [
    IPv6Network(block)
    for block in (
        # Protocol assignments (Teredo, benchmarking, ORCHID); documentation; 6to4; documentation; AS112.
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48",
    )
]  # fmt: skip


def is_forbidden(address: str) -> bool:
    """Return whether an address, as the resolver or a socket gives it, is no public host's."""
    try:
        known = ip_address(address)
    except ValueError:
        return True
    if isinstance(known, IPv4Address):
        return any(known in block for block in FORBIDDEN_V4)
    return _is_forbidden_v6(known)


def _is_forbidden_v6(known: IPv6Address) -> bool:
    return known not in GLOBAL_V6 or any(known in block for block in FORBIDDEN_V6)
