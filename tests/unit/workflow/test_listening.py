"""A channel that cannot be heard is asked again, ever later, and only by the process that leads."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from lamplighter.ports import ChannelError, Desk, Pressed, Reply, StoreUnavailable
from lamplighter.testing import FakeClock
from lamplighter.workflow.listening import PAUSE_SECONDS_MAX, Listening


class NoDesk:
    async def press(self, pressed: Pressed) -> Reply:
        return Reply("")

    async def command(self, word: str, argument: str, by: str) -> str:
        return ""

    async def mark(self, name: str) -> str:
        return ""

    async def note(self, name: str, value: str) -> None:
        return


@dataclass
class Ear:
    clock: FakeClock
    name: str = "chat"
    problems: list[Exception] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    seconds: float = 25
    news: int = 0

    async def listen(self, desk: Desk) -> int:
        self.heard.append(self.clock.monotonic())
        await asyncio.sleep(0)
        if self.problems:
            raise self.problems.pop(0)
        self.clock.advance(self.seconds)
        return self.news


async def run(listening: Listening, turns: int, ear: Ear) -> None:
    task = asyncio.create_task(listening.run())
    for _ in range(10_000):
        if len(ear.heard) >= turns:
            break
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_an_outage_is_waited_out_ever_longer(clock: FakeClock) -> None:
    ear = Ear(clock, problems=[ChannelError("502", permanent=False) for _ in range(10)])
    await run(Listening((ear,), NoDesk(), clock), 10, ear)
    pauses = [after - before for before, after in zip(ear.heard, ear.heard[1:], strict=False)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= 1
    assert pauses[-1] == PAUSE_SECONDS_MAX


async def test_retry_after_and_a_store_that_is_away_are_waited_for(clock: FakeClock) -> None:
    ear = Ear(clock, problems=[ChannelError("429", permanent=False, retry_after_seconds=30), StoreUnavailable("x")])
    await run(Listening((ear,), NoDesk(), clock), 3, ear)
    assert ear.heard[1] - ear.heard[0] == 30
    assert len(ear.heard) == 3


async def test_what_is_not_understood_ends_nothing(clock: FakeClock) -> None:
    ear = Ear(clock, problems=[KeyError("from"), RecursionError()])
    await run(Listening((ear,), NoDesk(), clock), 4, ear)
    assert len(ear.heard) == 4


async def test_who_does_not_lead_does_not_listen(clock: FakeClock) -> None:
    ear = Ear(clock)
    leads = iter([False, False, True])
    await run(Listening((ear,), NoDesk(), clock, lambda: next(leads, True)), 1, ear)
    assert ear.heard[0] >= 4


async def test_answers_that_bring_no_news_are_not_asked_for_without_pause(clock: FakeClock) -> None:
    ear = Ear(clock, seconds=0)
    await run(Listening((ear,), NoDesk(), clock), 10, ear)
    assert all(after - before >= 1 for before, after in zip(ear.heard, ear.heard[1:], strict=False))


async def test_news_is_followed_by_the_next_turn_at_once(clock: FakeClock) -> None:
    ear = Ear(clock, seconds=0, news=1)
    await run(Listening((ear,), NoDesk(), clock), 10, ear)
    assert ear.heard[0] == ear.heard[9]
