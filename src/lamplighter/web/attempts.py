"""How often anybody may try to sign in, by name and by address. In memory: a restart forgets it."""

from __future__ import annotations

import hashlib
import math
import time
from ipaddress import IPv4Address, ip_address, ip_network

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from lamplighter.web.problems import Problem

WINDOW_SECONDS = 300
PER_NAME = RateLimitItemPerSecond(10, WINDOW_SECONDS, namespace="name")
PER_ADDRESS = RateLimitItemPerSecond(40, WINDOW_SECONDS, namespace="address")
IPV6_SITE_BITS = 64


class Attempts:
    """Counts attempts before their password is looked at; one that succeeds clears the count of its name."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, address: str, name: str = "") -> None:
        """Count one attempt from an address, and for a name. Raises `Problem` 429 that says when to try again."""
        counted = [(PER_ADDRESS, _site(address)), *([(PER_NAME, _mark(name))] if name else [])]
        for limit, key in counted:
            if not self._limiter.hit(limit, key):
                again_at = self._limiter.get_window_stats(limit, key).reset_time
                seconds = max(1, math.ceil(again_at - time.time()))
                raise Problem(
                    429,
                    "too-many-attempts",
                    "too many attempts to sign in",
                    f"wait {seconds} s; the data folder's token works meanwhile",
                    {"Retry-After": str(seconds)},
                )

    def succeeded(self, name: str) -> None:
        """The name's attempts are forgotten. Those of the address are not: one account would open all others."""
        self._limiter.clear(PER_NAME, _mark(name))


def _mark(name: str) -> str:
    return hashlib.sha256(name.strip().lower().encode("utf-8", "replace")).hexdigest()


def _site(address: str) -> str:
    """The address; of IPv6 the network that one customer has, who would otherwise never run out of addresses."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((int(found), IPV6_SITE_BITS), strict=False))
