"""Responses begin in their turn; what waits shows why; an older run's question can be answered no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lamplighter.domain.admission import Bounds
from lamplighter.domain.alert import JournalEntry
from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.incident import RUNS_MAX, Incident, State
from lamplighter.domain.member import Member
from lamplighter.domain.storm import SETTLING
from lamplighter.testing import NOON, FakeClock, firing
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.dispatch import HOLDS_AT_ONCE_MAX, Dispatch
from tests.unit.workflow.conftest import FakeMutes, FakeResponse, MemoryIncidents, MemoryStore, incident_of


@dataclass
class Placing:
    leads: bool = True
    begun: int = 0

    def begun_since(self, since: datetime) -> int:
        return self.begun

    def members(self, incident_id: str) -> Sequence[Member]:
        return ()


@dataclass
class Desk:
    store: MemoryStore
    clock: FakeClock
    response: FakeResponse = field(default_factory=FakeResponse)
    placing: Placing = field(default_factory=Placing)
    mutes: FakeMutes = field(default_factory=FakeMutes)
    closed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        chronicle = Chronicle(self.store, self.clock, mutes=self.mutes)
        self.dispatch = Dispatch(self.store, self.response, chronicle, self.clock, Bounds(2, 1), storm_from=50)
        self.dispatch.placing = self.placing
        self.dispatch.closed = lambda incident: self.closed.append(incident.id)

    def saw(self, number: int, **changes: object) -> Incident:
        incident = incident_of(f"INC-{number}", JournalEntry(number, NOON, firing(f"Down{number}")))
        incident = self.store.incidents.add(replace(incident, **changes))
        self.dispatch.saw(incident)
        return incident

    def held(self, number: int) -> str:
        return self.store.incidents.held[f"INC-{number}"].held


@pytest.fixture
def desk(store: MemoryStore, clock: FakeClock) -> Desk:
    return Desk(store, clock)


def question(incident: Incident, run: int) -> Approval:
    workflow_id = replace(incident, run=run).workflow_id
    return Approval(f"{workflow_id}-abcd1234", incident.id, "h", "restart", NOON, NOON + timedelta(hours=1))


async def test_only_so_many_are_at_work_and_the_next_begins_when_one_is_done(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.saw(number)
    await desk.dispatch.turn()
    await desk.dispatch.turn()
    assert desk.response.started == ["INC-1", "INC-2"]
    desk.store.incidents.add(replace(desk.store.incidents.held["INC-1"], state=State.ANALYSING))
    await desk.dispatch.turn()
    assert len(desk.response.started) == 2
    desk.store.incidents.add(replace(desk.store.incidents.held["INC-1"], state=State.AWAITING_APPROVAL))
    await desk.dispatch.turn()
    assert desk.response.started == ["INC-1", "INC-2", "INC-3"]


class Moving(MemoryIncidents):
    """One of those that were begun comes to work right after all at work were looked at."""

    def listed(self, *args: Any, **more: Any) -> list[Incident]:  # noqa: ANN401 - the store's own
        found = list(super().listed(*args, **more))
        self.held["INC-2"] = replace(self.held["INC-2"], state=State.ANALYSING)
        return found


async def test_who_comes_to_work_between_two_looks_is_counted(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.saw(number)
    await desk.dispatch.turn()
    await desk.dispatch.turn()
    assert desk.response.started == ["INC-1", "INC-2"]
    kept = desk.store.incidents
    desk.store.incidents = Moving(kept.journal, kept.held)
    await desk.dispatch.turn()
    assert desk.response.started == ["INC-1", "INC-2"]


async def test_what_waits_for_long_shows_it_and_loses_that_when_it_begins(desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.saw(number)
    desk.clock.advance(30)
    await desk.dispatch.turn()
    await desk.dispatch.turn()
    assert "in line" in desk.held(3)
    assert sum("in line" in text for text in desk.store.incidents.texts) == 1
    desk.store.incidents.add(replace(desk.store.incidents.held["INC-1"], state=State.NEEDS_HUMAN))
    await desk.dispatch.turn()
    assert (desk.held(3), desk.response.started[-1]) == ("", "INC-3")


async def test_what_is_muted_is_held_and_begins_at_the_end(desk: Desk) -> None:
    desk.saw(1, component="store")
    desk.mutes.words["store"] = "silenced until 16:00"
    await desk.dispatch.turn()
    assert (desk.held(1), desk.response.started) == ("silenced until 16:00", [])
    desk.mutes.words.clear()
    await desk.dispatch.turn()
    assert (desk.held(1), desk.response.started) == ("", ["INC-1"])


async def test_a_storm_holds_all_at_first_and_notes_it_a_bounded_number_at_a_time(desk: Desk) -> None:
    desk.placing.begun = 500
    for number in range(HOLDS_AT_ONCE_MAX + 20):
        desk.saw(number)
    await desk.dispatch.turn()
    assert desk.dispatch.storm is not None
    held = [one for one in desk.store.incidents.held.values() if "storm" in one.held]
    assert (len(held), desk.response.started) == (HOLDS_AT_ONCE_MAX, [])
    desk.clock.advance(10)
    await desk.dispatch.turn()
    assert len(desk.response.started) == 1


async def test_a_new_run_cancels_the_older_ones_question_and_ends_its_wait(desk: Desk) -> None:
    incident = desk.saw(1, run=2)
    desk.store.approvals.held = {one.id: one for one in (question(incident, 1), question(incident, 2))}
    await desk.dispatch.turn()
    states = {key: one.state for key, one in desk.store.approvals.held.items()}
    assert states == {"INC-1-abcd1234": ApprovalState.CANCELLED, "INC-1.2-abcd1234": ApprovalState.PENDING}
    assert desk.response.woken[0] == "INC-1"
    assert desk.response.started == ["INC-1.2"]


async def test_a_merged_incident_has_no_question_left(desk: Desk) -> None:
    incident = desk.saw(1, state=State.MERGED)
    desk.store.approvals.held = {"INC-1-abcd1234": question(incident, 1)}
    await desk.dispatch.turn()
    assert desk.store.approvals.held["INC-1-abcd1234"].state is ApprovalState.CANCELLED
    assert desk.response.woken == ["INC-1"]
    assert desk.closed == ["INC-1"]


async def test_what_closed_while_it_stood_in_line_is_not_begun(desk: Desk) -> None:
    incident = desk.saw(1)
    desk.store.incidents.add(replace(incident, state=State.SELF_CLEARED))
    await desk.dispatch.turn()
    assert desk.response.started == []
    assert not desk.dispatch.line


async def test_without_the_lease_nothing_begins(desk: Desk) -> None:
    desk.saw(1)
    desk.placing.leads = False
    await desk.dispatch.turn()
    assert desk.response.started == []


async def test_a_start_that_fails_stays_in_line(desk: Desk) -> None:
    async def fails(incident: Incident) -> None:
        raise OSError("no checkpoints")

    good, desk.response.start = desk.response.start, fails
    desk.saw(1)
    with pytest.raises(OSError, match="no checkpoints"):
        await desk.dispatch.turn()
    desk.response.start = good
    await desk.dispatch.turn()
    assert desk.response.started == ["INC-1"]


async def test_the_same_run_seen_again_is_not_begun_again(desk: Desk) -> None:
    incident = desk.saw(1)
    await desk.dispatch.turn()
    desk.dispatch.saw(incident)
    await desk.dispatch.turn()
    assert desk.response.started == ["INC-1"]
    assert desk.dispatch.waits(incident)


def test_what_began_before_a_storm_was_seen_hears_how_long_it_still_settles(desk: Desk) -> None:
    assert desk.dispatch.settling_seconds() == 0.0
    desk.placing.begun = 50
    assert desk.dispatch.settling_seconds() == SETTLING.total_seconds()


async def test_a_storm_that_has_settled_holds_nobody_up(desk: Desk) -> None:
    desk.placing.begun = 50
    await desk.dispatch.turn()
    desk.clock.advance(4)
    assert desk.dispatch.settling_seconds() == SETTLING.total_seconds() - 4
    desk.clock.advance(7)
    assert desk.dispatch.settling_seconds() == 0.0


async def test_the_question_of_one_that_has_no_run_left_is_cancelled(desk: Desk) -> None:
    incident = desk.saw(1, state=State.NEEDS_HUMAN, run=RUNS_MAX + 1)
    asked = question(incident, RUNS_MAX)
    desk.store.approvals.held = {asked.id: asked}
    await desk.dispatch.turn()
    assert desk.store.approvals.held[asked.id].state is ApprovalState.CANCELLED
