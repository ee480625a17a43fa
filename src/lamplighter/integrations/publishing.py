"""Bounded requests to a service that takes messages: no redirects, no proxies, and no address in any error's words.

What is said, and what an answer means beyond its status, is not decided here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from lamplighter.domain.redaction import redact
from lamplighter.integrations.fetching import Outward, trust_of
from lamplighter.ports import ChannelError

ANSWER_BYTES_MAX = 2 * 1024 * 1024
ERROR_CHARS_MAX = 300
# Answers that say "not now": everything else below 500 would be the same the next time.
PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """The status, the headers and the bounded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body as JSON; None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def start(self) -> str:
        """The first words of the body, for an error."""
        return redact(self.body[: 4 * ERROR_CHARS_MAX].decode("utf-8", "replace").strip())[:ERROR_CHARS_MAX]


@dataclass(frozen=True, slots=True)
class Publisher:
    """`secret` is cut out of every error, because some services want it in the address."""

    name: str
    timeout_seconds: float = 10.0
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    secret: str = field(default="", repr=False)
    verify_tls: bool = True

    async def ask(
        self, method: str, url: str, json: object | None = None, *, timeout_seconds: float | None = None
    ) -> Answer:
        """Send one request. Raises `ChannelError`, not permanent, where no whole answer came."""
        limit = timeout_seconds or self.timeout_seconds
        try:
            async with asyncio.timeout(limit + 1):
                return await self._ask(method, url, json, limit)
        except (TimeoutError, httpx.TimeoutException) as problem:
            raise ChannelError(f"{self.name}: no whole answer in {limit:g} s", permanent=False) from problem
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
            words = f"{type(problem).__name__}: {problem}"
            raise ChannelError(f"{self.name}: {self._without_secret(words)}", permanent=False) from None

    async def _ask(self, method: str, url: str, json: object | None, limit: float) -> Answer:
        client = httpx.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            timeout=limit,
            transport=Outward(trust_of(url, verify=self.verify_tls)),
            headers={"accept-encoding": "identity", **(self.headers or {})},
        )
        body = bytearray()
        async with client, client.stream(method, url, json=json) as answer:
            async for chunk in answer.aiter_raw():
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise ChannelError(f"{self.name}: answers with too much", permanent=False)
            return Answer(answer.status_code, dict(answer.headers), bytes(body))

    def accepted(self, answer: Answer, now: datetime) -> Answer:
        """The answer where it is a good one. Raises `ChannelError` otherwise."""
        status = answer.status
        if httpx.codes.is_success(status):
            return answer
        if httpx.codes.is_redirect(status):
            words = f"{self.name}: HTTP {status}: it redirects, and I do not follow; write the final address"
            raise ChannelError(words, permanent=True)
        words = f"{self.name}: HTTP {status} {self._without_secret(answer.start)}".strip()
        passing = status in PASSING or httpx.codes.is_server_error(status)
        raise ChannelError(words, permanent=not passing, retry_after_seconds=retry_after(answer.headers, now))

    def _without_secret(self, text: str) -> str:
        return redact(text.replace(self.secret, "[redacted]") if self.secret else text)[:ERROR_CHARS_MAX]


def retry_after(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait by the header Retry-After, in either of its forms; 0 where it says nothing that can be read."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:6])
    try:
        at = parsedate_to_datetime(value)
        until = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0
