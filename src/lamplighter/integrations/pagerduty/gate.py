"""Compares the routing key of an event with the configured one, in constant time. Nothing else of the event is read."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from lamplighter.domain.alert import BadSignal
from lamplighter.domain.reception import read_object
from lamplighter.integrations.pagerduty.signal import EVENT_BYTES_MAX, FIX
from lamplighter.ports import Forged


class PagerdutyGate:
    """Senders of this shape cannot be given our token, and the routing key is their secret, so it stands in for it."""

    source = "pagerduty"
    sufficient = True

    def __init__(self, routing_key: bytes) -> None:
        self._routing_key = routing_key

    async def admit(self, payload: bytes, headers: Mapping[str, str], *, dry_run: bool = False) -> bool:
        """True where the key is ours. Raises `Forged`."""
        del headers, dry_run
        if len(payload) > EVENT_BYTES_MAX:
            raise Forged(f"an event holds at most {EVENT_BYTES_MAX} bytes")
        try:
            given = read_object(payload, FIX).get("routing_key")
        except BadSignal as problem:
            raise Forged("the body is no event with a routing_key") from problem
        text = given if isinstance(given, str) else ""
        if not hmac.compare_digest(text.encode("utf-8", "replace"), self._routing_key):
            raise Forged("the routing_key is missing or wrong")
        return True

    def accepted(self, payload: bytes, headers: Mapping[str, str]) -> None:
        """Nothing to remember: the same event again is the same trouble."""
