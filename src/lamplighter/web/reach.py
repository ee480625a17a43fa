"""How people reach this server: the address that the configuration says, or a guess. Nothing is sent to guess it."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from lamplighter.settings import Configuration

# An address of RFC 5737 that nobody has: asking the system for the way there sends nothing.
NOWHERE = ("198.51.100.1", 9)
NOWHERE_IPV6 = ("2001:db8::1", 9)


def address(configuration: Configuration) -> str:
    """`site.url`, or http with the address that is listened on; for all of them, the one that leads out."""
    if configuration.site.url:
        return configuration.site.url
    host, port = configuration.server.host, configuration.server.port
    try:
        everywhere = ip_address(host).is_unspecified
    except ValueError:
        everywhere = not host
    if everywhere:
        host = outward_address(ipv6=":" in host) or socket.gethostname()
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def outward_address(*, ipv6: bool = False) -> str:
    """This machine's address on the way out; empty where there is no way."""
    for family, nowhere in ((socket.AF_INET, NOWHERE), (socket.AF_INET6, NOWHERE_IPV6))[: 2 if ipv6 else 1]:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as way:
                way.connect(nowhere)
                return str(way.getsockname()[0])
        except OSError:
            continue
    return ""
