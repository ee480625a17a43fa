"""Waits for people in one process: a ring ends them, none is lost, and none lasts longer than it should."""

from __future__ import annotations

import asyncio
import threading

from lamplighter.workflow.durable import Bells


async def hung() -> Bells:
    """Bells whose first wait is over."""
    bells = Bells()
    bells.hang("INC-1")
    await asyncio.wait_for(bells.wait("INC-1", 60), 60)
    return bells


async def test_the_first_wait_of_a_life_ends_at_once_because_a_ring_may_be_lost() -> None:
    bells = await hung()
    waiting = asyncio.create_task(bells.wait("INC-1", 60))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    waiting.cancel()


async def test_a_ring_ends_the_wait() -> None:
    bells = await hung()
    waiting = asyncio.create_task(bells.wait("INC-1", 60))
    await asyncio.sleep(0)
    bells.ring("INC-1")
    await asyncio.wait_for(waiting, 60)


async def test_what_rings_before_the_wait_is_not_lost_and_counts_once() -> None:
    bells = await hung()
    bells.ring("INC-1")
    await asyncio.sleep(0)
    await asyncio.wait_for(bells.wait("INC-1", 60), 60)
    again = asyncio.create_task(bells.wait("INC-1", 60))
    await asyncio.sleep(0.05)
    assert not again.done()
    again.cancel()


async def test_a_wait_ends_by_itself() -> None:
    bells = await hung()
    await asyncio.wait_for(bells.wait("INC-1", 0.01), 60)


async def test_another_thread_may_ring() -> None:
    bells = await hung()
    waiting = asyncio.create_task(bells.wait("INC-1", 60))
    await asyncio.sleep(0)
    ringer = threading.Thread(target=bells.ring, args=("INC-1",))
    ringer.start()
    await asyncio.wait_for(waiting, 60)
    ringer.join()


async def test_ringing_for_who_is_not_at_work_does_nothing() -> None:
    bells = Bells()
    bells.hang("INC-1")
    bells.take_down("INC-1")
    bells.ring("INC-1")
