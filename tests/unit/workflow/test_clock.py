"""The real clock tells UTC and never goes back."""

from __future__ import annotations

from datetime import timedelta

from lamplighter.workflow.clock import SystemClock


async def test_times_are_utc_and_sleep_moves_the_steady_clock() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0.001)
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() > before
