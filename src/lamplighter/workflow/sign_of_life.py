"""Tells somebody outside every minute that we live; its failure is seen in log and metrics, and blocks nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from lamplighter.domain.redaction import redact
from lamplighter.ports import ChannelError, Clock, Heartbeat

EVERY_SECONDS = 60.0
BEAT_SECONDS_MAX = 15.0
log = structlog.get_logger()


@dataclass(slots=True)
class SignOfLife:
    """`counts` is for the metrics: by name and by whether it arrived. `well` withholds the sign, as where not ready."""

    heartbeats: tuple[Heartbeat, ...]
    clock: Clock
    counts: Counter[tuple[str, str]]
    well: Callable[[], str] = lambda: ""
    _failing: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Beat until cancelled."""
        while self.heartbeats:
            for heartbeat in self.heartbeats:
                await self.once(heartbeat)
            await self.clock.sleep(EVERY_SECONDS)

    async def once(self, heartbeat: Heartbeat) -> bool:
        """One sign; False where it was withheld or did not arrive."""
        problem = await self._beaten(heartbeat)
        if problem:
            self.counts[heartbeat.name, "failed"] += 1
            if heartbeat.name not in self._failing:
                log.warning("the sign of life did not arrive", heartbeat=heartbeat.name, problem=redact(problem))
            self._failing.add(heartbeat.name)
            return False
        self.counts[heartbeat.name, "sent"] += 1
        if heartbeat.name in self._failing:
            log.info("the sign of life arrives again", heartbeat=heartbeat.name)
            self._failing.discard(heartbeat.name)
        return True

    async def _beaten(self, heartbeat: Heartbeat) -> str:
        """Empty where the sign arrived; otherwise why not."""
        try:
            ill = await asyncio.to_thread(self.well)
            if ill:
                return f"withheld: {ill}"
            async with asyncio.timeout(BEAT_SECONDS_MAX):
                await heartbeat.beat()
        except TimeoutError:
            return f"no answer in {BEAT_SECONDS_MAX:.0f} s"
        except ChannelError as problem:
            return str(problem)
        except Exception as problem:
            # Whatever an answer from outside breaks must not end the process, nor the signs to come.
            log.exception("the sign of life broke", heartbeat=heartbeat.name)
            return type(problem).__name__
        return ""
