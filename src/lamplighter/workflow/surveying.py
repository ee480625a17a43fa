"""Keeps the topology fresh: what runs, what needs what by every source, and what alerts taught. Decides nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from lamplighter.domain.graph import Graph
from lamplighter.domain.topology import Component, Edge
from lamplighter.ports import Clock, Store, StoreUnavailable
from lamplighter.workflow.correlator import Correlator
from lamplighter.workflow.world import INVENTORY_SUFFIX, Survey, World

KNOWN_FOR = timedelta(days=7)
log = structlog.get_logger()


@dataclass(slots=True)
class Surveying:
    """Surveys at the start and at every pause. An engine that is away keeps what it was last seen to run.

    `away` holds the engines that could not be asked the last time, with the reason; `looked` those asked in this life.
    """

    store: Store
    world: World
    clock: Clock
    correlator: Correlator
    every_seconds: float = 60.0
    away: dict[str, str] = field(default_factory=dict)
    looked: frozenset[str] = frozenset()
    _seen: dict[str, tuple[Component, ...]] = field(default_factory=dict)
    _last: tuple[tuple[Component, ...], frozenset[Edge]] | None = None

    @property
    def components(self) -> tuple[Component, ...]:
        """What runs, as last seen."""
        return self._last[0] if self._last else ()

    @property
    def edges(self) -> frozenset[Edge]:
        """What needs what, as last known."""
        return self._last[1] if self._last else frozenset()

    async def run(self) -> None:
        """Survey until cancelled; a store that is away is waited for."""
        while True:
            try:
                await self.once()
            except StoreUnavailable as problem:
                log.warning("the store is away; the topology stays as it was", problem=str(problem))
            await self.clock.sleep(self.every_seconds)

    async def once(self) -> Graph | None:
        """One survey; the new graph, or None where nothing changed. Raises `StoreUnavailable`."""
        survey = await self.world.survey()
        self.away = {piece.tool.removesuffix(INVENTORY_SUFFIX): piece.error for piece in survey.failures}
        self.looked = self.world.systems
        components = self._with_absent(survey)
        seen = (*self.world.edges(components), *(edge for part in components for edge in part.edges))
        now = self.clock.now()
        learned = tuple(self.correlator.learned)
        await asyncio.to_thread(self.store.edges.keep, (*seen, *learned), now)
        self.correlator.learned.difference_update(learned)
        known = await asyncio.to_thread(self.store.edges.known, now - KNOWN_FOR)
        edges = frozenset((*seen, *known))
        if self._last == (components, edges):
            return None
        self._last = (components, edges)
        graph = Graph(sorted(edges, key=lambda one: (one.source, one.target, one.kind, one.origin)), components)
        await self.correlator.survey(graph)
        return graph

    def _with_absent(self, survey: Survey) -> tuple[Component, ...]:
        """What runs; for an engine that could not be asked, what it was last seen to run."""
        away = {piece.tool.removesuffix(INVENTORY_SUFFIX) for piece in survey.failures}
        fresh: dict[str, list[Component]] = {}
        for part in survey.components:
            fresh.setdefault(part.system, []).append(part)
        self._seen = {system: parts for system, parts in self._seen.items() if system in away}
        self._seen |= {system: tuple(parts) for system, parts in fresh.items()}
        return tuple(part for system in sorted(self._seen) for part in self._seen[system])
