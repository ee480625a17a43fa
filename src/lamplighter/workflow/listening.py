"""Hears what people answer on channels, one long poll after another; an outage is logged once and waited out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from lamplighter.domain.redaction import redact
from lamplighter.ports import ChannelError, ChannelListener, Clock, Desk, StoreUnavailable

FIRST_PAUSE_SECONDS = 1.0
PAUSE_SECONDS_MAX = 60.0
ASLEEP_SECONDS = 2.0
TURN_SECONDS_MAX = 60.0
# A turn that brought no news takes at least so long, whatever the other side answers.
IDLE_SECONDS_MIN = 1.0
log = structlog.get_logger()


@dataclass(slots=True)
class Listening:
    """Only the process that leads listens, because a chat's news can be taken by one reader alone."""

    listeners: tuple[ChannelListener, ...]
    desk: Desk
    clock: Clock
    leads: Callable[[], bool] = lambda: True

    async def run(self) -> None:
        """Listen until cancelled."""
        await asyncio.gather(*(self._rounds(listener) for listener in self.listeners))

    async def _rounds(self, listener: ChannelListener) -> None:
        failures = 0
        while True:
            if not self.leads():
                await self.clock.sleep(ASLEEP_SECONDS)
                continue
            began = self.clock.monotonic()
            heard = await self.turn(listener)
            if isinstance(heard, int):
                if failures:
                    log.info("a channel can be heard again", channel=listener.name)
                failures = 0
                if not heard and self.clock.monotonic() - began < IDLE_SECONDS_MIN:
                    await self.clock.sleep(IDLE_SECONDS_MIN)
                continue
            if not failures:
                log.warning("a channel cannot be heard", channel=listener.name, problem=redact(str(heard)))
            failures += 1
            pause = min(PAUSE_SECONDS_MAX, FIRST_PAUSE_SECONDS * 2.0 ** min(failures, 10))
            await self.clock.sleep(max(pause, min(PAUSE_SECONDS_MAX, heard.retry_after_seconds)))

    async def turn(self, listener: ChannelListener) -> ChannelError | int:
        """One turn; what went wrong, or how much news it took."""
        try:
            async with asyncio.timeout(TURN_SECONDS_MAX):
                return await listener.listen(self.desk)
        except TimeoutError:
            return ChannelError(f"no answer in {TURN_SECONDS_MAX:.0f} s", permanent=False)
        except StoreUnavailable as problem:
            return ChannelError(f"the store is away: {problem}", permanent=False)
        except ChannelError as problem:
            return problem
        except Exception as problem:
            # What somebody sends into a chat must not end the process, whatever it is.
            log.exception("what came from a channel was not understood", channel=listener.name)
            return ChannelError(type(problem).__name__, permanent=False)
