"""Every alert reaches one incident; a board that does not hold any more is read again; only one process places."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from lamplighter.domain.alert import Alert, Delivery, JournalEntry
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.placement import Past
from lamplighter.domain.topology import Edge
from lamplighter.ports import StoreUnavailable
from lamplighter.testing import NOON, FakeClock, firing, resolved
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.correlator import PLACINGS_MAX, Correlator
from lamplighter.workflow.dispatch import Dispatch
from lamplighter.workflow.lease import PlacingLease
from lamplighter.workflow.tempo import BATCH_BUSY
from tests.unit.workflow.conftest import FakeResponse, MemoryStore, incident_of, member_of


@dataclass
class Desk:
    store: MemoryStore
    clock: FakeClock
    response: FakeResponse = field(default_factory=FakeResponse)
    heard: list[Alert] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dispatch = Dispatch(self.store, self.response, Chronicle(self.store, self.clock), self.clock)
        self.correlator = Correlator(self.store, self.clock, self.dispatch, PlacingLease(self.store.leases, self.clock))
        self.correlator.heard = lambda alert, _: self.heard.append(alert)
        self.dispatch.placing = self.correlator

    async def journaled(self, *alerts: Alert) -> None:
        await self.store.journal.append(Delivery(alerts), "fake", NOON)
        while await self.correlator.place_waiting():
            pass
        await self.dispatch.turn()


@pytest.fixture
def desk(store: MemoryStore, clock: FakeClock) -> Desk:
    return Desk(store, clock)


def add_open(store: MemoryStore, incident_id: str = "INC-9", state: State = State.NEEDS_HUMAN) -> Incident:
    incident = incident_of(incident_id, JournalEntry(9, NOON, firing()), state)
    return store.incidents.add(incident, member_of(incident_id, firing()))


async def test_two_alerts_of_one_trouble_make_one_incident_and_one_response(desk: Desk) -> None:
    await desk.journaled(firing(), firing(), firing("Other"))
    assert desk.response.started == ["INC-1", "INC-2"]
    assert desk.store.incidents.batches == [3]


async def test_a_batch_is_bounded(desk: Desk) -> None:
    await desk.journaled(*(firing(f"Down{n}") for n in range(BATCH_BUSY + 1)))
    assert desk.store.incidents.batches == [BATCH_BUSY, 1]


async def test_the_board_is_built_from_the_store(desk: Desk) -> None:
    add_open(desk.store)
    await desk.journaled(firing())
    assert list(desk.store.incidents.held) == ["INC-9"]
    assert desk.store.incidents.held["INC-9"].alert_count == 2


async def test_what_stood_in_line_before_a_restart_is_begun(desk: Desk) -> None:
    add_open(desk.store, state=State.RECEIVED)
    await desk.journaled()
    assert desk.response.started == ["INC-9"]


async def test_a_resolved_message_wakes_a_response_that_waits_for_an_answer(desk: Desk) -> None:
    add_open(desk.store, state=State.AWAITING_APPROVAL)
    await desk.journaled(resolved(firing(), NOON))
    assert desk.response.woken == ["INC-9"]


async def test_a_return_on_probation_starts_a_response_of_its_own(desk: Desk) -> None:
    old = replace(add_open(desk.store), state=State.RESOLVED, closed_at=NOON)
    desk.store.incidents.add(old)
    desk.store.incidents.pasts[firing().trouble] = Past(last_closed=old)
    desk.clock.advance(60)
    await desk.journaled(firing(at=NOON + timedelta(seconds=30)))
    assert desk.response.started == ["INC-9.2"]


async def test_a_batch_that_met_changes_is_placed_again_on_a_fresh_board(desk: Desk) -> None:
    add_open(desk.store)
    await desk.journaled()
    desk.store.incidents.add(
        replace(desk.store.incidents.held["INC-9"], state=State.RESOLVED, edition=2, closed_at=NOON)
    )
    desk.store.incidents.stale.add("INC-9")
    await desk.journaled(firing(at=NOON + timedelta(hours=1)), firing("Other"))
    assert desk.store.incidents.held["INC-9"].alert_count == 1
    assert len(desk.store.incidents.held) == 3


async def test_repeats_that_were_only_counted_outlive_the_board(desk: Desk) -> None:
    desk.clock.advance(60)
    await desk.journaled(firing())
    await desk.journaled(*[firing()] * 20)
    desk.store.incidents.stale.add("INC-1")
    await desk.journaled(*[firing()] * 5)
    await desk.correlator.finish()
    assert desk.store.incidents.held["INC-1"].alert_count == 26


async def test_incidents_that_never_hold_still_are_waited_for(desk: Desk) -> None:
    incident = add_open(desk.store)
    await desk.journaled()
    real = desk.store.incidents.apply

    def restless(*args: object, **kwargs: object) -> object:
        desk.store.incidents.stale.add("INC-9")
        return real(*args, **kwargs)

    desk.store.incidents.apply = restless
    with pytest.raises(StoreUnavailable, match="faster"):
        await desk.journaled(firing())
    assert desk.store.incidents.held["INC-9"] == incident


async def test_what_a_person_changed_is_read_again(desk: Desk) -> None:
    add_open(desk.store)
    await desk.journaled()
    desk.store.incidents.add(replace(desk.store.incidents.held["INC-9"], state=State.MERGED, edition=2))
    desk.correlator.changed(("INC-9",))
    await desk.journaled(firing("Other"))
    assert desk.correlator.board.incident("INC-9") is None
    assert len(desk.correlator.board) == 1


async def test_a_change_nobody_spoke_of_is_found_by_its_edition(desk: Desk) -> None:
    add_open(desk.store)
    await desk.journaled()
    desk.store.incidents.add(replace(desk.store.incidents.held["INC-9"], severity="info", edition=2))
    await desk.correlator.compare()
    await desk.journaled()
    assert desk.correlator.board.incident("INC-9").severity == "info"


async def test_without_the_lease_nothing_is_placed_or_begun(desk: Desk) -> None:
    add_open(desk.store, state=State.RECEIVED)
    desk.store.leases.other = True
    await desk.journaled(firing("Other"))
    assert not desk.correlator.leads
    assert (desk.response.started, len(desk.store.journal.entries)) == ([], 1)


async def test_a_fenced_process_lets_go_and_builds_its_board_anew(desk: Desk) -> None:
    await desk.journaled(firing())
    desk.store.incidents.fenced = True
    with pytest.raises(StoreUnavailable):
        await desk.journaled(firing("Other"))
    assert not desk.correlator.leads
    desk.store.incidents.fenced = False
    add_open(desk.store)
    await desk.journaled()
    assert desk.correlator.board.incident("INC-9") is not None
    assert not desk.store.journal.entries


async def test_a_store_that_is_away_is_waited_for(desk: Desk) -> None:
    await desk.store.journal.append(Delivery((firing(),)), "fake", NOON)
    desk.store.journal.away = True
    desk.correlator.idle_seconds = 0.001
    running = asyncio.create_task(desk.correlator.run())
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert not running.done()
    assert desk.store.incidents.held == {}
    desk.store.journal.away = False
    desk.correlator.nudge()
    for _ in range(500):
        if desk.store.incidents.held:
            break
        await asyncio.sleep(0.001)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert list(desk.store.incidents.held) == ["INC-1"]


async def test_an_alert_that_cannot_be_placed_is_set_aside_and_holds_up_nobody(desk: Desk) -> None:
    poison, good = firing("Poison"), firing("Good")
    desk.store.incidents.poison = poison.trouble
    await desk.store.journal.append(Delivery((poison, good)), "fake", NOON)
    for _ in range(PLACINGS_MAX + 1):
        await desk.correlator.place_waiting()
    assert [reason for _, reason in desk.store.journal.aside] == ["could not be placed: ValueError('poison')"]
    assert [one.title for one in desk.store.incidents.held.values()] == ["Good"]


async def test_alerts_teach_edges_and_a_survey_reaches_the_board(desk: Desk) -> None:
    await desk.journaled(replace(firing(pod="cart-7d9f8c6b5-x2x4z", node="node-1"), source="alertmanager"))
    assert {(edge.source, edge.target) for edge in desk.correlator.learned} == {("cart", "node-1")}
    await desk.correlator.survey(Graph((Edge("front", "store"),)))
    assert desk.correlator.board.graph.uses("front") == ("store",)


async def test_beginnings_are_counted_and_repeats_are_not(desk: Desk) -> None:
    await desk.journaled(firing(), firing(), firing("Other"))
    assert desk.correlator.begun_since(NOON) == 2
    assert desk.correlator.begun_since(NOON + timedelta(seconds=1)) == 0


async def test_every_placed_alert_is_heard_also_a_sign_of_life(desk: Desk) -> None:
    await desk.journaled(firing("Watchdog"), firing())
    assert [alert.name for alert in desk.heard] == ["Watchdog", "FrontDown"]
    assert len(desk.store.incidents.held) == 1


async def test_what_others_dealt_with_before_it_could_be_set_aside_is_no_failure(desk: Desk) -> None:
    poison = firing("Poison")
    desk.store.incidents.poison = poison.trouble
    desk.store.journal.dealt_with = True
    await desk.store.journal.append(Delivery((poison,)), "fake", NOON)
    for _ in range(PLACINGS_MAX + 1):
        await desk.correlator.place_waiting()
    assert desk.store.journal.aside == []
    await desk.journaled(firing("Good"))
    assert [one.title for one in desk.store.incidents.held.values()] == ["Good"]
