"""While responses wait people are told what matters: one storm, the grave by name, flapping, and late farewells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.alert import JournalEntry
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.member import Member
from lamplighter.domain.storm import Storm
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.testing import NOON, FakeChannel, FakeClock, firing
from lamplighter.workflow.announcing import FAREWELL_AFTER, SINGLY_MAX, TITLES_MAX, Announcing
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.dispatch import Dispatch
from tests.unit.workflow.conftest import FakeMutes, FakeResponse, MemoryStore, incident_of


class Placing:
    leads = True

    def begun_since(self, since: datetime) -> int:
        return 0

    def members(self, incident_id: str) -> Sequence[Member]:
        return ()


@dataclass
class Desk:
    store: MemoryStore
    clock: FakeClock
    channel: FakeChannel = field(default_factory=FakeChannel)
    mutes: FakeMutes = field(default_factory=FakeMutes)

    def __post_init__(self) -> None:
        self.chronicle = Chronicle(self.store, self.clock, (self.channel,), mutes=self.mutes)
        self.dispatch = Dispatch(self.store, FakeResponse(), self.chronicle, self.clock)
        self.dispatch.placing = Placing()
        self.announcing = Announcing(self.store, self.chronicle, self.clock, self.dispatch)

    def held(self, number: int, **changes: object) -> Incident:
        incident = incident_of(f"INC-{number}", JournalEntry(number, NOON, firing(f"Down{number}")))
        incident = self.store.incidents.add(replace(incident, held="in line", **changes))
        self.dispatch.saw(incident)
        return incident

    @property
    def moments(self) -> list[str]:
        return [message.moment for message in self.channel.sent]


@pytest.fixture
def desk(store: MemoryStore, clock: FakeClock) -> Desk:
    return Desk(store, clock)


async def test_a_grave_one_that_is_held_is_told_once_with_the_reason(desk: Desk) -> None:
    desk.held(1)
    desk.held(2, severity="warning")
    await desk.announcing.turn()
    assert desk.moments == []
    desk.clock.advance(20)
    await desk.announcing.turn()
    await desk.announcing.turn()
    assert desk.moments == ["opened"]
    assert "in line" in desk.channel.sent[0].lines[1]
    assert desk.channel.sent[0].incident_id == "INC-1"


async def test_what_is_muted_is_not_told_and_of_what_flaps_only_that(desk: Desk) -> None:
    desk.held(1, component="store")
    desk.held(2, flapping=True)
    desk.mutes.words["store"] = "silenced"
    desk.clock.advance(20)
    await desk.announcing.turn()
    assert desk.moments == ["flapping"]


async def test_many_grave_ones_are_told_in_digests_until_each_was_named(desk: Desk) -> None:
    count = TITLES_MAX + SINGLY_MAX + 5
    for number in range(count):
        desk.held(number + 100)
    desk.clock.advance(20)
    for _ in range(3):
        await desk.announcing.turn()
        desk.clock.advance(20)
    assert len(desk.channel.sent) == 2
    named = " ".join(line for message in desk.channel.sent for line in message.lines)
    assert all(f"INC-{number + 100} " in named for number in range(count))


async def test_a_storm_is_told_once_after_it_settled_with_what_it_holds(desk: Desk) -> None:
    for number in range(3):
        desk.held(number + 1, severity="warning")
    desk.dispatch.storm = Storm(NOON, NOON, 500)
    await desk.announcing.turn()
    assert desk.moments == []
    desk.clock.advance(10)
    await desk.announcing.turn()
    await desk.announcing.turn()
    assert desk.moments == ["storm"]
    assert "3 incidents wait" in desk.channel.sent[0].lines[1]


async def test_flapping_is_told_once(desk: Desk) -> None:
    desk.held(1, flapping=True)
    for _ in range(3):
        desk.dispatch.flaps("INC-1")
        await desk.announcing.turn()
    assert desk.moments == ["flapping"]


def cleared(desk: Desk, *, asked: bool = True) -> Incident:
    incident = replace(incident_of("INC-9", JournalEntry(9, NOON, firing()), State.SELF_CLEARED), resolution="it ended")
    desk.store.incidents.add(incident)
    if asked:
        event = desk.chronicle.event(incident, "told:needs_human:fake", Moment.NOTIFIED, Crew.COMMUNICATOR, "")
        desk.store.incidents.record(event)
    desk.announcing.closed(incident)
    return incident


async def test_what_cleared_by_itself_is_told_when_it_has_stayed_away(desk: Desk) -> None:
    cleared(desk)
    await desk.announcing.turn()
    assert desk.moments == []
    desk.clock.advance(FAREWELL_AFTER.total_seconds())
    await desk.announcing.turn()
    await desk.announcing.turn()
    assert [message.lines for message in desk.channel.sent] == [("it ended",)]


async def test_where_nobody_was_asked_for_anything_it_is_not_told(desk: Desk) -> None:
    cleared(desk, asked=False)
    desk.clock.advance(FAREWELL_AFTER.total_seconds())
    await desk.announcing.turn()
    assert desk.moments == []


async def test_what_came_back_meanwhile_is_not_told(desk: Desk) -> None:
    incident = cleared(desk)
    desk.store.incidents.add(replace(incident, state=State.RECEIVED, closed_at=None))
    desk.clock.advance(FAREWELL_AFTER.total_seconds())
    await desk.announcing.turn()
    assert desk.moments == []


async def test_after_a_restart_fresh_farewells_are_still_said_and_old_ones_not(desk: Desk) -> None:
    incident = cleared(desk)
    desk.store.incidents.add(replace(incident, id="INC-8", closed_at=NOON - timedelta(hours=1)))
    again = Announcing(desk.store, desk.chronicle, desk.clock, desk.dispatch)
    await again.recall()
    desk.clock.advance(FAREWELL_AFTER.total_seconds())
    await again.turn()
    assert [message.incident_id for message in desk.channel.sent] == ["INC-9"]


async def test_what_becomes_critical_is_told_once_whatever_its_state_unless_muted(desk: Desk) -> None:
    mild = desk.held(1, severity="warning", state=State.AWAITING_APPROVAL, component="store")
    await desk.chronicle.tell(mild, "opened", ("x",))
    grave = desk.store.incidents.add(replace(mild, severity="critical"))
    desk.mutes.words["store"] = "silenced"
    desk.dispatch.saw(grave)
    await desk.announcing.turn()
    assert desk.moments == ["opened"]
    desk.mutes.words.clear()
    for _ in range(3):
        desk.dispatch.saw(grave)
        await desk.announcing.turn()
    assert desk.moments == ["opened", "graver"]


async def test_what_flapped_before_a_crash_is_told_at_the_rebuild_and_only_once(desk: Desk) -> None:
    flapping = desk.held(1, flapping=True)
    for _ in range(2):
        dispatch = Dispatch(desk.store, FakeResponse(), desk.chronicle, desk.clock)
        dispatch.placing = Placing()
        dispatch.saw(flapping)
        await Announcing(desk.store, desk.chronicle, desk.clock, dispatch).turn()
    assert desk.moments == ["flapping"]
