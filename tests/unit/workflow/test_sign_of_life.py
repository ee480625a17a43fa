"""The sign of life is counted, withheld where we are not well, and its failure is nobody else's trouble."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from lamplighter.ports import ChannelError
from lamplighter.testing import FakeClock
from lamplighter.workflow.sign_of_life import EVERY_SECONDS, SignOfLife


@dataclass
class Pulse:
    name: str = "heartbeat_out"
    beats: int = 0
    fails: bool = False

    async def beat(self) -> None:
        self.beats += 1
        if self.fails:
            raise ChannelError("no route", permanent=False)


async def test_it_beats_every_minute(clock: FakeClock) -> None:
    pulse = Pulse()
    counts: Counter[tuple[str, str]] = Counter()
    task = asyncio.create_task(SignOfLife((pulse,), clock, counts).run())
    for _ in range(100_000):
        if pulse.beats >= 5:
            break
        await asyncio.sleep(0.001)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert pulse.beats >= 5
    assert clock.monotonic() >= 4 * EVERY_SECONDS


async def test_a_failure_is_counted_and_raises_nothing(clock: FakeClock) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    pulse = Pulse(fails=True)
    life = SignOfLife((pulse,), clock, counts)
    assert not await life.once(pulse)
    pulse.fails = False
    assert await life.once(pulse)
    assert counts == {("heartbeat_out", "failed"): 1, ("heartbeat_out", "sent"): 1}


async def test_whatever_a_beat_breaks_on_is_counted_and_the_next_comes_all_the_same(clock: FakeClock) -> None:
    @dataclass
    class Broken(Pulse):
        async def beat(self) -> None:
            self.beats += 1
            raise OverflowError("Python int too large")

    broken, pulse = Broken("broken"), Pulse()
    counts: Counter[tuple[str, str]] = Counter()
    task = asyncio.create_task(SignOfLife((broken, pulse), clock, counts).run())
    for _ in range(100_000):
        if pulse.beats >= 3 or task.done():
            break
        await asyncio.sleep(0.001)
    assert not task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert pulse.beats >= 3
    assert counts["broken", "failed"] >= 3


async def test_who_cannot_tell_whether_it_is_well_gives_no_sign(clock: FakeClock) -> None:
    def unknown() -> str:
        raise RuntimeError("no connection")

    pulse = Pulse()
    assert not await SignOfLife((pulse,), clock, Counter(), well=unknown).once(pulse)
    assert pulse.beats == 0


async def test_who_is_not_well_gives_no_sign(clock: FakeClock) -> None:
    pulse = Pulse()
    counts: Counter[tuple[str, str]] = Counter()
    life = SignOfLife((pulse,), clock, counts, well=lambda: "the store is full")
    assert not await life.once(pulse)
    assert pulse.beats == 0
    assert counts["heartbeat_out", "failed"] == 1
