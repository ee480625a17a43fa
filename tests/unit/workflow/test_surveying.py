"""The topology by every source, kept with its source; an engine that is away takes nothing out of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest

from lamplighter.domain.topology import Edge
from lamplighter.testing import FakeClock, FakeEngine
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.communicator import Watched
from lamplighter.workflow.correlator import Correlator
from lamplighter.workflow.dispatch import Dispatch
from lamplighter.workflow.lease import PlacingLease
from lamplighter.workflow.patrol import Patrol
from lamplighter.workflow.surveying import KNOWN_FOR, Surveying
from lamplighter.workflow.world import World
from tests.unit.workflow.conftest import FakeResponse, MemoryStore

LEARNED = Edge("cart", "node-1", "runs_on", "alert labels")


@dataclass
class Land:
    store: MemoryStore
    clock: FakeClock

    def __post_init__(self) -> None:
        self.engine = FakeEngine()
        self.engine.add("front", **{"lamplighter.depends": "store"})
        self.engine.add("store")
        line = Dispatch(self.store, FakeResponse(), Chronicle(self.store, self.clock), self.clock)
        self.placing = Correlator(self.store, self.clock, line, PlacingLease(self.store.leases, self.clock))
        world = World(self.clock, (self.engine.roles(),), {"store": ["disk"]})
        self.surveying = Surveying(self.store, world, self.clock, self.placing)


@pytest.fixture
def land(store: MemoryStore, clock: FakeClock) -> Land:
    return Land(store, clock)


async def test_every_source_reaches_the_board_and_the_store(land: Land) -> None:
    land.placing.learned.add(LEARNED)
    await land.surveying.once()
    graph = land.placing.board.graph
    assert (graph.uses("front"), graph.uses("store")) == (("store",), ("disk",))
    assert {edge.origin for edge in land.store.edges.held} == {
        "label lamplighter.depends",
        "configuration",
        "alert labels",
    }
    assert land.placing.learned == set()


async def test_what_was_last_seen_is_there_to_be_shown(land: Land) -> None:
    assert (land.surveying.components, land.surveying.edges) == ((), frozenset())
    await land.surveying.once()
    assert {part.name for part in land.surveying.components} == {"front", "store"}
    assert ("store", "disk") in {(edge.source, edge.target) for edge in land.surveying.edges}


async def test_where_nothing_changed_the_board_is_left_as_it_is(land: Land) -> None:
    assert await land.surveying.once() is not None
    assert await land.surveying.once() is None


async def test_an_engine_that_is_away_keeps_what_it_ran(land: Land) -> None:
    await land.surveying.once()
    land.engine.dead = True
    assert await land.surveying.once() is None
    assert land.placing.board.graph.canonical("front", "") == "front"
    land.engine.dead = False
    land.engine.parts.clear()
    assert await land.surveying.once() is not None


async def test_what_was_not_seen_for_long_is_forgotten(land: Land) -> None:
    land.placing.learned.add(LEARNED)
    await land.surveying.once()
    assert land.placing.board.graph.canonical("cart", "") == "cart"
    land.clock.advance((KNOWN_FOR + timedelta(hours=1)).total_seconds())
    await land.surveying.once()
    assert land.placing.board.graph.canonical("cart", "") is None


async def test_which_engines_were_asked_in_this_life_is_known_whether_or_not_they_answered(land: Land) -> None:
    assert land.surveying.looked == frozenset()
    await land.surveying.once()
    assert land.surveying.looked == {land.engine.system}


async def test_who_led_goes_on_listening_while_the_store_is_away_and_not_once_another_leads(land: Land) -> None:
    watched = Watched(land.surveying, Patrol(land.store, (), (), land.clock, land.placing), land.placing)
    assert not watched.listens()
    await land.placing.lease.hold()
    land.clock.advance(600)
    assert (watched.leads(), watched.listens()) == (False, True)
    land.placing.lease.lose()
    assert not watched.listens()
