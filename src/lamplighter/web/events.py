"""What happens, as it happens: server-sent events over all incidents, resumed by Last-Event-ID."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Annotated

import structlog
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from lamplighter.domain.access import Allowed, Right, may
from lamplighter.ports import StoreUnavailable
from lamplighter.web.access import standing
from lamplighter.web.context import context
from lamplighter.web.feed import READ_EVENTS_MAX, Feed, Frame, Listener
from lamplighter.web.session import person_of

HEARTBEAT_SECONDS = 15.0
STALL_SECONDS_MAX = 30.0
ASKED_AGAIN_SECONDS = 10.0
REPLAY_PAGES_MAX = 200
TOLD_MAX = 1_000
RETRY = b"retry: 3000\n: Lamplighter's events\n\n"
TOO_SLOW = b": too slow; some events were dropped: connect again with Last-Event-ID\n\n"
SEQ_MAX = 2**63 - 1
router = APIRouter(tags=["events"])
log = structlog.get_logger()


class Sight:
    """Whether who opened a stream may still see it; found out anew every ASKED_AGAIN_SECONDS."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._clock = context(request).app.clock
        self._asked_at = self._clock.monotonic()

    async def holds(self) -> bool:
        """Whether it may; not where that cannot be found out."""
        now = self._clock.monotonic()
        if now - self._asked_at < ASKED_AGAIN_SECONDS:
            return True
        self._asked_at = now
        try:
            person = await standing(self._request)
        except StoreUnavailable:
            return False
        return person is not None and isinstance(may(person, Right.SEE), Allowed)


class EventStream(Response):
    """The open answer to one client. It ends when the client leaves, stops reading, or was too slow.

    And when it may not see it any more: `still` is asked before anything is told, because a stream outlives sessions.
    """

    media_type = "text/event-stream"

    def __init__(self, feed: Feed, since: int | None, still: Callable[[], Awaitable[bool]] | None = None) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._feed = feed
        self._since = since
        self._still = still

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until it ends. Raises `Problem` before anything was sent."""
        del scope
        with self._feed.listening() as listener:
            leaving = asyncio.create_task(_await_leaving(receive, listener))
            try:
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                async for chunk in self._chunks(listener):
                    async with asyncio.timeout(STALL_SECONDS_MAX):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
                async with asyncio.timeout(STALL_SECONDS_MAX):
                    await send({"type": "http.response.body", "body": b""})
            except TimeoutError:
                log.warning("a listener did not read", seconds=STALL_SECONDS_MAX)
            except asyncio.CancelledError:
                # The server stops and waits no longer; the client comes back with Last-Event-ID, and nothing is lost.
                log.info("a stream was cut off at the end of the server")
            finally:
                leaving.cancel()

    async def _chunks(self, listener: Listener) -> AsyncIterator[bytes]:
        yield RETRY
        told: set[int] = set()
        if self._since is not None:
            await self._feed.begun()
            async for frames in self._missed(self._since):
                # Once more than once is better than never; what was told long ago need not be remembered for that.
                told = {frame.seq for frame in frames} | (told if len(told) < TOLD_MAX else set())
                yield joined(frames)
        while not (listener.left or listener.lost):
            frames = await listener.take(HEARTBEAT_SECONDS)
            if self._still is not None and not await self._still():
                return
            yield joined([frame for frame in frames if frame.seq not in told]) or b":\n\n"
        if listener.lost:
            yield TOO_SLOW

    async def _missed(self, since: int) -> AsyncIterator[Sequence[Frame]]:
        """What happened after `since` and before now."""
        remembered = self._feed.recent_after(since)
        if remembered is not None:
            yield remembered
            return
        for _ in range(REPLAY_PAGES_MAX):
            try:
                page = await self._feed.stored_after(since)
            except StoreUnavailable as problem:
                log.warning("a listener cannot be told what it missed", problem=str(problem))
                return
            yield page
            if len(page) < READ_EVENTS_MAX:
                return
            since = page[-1].seq


@router.get(
    "/api/v1/events", response_class=Response, responses={200: {"content": {"text/event-stream": {"schema": {}}}}}
)
async def events(
    request: Request,
    since: Annotated[int | None, Query(ge=0, le=SEQ_MAX, description="events past this sequence number, too")] = None,
    last_event_id: Annotated[str, Header(max_length=40, description="the id of the last event that was seen")] = "",
) -> EventStream:
    """Every event of every timeline as it is written; without `since` or Last-Event-ID from now on."""
    feed = context(request).feed
    feed.check_room()
    seen = int(last_event_id) if last_event_id.isascii() and last_event_id.isdigit() else since
    still = None if person_of(request) is None else Sight(request).holds
    return EventStream(feed, None if seen is None else min(seen, SEQ_MAX), still)


def joined(frames: Sequence[Frame]) -> bytes:
    """Frames in one piece."""
    return b"".join(frame.data for frame in frames)


async def _await_leaving(receive: Receive, listener: Listener) -> None:
    """The request's body was read already, so that the next message is that the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.leave()
