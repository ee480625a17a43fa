"""Looks now and then at how full everything is, but only while somebody wants to see it. Decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lamplighter.diagnosis.readers import read
from lamplighter.domain.alert import Alert, AlertStatus, fingerprint_of
from lamplighter.domain.evidence import Evidence, Fact, Question
from lamplighter.domain.topology import Component
from lamplighter.ports import Clock, EvidenceTool, ToolError
from lamplighter.workflow.gauging import Gauging
from lamplighter.workflow.surveying import Surveying
from lamplighter.workflow.world import World

# Looks that cost little and tell levels. A series is not asked for: which one tells a level is a diagnosis of its own.
TOOLS = frozenset(
    {"host.state", "df", "free", "docker.stats", "supervisor.status", "proxmox.nodes", "postgresql.activity"}
)
EVERY_SECONDS = 30.0
LOOKS_MAX = 40
LOOKS_AT_ONCE = 3
LOOK_SECONDS_MAX = 8.0
LEVEL_BEFORE = timedelta(minutes=5)


@dataclass(slots=True)
class Vitals:
    """What was last seen; `refresh` looks again where that is old."""

    world: World
    surveying: Surveying
    clock: Clock
    gauging: Gauging
    facts: tuple[Fact, ...] = ()
    _seen: tuple[Fact, ...] = ()
    _looked_at: float | None = None
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def refresh(self) -> None:
        """Look and read, each unless it was done a short while ago; nothing where it is being done."""
        if self._looking.locked():
            return
        async with self._looking:
            read = await self.gauging.refresh()
            now = self.clock.monotonic()
            fresh = self._looked_at is not None and now - self._looked_at < EVERY_SECONDS
            if not fresh:
                self._looked_at = now
                self._seen = await self._look()
            if read or not fresh:
                self.facts = (*self._seen, *self.gauging.facts)

    async def _look(self) -> tuple[Fact, ...]:
        places = asyncio.Semaphore(LOOKS_AT_ONCE)
        end = self.clock.now()
        tools = [tool for roles in self.world.roles for tool in roles.tools if tool.name in TOOLS]
        pairs = [(tool, part) for part in self.surveying.components for tool in tools if tool.serves(part)]
        jobs = (_ask(tool, part, end, places) for tool, part in pairs[:LOOKS_MAX])
        pieces = [piece for found in await asyncio.gather(*jobs) for piece in found]
        return tuple(fact for piece in pieces if not piece.error for fact in read(piece))


async def _ask(tool: EvidenceTool, part: Component, end: datetime, places: asyncio.Semaphore) -> Sequence[Evidence]:
    """One look; what cannot be seen is left out, and so is unknown."""
    async with places:
        try:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                return await tool.gather(_question(part, end))
        except (ToolError, TimeoutError):
            return ()


def _question(part: Component, end: datetime) -> Question:
    """What a tool is asked, without an alert that somebody sent."""
    labels = {"alertname": "vitals", "name": part.name}
    alert = Alert("vitals", fingerprint_of(labels), AlertStatus.FIRING, labels, {}, end, None)
    return Question(part, alert, end - LEVEL_BEFORE, end)
