"""Forgets what is old, a little at a time: alerts, closed incidents, and the checkpoints of ended responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from lamplighter.ports import Clock, Keeping, Store, StoreUnavailable

ROUNDS_MAX = 40
PAUSE_SECONDS = 0.2
CHECKPOINTS_KEPT = timedelta(days=7)
CHECKPOINTS_AT_ONCE = 200
log = structlog.get_logger()


class Checkpoints(Protocol):
    """Who keeps the checkpoints of responses."""

    async def prune(self, before: datetime, limit: int) -> int:
        """Remove at most `limit` responses that ended before then; returns how many."""
        ...


@dataclass(slots=True)
class Retention:
    """One bounded round every few minutes, by the process that places."""

    store: Store
    clock: Clock
    checkpoints: Checkpoints
    leads: Callable[[], bool]
    keeping: Keeping = field(default_factory=Keeping)
    every_seconds: float = 300.0

    async def run(self) -> None:
        """Prune until cancelled; a store that is away is waited for."""
        while True:
            await self.clock.sleep(self.every_seconds)
            try:
                if self.leads():
                    await self.once()
            except StoreUnavailable as problem:
                log.warning("the store is away; nothing is pruned", problem=str(problem))

    async def once(self) -> int:
        """One round; returns how many rows went. Raises `StoreUnavailable`."""
        gone = 0
        for _ in range(ROUNDS_MAX):
            removed = await asyncio.to_thread(self.store.retention.prune, self.keeping, self.clock.now())
            gone += removed
            if not removed:
                break
            # Others write too; a long row of deletions must leave them room.
            await self.clock.sleep(PAUSE_SECONDS)
        for _ in range(ROUNDS_MAX):
            before = self.clock.now() - CHECKPOINTS_KEPT
            removed = await self.checkpoints.prune(before, CHECKPOINTS_AT_ONCE)
            if removed < CHECKPOINTS_AT_ONCE:
                break
        if gone:
            log.info("old rows were pruned", rows=gone)
        return gone
