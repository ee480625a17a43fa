"""One announcement wakes all who wait, and nobody who comes later."""

from __future__ import annotations

import asyncio

from lamplighter.workflow.news import News


async def test_all_who_wait_are_woken_at_once() -> None:
    news = News()
    waits = [asyncio.create_task(news.wait(5)) for _ in range(3)]
    await asyncio.sleep(0)
    news.announce()
    assert await asyncio.gather(*waits) == [True, True, True]


async def test_who_comes_later_waits_for_the_next() -> None:
    news = News()
    news.announce()
    assert await news.wait(0.001) is False
