"""Whether anything but the lead still fires, asked of a bounded number of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lamplighter.domain.alert import Alert
from lamplighter.domain.incident import Incident
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Roles
from lamplighter.testing import NOON, FakeClock, firing, resolved
from lamplighter.workflow.signals import MEMBERS_MAX, Signals
from lamplighter.workflow.world import World
from tests.unit.workflow.conftest import MemoryStore, member_of


@dataclass
class Known:
    states: Mapping[str, SignalState] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def read(self, alert: Alert) -> Reading | None:
        self.asked.append(alert.name)
        state = self.states.get(alert.name)
        return None if state is None else Reading(state, NOON, "q", alert.name)


def signals(store: MemoryStore, clock: FakeClock, known: Known) -> Signals:
    return Signals(store, World(clock, (Roles(readers=(known,)),)))


async def test_another_that_is_read_as_firing_is_told(store: MemoryStore, clock: FakeClock, incident: Incident) -> None:
    store.incidents.add(incident, *(member_of("INC-1", firing(name)) for name in ("FrontDown", "Slow", "Errors")))
    known = Known({"Slow": SignalState.CLEAR, "Errors": SignalState.FIRING})
    found = await signals(store, clock, known).still_firing(incident)
    assert found is not None
    assert found.detail == "Errors"
    assert sorted(known.asked) == ["Errors", "Slow"]


async def test_no_data_and_what_is_over_do_not_fire(store: MemoryStore, clock: FakeClock, incident: Incident) -> None:
    store.incidents.add(
        incident, member_of("INC-1", firing("Slow")), member_of("INC-1", resolved(firing("Over"), NOON))
    )
    known = Known({"Slow": SignalState.NO_DATA, "Over": SignalState.FIRING})
    assert await signals(store, clock, known).still_firing(incident) is None
    assert known.asked == ["Slow"]


async def test_no_more_than_a_few_are_asked(store: MemoryStore, clock: FakeClock, incident: Incident) -> None:
    store.incidents.add(incident, *(member_of("INC-1", firing(f"Down{n}")) for n in range(50)))
    known = Known()
    assert await signals(store, clock, known).still_firing(incident) is None
    assert len(known.asked) == MEMBERS_MAX
