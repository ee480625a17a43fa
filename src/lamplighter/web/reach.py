"""How people reach this server: the address that the configuration says, or a guess. Nothing is sent to guess it."""

from __future__ import annotations

import re
import socket
from ipaddress import ip_address
from pathlib import Path

from lamplighter.settings import Configuration

# An address of RFC 5737 that nobody has: asking the system for the way there sends nothing.
NOWHERE = ("198.51.100.1", 9)
NOWHERE_IPV6 = ("2001:db8::1", 9)
LOOPBACK = ("127.0.0.1", "::1", "localhost")
HERE = "//localhost:"
CONTAINER_MARK = Path("/.dockerenv")
_SHORT_ID = re.compile(r"[0-9a-f]{12}")


def address(configuration: Configuration, *, bridged: bool | None = None) -> str:
    """`site.url`, or http with the address that is listened on; for all of them, the one that leads out.

    `bridged` says that this is a container with a network of its own, whose addresses nobody outside can reach.
    """
    if configuration.site.url:
        return configuration.site.url
    host, port = configuration.server.host, configuration.server.port
    if _is_everywhere(host):
        hidden = behind_a_bridge() if bridged is None else bridged
        host = "localhost" if hidden else outward_address(ipv6=":" in host) or socket.gethostname()
    return _http(host, port)


def own_address(configuration: Configuration) -> str:
    """Where programs on this machine reach it; never the address that stands for all of them."""
    host, port = configuration.server.host, configuration.server.port
    if _is_everywhere(host):
        host = "::1" if ":" in host else "127.0.0.1"
    return _http(host, port)


def from_elsewhere(configuration: Configuration, *, bridged: bool | None = None) -> str:
    """What to do on another machine, where the address is good on this one alone; empty where it is good there too."""
    shown = address(configuration, bridged=bridged)
    host, port = configuration.server.host, configuration.server.port
    if configuration.site.url:
        return ""
    if _is_everywhere(host):
        return f"in place of localhost, the name of this machine where its port {port} is open" if HERE in shown else ""
    if host not in LOOPBACK:
        return ""
    return f"from another machine: ssh -L {port}:{host}:{port} THIS-MACHINE, then the same link there"


def behind_a_bridge(mark: Path = CONTAINER_MARK, hostname: str = "") -> bool:
    """Whether this is a container with a network of its own: its host name is the short form of its id then."""
    return mark.exists() and _SHORT_ID.fullmatch(hostname or socket.gethostname()) is not None


def _is_everywhere(host: str) -> bool:
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return not host


def _http(host: str, port: int) -> str:
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
