"""No incident is lost or stuck: broken responses, alerts that are over though nobody said so, mutes that have ended."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from lamplighter.domain.alert import Alert, JournalEntry
from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.flapping import STABLE
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Roles
from lamplighter.testing import NOON, FakeChannel, FakeClock, FakeSignal, firing
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.correlator import Correlator
from lamplighter.workflow.dispatch import Dispatch
from lamplighter.workflow.lease import PlacingLease
from lamplighter.workflow.sweep import QUESTIONS_MAX, Sweep
from lamplighter.workflow.world import World
from tests.unit.workflow.conftest import FakeMutes, FakeResponse, MemoryStore, incident_of, member_of


@dataclass
class Desk:
    store: MemoryStore
    clock: FakeClock
    states: list[SignalState] = field(default_factory=list)
    response: FakeResponse = field(default_factory=FakeResponse)
    mutes: FakeMutes = field(default_factory=FakeMutes)

    def __post_init__(self) -> None:
        self.channel = FakeChannel()
        readers = (FakeSignal(self.clock, self.states),) if self.states else ()
        self.world = World(self.clock, (Roles(readers=readers),))
        chronicle = Chronicle(self.store, self.clock, (self.channel,), mutes=self.mutes)
        self.dispatch = Dispatch(self.store, self.response, chronicle, self.clock)
        placing = Correlator(self.store, self.clock, self.dispatch, PlacingLease(self.store.leases, self.clock))
        self.dispatch.placing = placing
        self.sweep = Sweep(self.store, self.world, self.response, self.clock, chronicle, self.dispatch, placing)

    def waiting(self, state: State = State.NEEDS_HUMAN, **changes: object) -> Incident:
        incident = replace(incident_of("INC-9", JournalEntry(9, NOON, firing()), state), **changes)
        return self.store.incidents.add(incident, member_of("INC-9", firing()))

    def state(self, incident_id: str = "INC-9") -> State:
        return self.store.incidents.held[incident_id].state


@pytest.fixture
def desk(store: MemoryStore, clock: FakeClock) -> Desk:
    return Desk(store, clock)


async def test_what_was_never_started_gets_in_line(desk: Desk) -> None:
    incident = desk.waiting(State.RECEIVED)
    await desk.sweep.sweep()
    assert list(desk.dispatch.line) == [incident.id]
    assert desk.response.started == []


async def test_what_was_begun_and_is_recorded_nowhere_is_started(desk: Desk, incident: Incident) -> None:
    await desk.sweep.sweep()
    await desk.sweep.sweep()
    assert desk.response.started == ["INC-1"]


@pytest.mark.parametrize(("standing", "words"), [("broken", "broke off"), ("ended", "ended early")])
async def test_a_response_that_is_no_more_hands_over_to_a_person_and_ends_its_attempts(
    desk: Desk, incident: Incident, standing: str, words: str
) -> None:
    desk.response.stands["INC-1"] = standing
    for state in (AttemptState.STARTED, AttemptState.DONE):
        attempt = Attempt(str(state), "INC-1", "h", "g", "fake", "restart", "t", "store", {}, state, NOON)
        desk.store.ledger.held[attempt.key] = attempt
    await desk.sweep.sweep()
    assert desk.state("INC-1") is State.NEEDS_HUMAN
    assert any(words in text for text in desk.store.incidents.texts)
    assert [words in line for message in desk.channel.sent for line in message.lines] == [True]
    ends = {key: attempt.state for key, attempt in desk.store.ledger.held.items()}
    assert ends == {"started": AttemptState.UNKNOWN, "done": AttemptState.DONE}


async def test_no_question_of_a_response_that_is_no_more_can_be_answered(desk: Desk, incident: Incident) -> None:
    desk.waiting(State.AWAITING_APPROVAL)
    desk.response.stands |= {"INC-1": "running", "INC-9": "broken"}
    for name, state in (("a", ApprovalState.PENDING), ("b", ApprovalState.AMENDED)):
        desk.store.approvals.ask(Approval(f"INC-9-{name}", "INC-9", "h", "restart store", NOON, NOON, state))
    desk.store.approvals.ask(Approval("INC-1-a", "INC-1", "h", "restart store", NOON, NOON))
    await desk.sweep.sweep()
    assert desk.state() is State.NEEDS_HUMAN
    assert [str(one.state) for one in desk.store.approvals.held.values()] == ["cancelled", "amended", "pending"]


async def test_a_running_response_is_left_alone(desk: Desk, incident: Incident) -> None:
    desk.response.stands["INC-1"] = "running"
    await desk.sweep.sweep()
    assert desk.store.incidents.held["INC-1"] == incident


async def test_what_ended_while_it_was_held_in_line_takes_no_turn(desk: Desk) -> None:
    incident = desk.waiting(State.RECEIVED, held="in line in a storm", signal_cleared_at=NOON)
    desk.dispatch.saw(incident)
    await desk.sweep.sweep()
    assert desk.state() is State.SELF_CLEARED
    assert list(desk.dispatch.line) == []
    assert desk.channel.sent == []


async def test_what_still_fires_keeps_its_place_in_line(desk: Desk) -> None:
    incident = desk.waiting(State.RECEIVED, held="in line in a storm")
    desk.dispatch.saw(incident)
    await desk.sweep.sweep()
    assert desk.state() is State.RECEIVED
    assert list(desk.dispatch.line) == [incident.id]


async def test_a_question_whose_alert_is_over_is_looked_at_again(desk: Desk) -> None:
    desk.waiting(State.AWAITING_APPROVAL, signal_cleared_at=NOON)
    desk.response.stands["INC-9"] = "running"
    await desk.sweep.sweep()
    assert desk.response.woken == ["INC-9"]


async def test_a_response_that_stalled_for_long_goes_on(desk: Desk, incident: Incident) -> None:
    desk.response.stands["INC-1"] = "stalled"
    for _ in range(3):
        await desk.sweep.sweep()
    assert desk.response.resumed == []
    desk.clock.advance(60)
    await desk.sweep.sweep()
    assert desk.response.resumed == ["INC-1"]


async def test_what_only_seemed_to_stall_is_left_alone(desk: Desk, incident: Incident) -> None:
    for standing in ("stalled", "running", "stalled", "running"):
        desk.response.stands["INC-1"] = standing
        await desk.sweep.sweep()
        desk.clock.advance(59)
    assert desk.response.resumed == []


@pytest.mark.parametrize("state", [State.NEEDS_HUMAN, State.REJECTED, State.ROLLED_BACK])
async def test_two_clear_looks_close_what_waits_for_a_person(
    store: MemoryStore, clock: FakeClock, state: State
) -> None:
    desk = Desk(store, clock, [SignalState.CLEAR])
    desk.waiting(state)
    await desk.sweep.sweep()
    assert desk.state() is state
    await desk.sweep.sweep()
    assert desk.state() is State.SELF_CLEARED


@pytest.mark.parametrize("between", [SignalState.FIRING, SignalState.NO_DATA])
async def test_a_clear_look_counts_only_beside_another(
    store: MemoryStore, clock: FakeClock, between: SignalState
) -> None:
    desk = Desk(store, clock, [SignalState.CLEAR, between, SignalState.CLEAR])
    desk.waiting()
    for _ in range(3):
        await desk.sweep.sweep()
    assert desk.state() is State.NEEDS_HUMAN


async def test_where_another_alert_of_it_fires_it_is_not_over(store: MemoryStore, clock: FakeClock) -> None:
    class OnlyTheLead:
        async def read(self, alert: Alert) -> Reading:
            state = SignalState.CLEAR if alert.name == "FrontDown" else SignalState.FIRING
            return Reading(state, clock.now(), "q", alert.name)

    desk = Desk(store, clock)
    desk.world.roles = (Roles(readers=(OnlyTheLead(),)),)
    store.incidents.add(desk.waiting(), member_of("INC-9", firing("Other")))
    for _ in range(3):
        await desk.sweep.sweep()
    assert desk.state() is State.NEEDS_HUMAN


async def test_what_flaps_is_over_only_after_it_stood_still(store: MemoryStore, clock: FakeClock) -> None:
    desk = Desk(store, clock, [SignalState.CLEAR])
    desk.waiting(flapping=True)
    for _ in range(3):
        await desk.sweep.sweep()
    assert desk.state() is State.NEEDS_HUMAN
    clock.advance(STABLE.total_seconds())
    await desk.sweep.sweep()
    assert desk.state() is State.SELF_CLEARED


async def test_where_nobody_can_ask_the_resolved_message_closes_what_waits(desk: Desk) -> None:
    desk.waiting(signal_cleared_at=NOON)
    await desk.sweep.sweep()
    await desk.sweep.sweep()
    assert desk.state() is State.SELF_CLEARED


async def test_where_nobody_can_ask_and_nobody_said_so_it_waits(desk: Desk) -> None:
    desk.waiting()
    for _ in range(3):
        await desk.sweep.sweep()
    assert desk.state() is State.NEEDS_HUMAN


async def test_at_the_end_of_a_silence_what_still_waits_is_told_once(desk: Desk) -> None:
    desk.waiting(held="silenced until 16:00", component="store")
    ended = Event("INC-9", "1:closed", NOON, Moment.CLOSED, Crew.COMMUNICATOR, "the file is missing")
    desk.store.incidents.record(ended)
    desk.mutes.words["store"] = "silenced until 16:00"
    await desk.sweep.sweep()
    assert desk.channel.sent == []
    desk.mutes.words.clear()
    await desk.sweep.sweep()
    await desk.sweep.sweep()
    assert [message.lines for message in desk.channel.sent] == [("the file is missing",)]
    assert desk.store.incidents.held["INC-9"].held == ""


async def test_where_the_lead_moved_during_an_action_one_more_run_gets_in_line(desk: Desk) -> None:
    desk.waiting(again=True)
    await desk.sweep.sweep()
    after = desk.store.incidents.held["INC-9"]
    assert (after.state, after.run, after.again) == (State.RECEIVED, 2, False)


async def test_no_further_run_where_it_flaps_or_is_over(desk: Desk) -> None:
    for changes in ({"flapping": True}, {"signal_cleared_at": NOON}):
        desk.waiting(again=True, **changes)
        await desk.sweep.sweep()
        assert desk.store.incidents.held["INC-9"].run == 1


@pytest.mark.parametrize(
    ("state", "woken"),
    [(ApprovalState.PENDING, []), (ApprovalState.AMENDED, ["INC-9"]), (ApprovalState.APPROVED, ["INC-9"])],
)
async def test_an_answer_that_nobody_heard_of_is_rung_again(desk: Desk, state: ApprovalState, woken: list[str]) -> None:
    incident = desk.waiting(State.AWAITING_APPROVAL)
    desk.response.stands["INC-9"] = "running"
    desk.store.approvals.ask(Approval("INC-9-a", incident.id, "h", "restart store", NOON, NOON, state))
    await desk.sweep.sweep()
    assert desk.response.woken == woken


async def test_a_question_of_an_earlier_run_keeps_nobody_from_being_woken(desk: Desk) -> None:
    incident = desk.waiting(State.AWAITING_APPROVAL, run=2)
    desk.response.stands[incident.workflow_id] = "running"
    for name, state in (("INC-9-a", ApprovalState.PENDING), ("INC-9.2-a", ApprovalState.APPROVED)):
        desk.store.approvals.ask(Approval(name, incident.id, "h", "restart store", NOON, NOON, state))
    await desk.sweep.sweep()
    assert desk.response.woken == ["INC-9.2"]


async def test_where_more_is_asked_than_can_be_read_nobody_is_woken_for_nothing(desk: Desk) -> None:
    desk.waiting(State.AWAITING_APPROVAL)
    desk.response.stands["INC-9"] = "running"
    for number in range(QUESTIONS_MAX):
        desk.store.approvals.ask(Approval(f"INC-1-{number}", "INC-1", "h", "restart store", NOON, NOON))
    await desk.sweep.sweep()
    assert desk.response.woken == []
