"""Word that something changed, for everybody in this process who waits for it. Holds nothing of what changed."""

from __future__ import annotations

import asyncio


class News:
    """A broadcast: each announcement wakes all who wait at that moment. Belongs to one event loop."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def announce(self) -> None:
        """Something changed."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - the doors wait for news or for the time to pass
        """True at the next announcement; False after `timeout` seconds without one."""
        try:
            async with asyncio.timeout(timeout):
                await self._next.wait()
        except TimeoutError:
            return False
        return True
