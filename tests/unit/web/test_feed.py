"""One reading for all listeners: nothing missed, nothing twice, nobody slowed down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.testing import NOON
from lamplighter.web.feed import (
    GAP_SECONDS,
    LISTENERS_MAX,
    WAITING_FRAMES_MAX,
    Feed,
    Frame,
    Gaps,
    Listener,
    frame_of,
)
from lamplighter.web.problems import Problem

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

MADE = Event("INC-1", "k", NOON, Moment.COMMENTED, Crew.PERSON, "hello", {}, 1)


def events(*seqs: int) -> list[Event]:
    return [replace(MADE, seq=seq, key=f"k{seq}") for seq in seqs]


@asynccontextmanager
async def running(feed: Feed) -> AsyncIterator[None]:
    task = asyncio.create_task(feed.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def heard(listener: Listener) -> list[int]:
    return [frame.seq for frame in await listener.take(5.0)]


async def test_a_listener_hears_what_happens_from_now_on(bench: Bench) -> None:
    bench.incidents.open(1)
    feed = bench.context.feed
    async with running(feed):
        with feed.listening() as one, feed.listening() as other:
            await feed.begun()
            bench.incidents.tell("INC-1", Moment.HELD, "a storm")
            bench.bell.rung.set()
            assert await heard(one) == await heard(other) == [2]


async def test_many_events_are_read_in_pages_and_none_is_left_out(bench: Bench) -> None:
    feed = bench.context.feed
    async with running(feed):
        with feed.listening() as one:
            await feed.begun()
            for number in range(900):
                bench.incidents.tell("INC-1", Moment.JOINED, str(number))
            bench.bell.rung.set()
            found: list[int] = []
            while len(found) < 900:
                found += await heard(one)
            assert found == list(range(1, 901))


async def test_without_listeners_nothing_is_read(bench: Bench) -> None:
    feed = bench.context.feed
    async with running(feed):
        bench.incidents.tell("INC-1", Moment.HELD, "before")
        bench.bell.rung.set()
        await asyncio.sleep(0)
        assert feed.head == 0
        with feed.listening():
            await feed.begun()
            assert feed.head == 1


async def test_a_store_that_is_away_is_waited_for(bench: Bench) -> None:
    feed = bench.context.feed
    bench.incidents.away = True
    async with running(feed):
        with feed.listening() as one:
            await asyncio.sleep(0)
            bench.incidents.away = False
            await feed.begun()
            bench.incidents.away = True
            bench.bell.rung.set()
            await asyncio.sleep(0)
            bench.incidents.tell("INC-1", Moment.HELD, "now")
            bench.incidents.away = False
            for _ in range(20):
                bench.bell.rung.set()
                if found := [frame.seq for frame in await one.take(0.05)]:
                    break
            assert found == [1]


async def test_a_listener_that_does_not_read_is_cut_off_and_costs_nobody_else(bench: Bench) -> None:
    slow, quick = Listener(), Listener()
    frames = [frame_of(event) for event in events(*range(1, WAITING_FRAMES_MAX + 1))]
    slow.offer(frames)
    slow.offer(frames[:1])
    quick.offer(frames[:1])
    assert slow.lost
    assert not slow.waiting
    slow.offer(frames[:1])
    assert not slow.waiting
    assert await heard(quick) == [1]


async def test_only_so_many_may_listen(bench: Bench) -> None:
    feed = bench.context.feed
    held = [feed.listening() for _ in range(LISTENERS_MAX)]
    for one in held:
        one.__enter__()
    with pytest.raises(Problem) as refused, feed.listening():
        pass
    assert refused.value.status == 503
    assert refused.value.headers["Retry-After"]
    held[0].__exit__(None, None, None)
    with feed.listening():
        assert len(feed) == LISTENERS_MAX


async def test_the_end_lets_everybody_go(bench: Bench) -> None:
    feed = bench.context.feed
    with feed.listening() as one:
        feed.end()
        assert await one.take(5.0) == []
        assert one.left
    with pytest.raises(Problem, match="stopping"):
        feed.check_room()


def fresh(gaps: Gaps, found: Sequence[Event], head: int, now: float) -> tuple[list[int], int]:
    new, head = gaps.fresh(found, head, now)
    return [event.seq for event in new], head


def test_what_becomes_visible_late_is_still_told_once() -> None:
    gaps = Gaps()
    assert fresh(gaps, events(1, 2, 5), 0, 0.0) == ([1, 2, 5], 5)
    assert gaps.floor(5, 1.0) == 2
    assert fresh(gaps, events(3, 5), 5, 1.0) == ([3], 5)
    assert gaps.floor(5, 2.0) == 3
    assert fresh(gaps, events(4, 5, 6), 5, 2.0) == ([4, 6], 6)
    assert gaps.floor(6, 2.0) == 6


def test_a_number_that_never_comes_is_given_up() -> None:
    gaps = Gaps()
    fresh(gaps, events(3), 1, 0.0)
    assert gaps.floor(3, GAP_SECONDS - 0.1) == 1
    assert gaps.floor(3, GAP_SECONDS) == 3


def test_without_gaps_nothing_is_read_twice() -> None:
    gaps = Gaps()
    _, head = fresh(gaps, events(*range(1, 2000)), 0, 0.0)
    assert gaps.floor(head, 0.0) == head


def test_a_jump_over_millions_is_bounded() -> None:
    gaps = Gaps()
    _, head = fresh(gaps, events(10**9), 0, 0.0)
    assert head - gaps.floor(head, 0.0) <= 1001


def test_a_frame_is_one_event_without_secrets_in_ascii() -> None:
    text = "password=hunter2 \n\nevent: forged\r\nid: 9 \ud800 \u2028 naïve"
    made = frame_of(replace(MADE, seq=7, text=text, data={"token": "abc", "at": NOON}))
    assert (made.seq, made.incident_id) == (7, "INC-1")
    lines = made.data.decode("ascii").split("\n")
    assert lines[:2] == ["id: 7", "event: commented"]
    assert lines[3:] == ["", ""]
    shown = json.loads(lines[2].removeprefix("data: "))
    assert "hunter2" not in made.data.decode()
    assert shown["data"]["token"] == "[redacted]"
    assert shown["incident_id"] == "INC-1"
    assert shown["text"].endswith("naïve")


async def test_what_was_told_lately_is_remembered_in_the_order_of_telling(bench: Bench) -> None:
    feed = bench.context.feed
    async with running(feed):
        with feed.listening() as one:
            await feed.begun()
            bench.incidents.events += events(1, 3)
            bench.bell.rung.set()
            assert await heard(one) == [1, 3]
            bench.incidents.events += events(2)
            bench.bell.rung.set()
            assert await heard(one) == [2]
            remembered: list[Frame] | None = feed.recent_after(3)
            assert remembered is not None
            assert [frame.seq for frame in remembered] == [2]
            assert feed.recent_after(99) is None
