"""A channel that refuses is noted and stops nothing; a person who closed the incident supersedes the response."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.incident import BadMove, Incident, State
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.testing import FakeChannel, FakeClock
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.story import Superseded
from tests.unit.workflow.conftest import MemoryStore

SECRET = "hunter2hunter2"


async def test_a_channel_that_refuses_is_noted_and_the_next_is_told(
    store: MemoryStore, clock: FakeClock, incident: Incident
) -> None:
    broken, well = FakeChannel("broken", refuses=f"401 for token={SECRET}"), FakeChannel("well")
    await Chronicle(store, clock, (broken, well)).tell(incident, "opened", ("store is down",))
    assert [message.key for message in well.sent] == ["INC-1:opened"]
    assert [text.split(":")[0] for text in store.incidents.texts] == [
        "broken did not take the message",
        "told well",
    ]
    assert SECRET not in str(store.incidents.texts)


async def test_the_same_moment_of_the_same_run_is_written_once(
    store: MemoryStore, clock: FakeClock, incident: Incident
) -> None:
    chronicle = Chronicle(store, clock)
    for run in (1, 1, 2):
        await chronicle.note(replace(incident, run=run), "planned", Moment.PLANNED, Crew.HEALER, "restart store")
    assert [event.key for event in store.incidents.events] == ["1:planned", "2:planned"]


@pytest.mark.parametrize("state", [State.SELF_CLEARED, State.RESOLVED, State.MERGED])
async def test_a_closed_incident_supersedes(
    store: MemoryStore, clock: FakeClock, incident: Incident, state: State
) -> None:
    store.incidents.add(replace(incident, state=state))
    with pytest.raises(Superseded):
        await Chronicle(store, clock).move(incident, State.COUNCIL_REVIEW, "council", Crew.COUNCIL, "")
    assert store.incidents.held["INC-1"].state is state


async def test_an_older_run_never_moves_the_incident_of_a_newer_one(
    store: MemoryStore, clock: FakeClock, incident: Incident
) -> None:
    store.incidents.add(replace(incident, run=2))
    with pytest.raises(Superseded):
        await Chronicle(store, clock).move(incident, State.NEEDS_HUMAN, "closed", Crew.COMMUNICATOR, "old news")
    assert store.incidents.held["INC-1"].state is State.ANALYSING


async def test_a_move_out_of_order_is_an_error_and_not_an_end(
    store: MemoryStore, clock: FakeClock, incident: Incident
) -> None:
    with pytest.raises(BadMove):
        await Chronicle(store, clock).move(incident, State.EXECUTING, "state", Crew.HEALER, "")


async def test_only_a_resolution_bears_our_name(store: MemoryStore, clock: FakeClock, incident: Incident) -> None:
    chronicle = Chronicle(store, clock)
    waiting = await chronicle.move(incident, State.NEEDS_HUMAN, "closed", Crew.COMMUNICATOR, "look")
    assert (waiting.resolved_by, waiting.resolution) == ("", "")
    done = await chronicle.move(incident, State.RESOLVED, "resolved", Crew.COMMUNICATOR, "restarted")
    assert (done.resolved_by, done.resolution) == ("lamplighter", "restarted")
