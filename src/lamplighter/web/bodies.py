"""How much a request may bring: its body is read whole, within bounds, before any door sees it."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lamplighter.web.problems import Problem, answer

READ_SECONDS_MAX = 10.0
DRAIN_BYTES_MAX = 32 * 1024**2
DIGITS_MAX = 18
# What is left of a refused body would be read as the next request.
LAST = {"Connection": "close"}


class SenderGone(Exception):
    """The sender left before its body was whole; nobody waits for an answer."""


class BodyBound:
    """Refuses bodies that are compressed, too large, or do not end. `bytes_max` holds for every door."""

    def __init__(self, app: ASGIApp, bytes_max: int) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read one request's body, and hand it on in one piece."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await self._body(Headers(scope=scope), receive)
        except Problem as problem:
            await answer(scope["path"], problem)(scope, receive, send)
        except SenderGone:
            return
        else:
            await self._app(scope, _replayed(body, receive), send)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        codings = headers.getlist("content-encoding")
        if any(coding.strip().lower() not in {"", "identity"} for coding in codings):
            fix = "send the body as it is, without Content-Encoding"
            raise Problem(415, "compressed", "compressed bodies are not read", fix, LAST)
        declared = headers.get("content-length", "0")
        if len(declared) > DIGITS_MAX or int(declared) > self._bytes_max + DRAIN_BYTES_MAX:
            raise self._too_large()
        try:
            async with asyncio.timeout(READ_SECONDS_MAX):
                return await self._read(receive)
        except TimeoutError as problem:
            detail = f"the body did not end within {READ_SECONDS_MAX:.0f} s"
            raise Problem(408, "slow-body", detail, "send the whole body at once", LAST) from problem

    async def _read(self, receive: Receive) -> bytes:
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise SenderGone
            chunk: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size <= self._bytes_max:
                chunks.append(chunk)
            elif size > self._bytes_max + DRAIN_BYTES_MAX:
                break
            else:
                # Read on for a while and throw it away: a sender that still writes would not see the answer.
                chunks.clear()
        if size > self._bytes_max:
            raise self._too_large()
        return b"".join(chunks)

    def _too_large(self) -> Problem:
        detail = f"the body is larger than {self._bytes_max} bytes; nothing of it was stored"
        fix = "send fewer alerts at once (max_alerts), or raise server.body_bytes_max"
        return Problem(413, "too-large", detail, fix, LAST)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once, then whatever the server says."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message
