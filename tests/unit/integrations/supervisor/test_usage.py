from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime

import psutil

from lamplighter.integrations.supervisor.process import Info
from lamplighter.integrations.supervisor.usage import resident_bytes, usage


class Turning:
    """A clock that is the machine's own; who sleeps on it computes meanwhile, or waits."""

    def __init__(self, *, computes: bool) -> None:
        self._computes = computes

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self._computes and time.monotonic() < end:
            sum(range(1000))
        await asyncio.sleep(max(0.0, end - time.monotonic()))


def info(pid: int, start: int) -> Info:
    return Info("store", "store", start, 0, 0, 20, "RUNNING", "", 0, pid)


def test_memory_is_told_only_of_the_process_that_supervisord_started() -> None:
    started = int(psutil.Process().create_time())
    assert (resident_bytes(info(os.getpid(), started)) or 0) > 1 << 20
    assert resident_bytes(info(os.getpid(), started - 1000)) is None
    assert resident_bytes(info(0, started)) is None
    assert resident_bytes(info(2**22 + 1, started)) is None


async def test_a_process_that_computes_uses_what_it_may_use_and_one_that_waits_uses_nothing() -> None:
    me = info(os.getpid(), int(psutil.Process().create_time()))
    busy = await usage(me, Turning(computes=True))
    idle = await usage(me, Turning(computes=False))
    assert busy is not None
    assert idle is not None
    assert busy["cpu_wanted_share"] * busy["processors"] > 0.5
    assert idle["cpu_share"] < busy["cpu_wanted_share"]
    assert busy["cpu_wanted_share"] >= busy["cpu_share"]
    assert busy["threads"] >= 1.0
    assert 0.0 < busy["files"] <= busy.get("files_max", busy["files"])


async def test_of_a_process_that_is_gone_nothing_is_told() -> None:
    assert await usage(info(2**22 + 1, 5), Turning(computes=False)) is None
