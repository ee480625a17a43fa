"""The stream of one client, as ASGI messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import Message

from lamplighter.domain.access import Role
from lamplighter.domain.timeline import Moment
from lamplighter.web import events
from lamplighter.web.events import ASKED_AGAIN_SECONDS, EventStream, Sight
from lamplighter.web.feed import LISTENERS_MAX, WAITING_FRAMES_MAX

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench


class Wire:
    """One connection: what was sent, and a client that may leave."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.gone = asyncio.Event()
        self.came = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.open.wait()
        self.sent.append(message)
        self.came.set()

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    @property
    def ids(self) -> list[int]:
        return [int(line[4:]) for line in self.text.splitlines() if line.startswith("id: ")]

    async def until(self, count: int) -> list[int]:
        async with asyncio.timeout(60):
            while len(self.ids) < count:
                self.came.clear()
                await self.came.wait()
        return self.ids


@asynccontextmanager
async def streaming(
    bench: Bench, since: int | None = None, still: Callable[[], Awaitable[bool]] | None = None
) -> AsyncIterator[Wire]:
    wire = Wire()
    feeding = asyncio.create_task(bench.context.feed.run())
    stream = asyncio.create_task(
        EventStream(bench.context.feed, since, still)({"type": "http"}, wire.receive, wire.send)
    )
    try:
        await bench.context.feed.begun()
        yield wire
        wire.gone.set()
        async with asyncio.timeout(60):
            await stream
    finally:
        for task in (stream, feeding):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def happen(bench: Bench, count: int) -> None:
    for number in range(count):
        bench.incidents.tell("INC-1", Moment.JOINED, str(number))
    bench.bell.rung.set()


async def test_a_new_client_hears_only_what_is_new(bench: Bench) -> None:
    happen(bench, 3)
    async with streaming(bench) as wire:
        happen(bench, 2)
        assert await wire.until(2) == [4, 5]
    headers = dict(wire.sent[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert headers[b"cache-control"] == b"no-store"
    assert b"content-length" not in headers
    assert wire.sent[-1].get("more_body", False) is False


async def test_a_client_that_comes_back_gets_what_it_missed_and_then_what_is_new(bench: Bench) -> None:
    happen(bench, 1200)
    async with streaming(bench, since=100) as wire:
        await wire.until(1100)
        happen(bench, 1)
        assert await wire.until(1101) == list(range(101, 1202))


async def test_what_was_told_out_of_order_is_not_missed_after_a_break(bench: Bench) -> None:
    async with streaming(bench) as first:
        happen(bench, 3)
        late = bench.incidents.events.pop(1)
        await first.until(2)
        bench.incidents.events.append(late)
        bench.bell.rung.set()
        assert await first.until(3) == [1, 3, 2]
        with bench.context.feed.listening() as listener:
            chunks = EventStream(bench.context.feed, 3)._chunks(listener)
            await anext(chunks)
            assert b"id: 2\n" in await anext(chunks)
            await chunks.aclose()


async def test_a_stream_ends_when_who_opened_it_may_see_it_no_more(bench: Bench) -> None:
    answers = [True, False]

    async def still() -> bool:
        return answers.pop(0)

    async with streaming(bench, still=still) as wire:
        happen(bench, 1)
        assert await wire.until(1) == [1]
        happen(bench, 1)
        async with asyncio.timeout(60):
            while wire.sent[-1].get("more_body", False):
                wire.came.clear()
                await wire.came.wait()
    assert wire.ids == [1]


async def test_the_right_to_see_is_found_out_anew_but_not_at_every_event(bench: Bench) -> None:
    headers = [(b"cookie", bench.signed_in(Role.VIEWER).encode())]
    sight = Sight(Request({"type": "http", "headers": headers, "client": None, "app": bench.api}))
    assert await sight.holds()
    assert bench.people.questions == 0
    bench.clock.advance(ASKED_AGAIN_SECONDS)
    assert await sight.holds()
    assert bench.people.questions == 1
    bench.people.away = True
    bench.clock.advance(ASKED_AGAIN_SECONDS)
    assert not await sight.holds()
    bench.people.away = False
    bench.people.open_sessions.clear()
    bench.clock.advance(ASKED_AGAIN_SECONDS)
    assert not await sight.holds()


async def test_a_client_that_does_not_read_is_told_to_come_back(bench: Bench) -> None:
    async with streaming(bench) as wire:
        wire.open.clear()
        for _ in range(4):
            happen(bench, WAITING_FRAMES_MAX // 2)
            for _ in range(50):
                await asyncio.sleep(0.001)
        wire.open.set()
        async with asyncio.timeout(60):
            while "too slow" not in wire.text:
                wire.came.clear()
                await wire.came.wait()
    assert "Last-Event-ID" in wire.text


async def test_the_door_refuses_what_is_too_much(bench: Bench) -> None:
    feed = bench.context.feed
    held = [feed.listening() for _ in range(LISTENERS_MAX)]
    for one in held:
        one.__enter__()
    async with bench.client(events.router) as client:
        refused = await client.get("/api/v1/events")
        assert refused.status_code == 503
        assert refused.json()["fix"]
        assert (await client.get("/api/v1/events?since=-1")).status_code == 422
        assert (await client.get(f"/api/v1/events?since={10**30}")).status_code == 422


async def test_the_end_of_the_server_ends_the_stream(bench: Bench) -> None:
    async with streaming(bench) as wire:
        bench.context.feed.end()
    assert wire.sent[-1]["body"] == b""
