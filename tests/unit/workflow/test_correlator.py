"""Every alert reaches one incident, every incident one response, and none is left lying."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from lamplighter.domain.alert import Delivery, JournalEntry
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.verification import SignalState
from lamplighter.ports import Roles
from lamplighter.testing import NOON, FakeChannel, FakeClock, FakeSignal, firing, resolved
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.correlator import PLACINGS_MAX, Correlator
from lamplighter.workflow.world import World
from tests.unit.workflow.conftest import MemoryStore, incident_of


@dataclass
class FakeResponse:
    stands: dict[str, str] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)

    async def start(self, incident: Incident) -> None:
        self.started.append(incident.workflow_id)
        self.stands[incident.workflow_id] = "running"

    async def wake(self, incident: Incident) -> None:
        self.woken.append(incident.workflow_id)

    async def resume(self, incident: Incident) -> None:
        self.resumed.append(incident.workflow_id)

    async def standing(self, incident: Incident) -> str:
        return self.stands.get(incident.workflow_id, "absent")


@dataclass
class Desk:
    store: MemoryStore
    clock: FakeClock
    states: list[SignalState] = field(default_factory=list)
    response: FakeResponse = field(default_factory=FakeResponse)

    def __post_init__(self) -> None:
        self.signal = FakeSignal(self.clock, self.states)
        readers = (self.signal,) if self.states else ()
        self.channel = FakeChannel()
        world, chronicle = (
            World(self.clock, (Roles(readers=readers),)),
            Chronicle(self.store, self.clock, (self.channel,)),
        )
        self.correlator = Correlator(self.store, world, self.response, self.clock, chronicle)


@pytest.fixture
def desk(store: MemoryStore, clock: FakeClock) -> Desk:
    return Desk(store, clock)


async def journaled(desk: Desk, *alerts: object) -> None:
    await desk.store.journal.append(Delivery(alerts), "fake", NOON)
    while await desk.correlator.place_waiting():
        pass


def waiting(store: MemoryStore, state: State = State.NEEDS_HUMAN, **changes: object) -> Incident:
    incident = incident_of("INC-9", JournalEntry(9, NOON, firing()), state)
    return store.incidents.add(replace(incident, **changes))


async def test_two_alerts_of_one_trouble_make_one_incident_and_one_response(desk: Desk) -> None:
    await journaled(desk, firing(), firing(), firing("Other"))
    assert desk.response.started == ["INC-1", "INC-2"]


async def test_a_resolved_message_wakes_a_response_under_way(desk: Desk) -> None:
    await journaled(desk, firing())
    await journaled(desk, resolved(firing(), NOON))
    assert desk.response.woken == ["INC-1"]


async def test_a_return_on_probation_starts_a_response_of_its_own(desk: Desk) -> None:
    waiting(desk.store, State.RESOLVED)
    desk.clock.advance(60)
    await journaled(desk, firing(at=NOON + timedelta(seconds=30)))
    assert desk.response.started == ["INC-9.2"]


async def test_what_was_never_started_is_started_by_the_sweep(desk: Desk, incident: Incident) -> None:
    await desk.correlator.sweep()
    await desk.correlator.sweep()
    assert desk.response.started == ["INC-1"]


@pytest.mark.parametrize(("standing", "words"), [("broken", "broke off"), ("ended", "ended early")])
async def test_a_response_that_is_no_more_hands_over_to_a_person_and_ends_its_attempts(
    desk: Desk, incident: Incident, standing: str, words: str
) -> None:
    desk.response.stands["INC-1"] = standing
    for state in (AttemptState.STARTED, AttemptState.DONE):
        attempt = Attempt(str(state), "INC-1", "h", "g", "fake", "restart", "t", "store", {}, state, NOON)
        desk.store.ledger.held[attempt.key] = attempt
    await desk.correlator.sweep()
    assert desk.store.incidents.held["INC-1"].state is State.NEEDS_HUMAN
    assert any(words in text for text in desk.store.incidents.texts)
    assert [words in line for message in desk.channel.sent for line in message.lines] == [True]
    ends = {key: attempt.state for key, attempt in desk.store.ledger.held.items()}
    assert ends == {"started": AttemptState.UNKNOWN, "done": AttemptState.DONE}


async def test_a_running_response_is_left_alone(desk: Desk, incident: Incident) -> None:
    desk.response.stands["INC-1"] = "running"
    await desk.correlator.sweep()
    assert desk.store.incidents.held["INC-1"] == incident


@pytest.mark.parametrize("state", [State.NEEDS_HUMAN, State.REJECTED, State.ROLLED_BACK])
async def test_two_clear_looks_close_what_waits_for_a_person(
    store: MemoryStore, clock: FakeClock, state: State
) -> None:
    desk = Desk(store, clock, [SignalState.CLEAR])
    waiting(store, state)
    await desk.correlator.sweep()
    assert store.incidents.held["INC-9"].state is state
    await desk.correlator.sweep()
    assert store.incidents.held["INC-9"].state is State.SELF_CLEARED


@pytest.mark.parametrize("between", [SignalState.FIRING, SignalState.NO_DATA])
async def test_a_clear_look_counts_only_beside_another(
    store: MemoryStore, clock: FakeClock, between: SignalState
) -> None:
    desk = Desk(store, clock, [SignalState.CLEAR, between, SignalState.CLEAR])
    waiting(store)
    for _ in range(3):
        await desk.correlator.sweep()
    assert store.incidents.held["INC-9"].state is State.NEEDS_HUMAN


async def test_where_nobody_can_ask_the_resolved_message_closes_what_waits(desk: Desk) -> None:
    waiting(desk.store, signal_cleared_at=NOON)
    await desk.correlator.sweep()
    await desk.correlator.sweep()
    assert desk.store.incidents.held["INC-9"].state is State.SELF_CLEARED


async def test_where_nobody_can_ask_and_nobody_said_so_it_waits(desk: Desk) -> None:
    waiting(desk.store)
    for _ in range(3):
        await desk.correlator.sweep()
    assert desk.store.incidents.held["INC-9"].state is State.NEEDS_HUMAN


async def test_a_store_that_is_away_is_waited_for(desk: Desk) -> None:
    await desk.store.journal.append(Delivery((firing(),)), "fake", NOON)
    desk.store.journal.away = True
    desk.correlator.idle_seconds = 0.001
    running = asyncio.create_task(desk.correlator.run())
    for _ in range(20):
        await asyncio.sleep(0.001)
    assert not running.done()
    assert desk.response.started == []
    desk.store.journal.away = False
    desk.correlator.nudge()
    for _ in range(500):
        if desk.response.started:
            break
        await asyncio.sleep(0.001)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    assert desk.response.started == ["INC-1"]


async def test_an_alert_that_cannot_be_placed_is_set_aside_and_holds_up_nobody(desk: Desk) -> None:
    poison, good = firing("Poison"), firing("Good")
    desk.store.incidents.poison = poison.trouble
    await desk.store.journal.append(Delivery((poison, good)), "fake", NOON)
    for _ in range(PLACINGS_MAX + 1):
        await desk.correlator.place_waiting()
    assert [reason for _, reason in desk.store.journal.aside] == ["could not be placed: ValueError('poison')"]
    assert len(desk.response.started) == 1


async def test_a_response_that_stalled_for_long_goes_on(desk: Desk, incident: Incident) -> None:
    desk.response.stands["INC-1"] = "stalled"
    for _ in range(3):
        await desk.correlator.sweep()
    assert desk.response.resumed == []
    desk.clock.advance(60)
    await desk.correlator.sweep()
    assert desk.response.resumed == ["INC-1"]


async def test_what_only_seemed_to_stall_is_left_alone(desk: Desk, incident: Incident) -> None:
    for standing in ("stalled", "running", "stalled", "running"):
        desk.response.stands["INC-1"] = standing
        await desk.correlator.sweep()
        desk.clock.advance(59)
    assert desk.response.resumed == []
