"""Checks Grafana's HMAC: bare hexadecimal over the body, or over `timestamp:body`. What is in the body is not read."""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Mapping

from lamplighter.ports import Clock, Forged

REPLAY_SECONDS = 300.0
SEEN_MAX = 10_000
SIGNATURE_CHARS = 64
TIMESTAMP_CHARS_MAX = 15


class GrafanaGate:
    """Asked besides the token. The same delivery a second time within five minutes of being taken is a replay.

    With a timestamp header older deliveries are refused too; without one a copy cannot be told from a repeat.
    """

    source = "grafana"
    sufficient = False

    def __init__(self, secret: bytes, signature_header: str, timestamp_header: str, clock: Clock) -> None:
        self._secret = secret
        self._signature_header = signature_header
        self._timestamp_header = timestamp_header
        self._clock = clock
        self._seen: OrderedDict[str, float] = OrderedDict()

    async def admit(self, payload: bytes, headers: Mapping[str, str], *, dry_run: bool = False) -> bool:
        """True where the signature holds. Raises `Forged`."""
        del dry_run
        given = _header(headers, self._signature_header)
        if not given:
            raise Forged(f"the header {self._signature_header} is missing")
        signed = payload
        if self._timestamp_header:
            signed = _header(headers, self._timestamp_header).encode() + b":" + payload
        wanted = hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            raise Forged(f"the signature in {self._signature_header} is not that of this body")
        if self._timestamp_header:
            self._check_age(_header(headers, self._timestamp_header))
        self._forget()
        if wanted in self._seen:
            raise Forged("this delivery was taken already")
        return True

    def accepted(self, payload: bytes, headers: Mapping[str, str]) -> None:
        """Remember it, so that it counts as replayed from here on."""
        del payload
        self._seen[_header(headers, self._signature_header)] = self._clock.monotonic()
        if len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)

    def _check_age(self, text: str) -> None:
        if not (text.isascii() and text.isdigit()) or len(text) > TIMESTAMP_CHARS_MAX:
            raise Forged(f"the header {self._timestamp_header} holds no time in seconds")
        if abs(self._clock.now().timestamp() - int(text)) > REPLAY_SECONDS:
            raise Forged(f"the delivery was signed more than {REPLAY_SECONDS:.0f} s away from now")

    def _forget(self) -> None:
        # A signed time may lie ahead by as much as it may lie behind.
        kept_seconds = 2 * REPLAY_SECONDS if self._timestamp_header else REPLAY_SECONDS
        limit = self._clock.monotonic() - kept_seconds
        while self._seen and next(iter(self._seen.values())) < limit:
            self._seen.popitem(last=False)


def _header(headers: Mapping[str, str], name: str) -> str:
    """The header, whatever the case of its name."""
    lowered = name.lower()
    return next((value for key, value in headers.items() if key.lower() == lowered), "")
