"""Verification on the signal that fired: clear for the dwell, still firing, no data, and harm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.verification import Outcome, SignalState
from lamplighter.ports import Roles
from lamplighter.testing import NOON, FakeClock, FakeEngine, FakeSignal
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.remedy import Remedy
from lamplighter.workflow.verifying import Verifying
from lamplighter.workflow.world import World
from tests.unit.workflow.conftest import MemoryStore

CARE = Care(dwell_seconds=10, deadline_seconds=60, every_seconds=2)
FIRING, CLEAR, NO_DATA = SignalState.FIRING, SignalState.CLEAR, SignalState.NO_DATA


class NeverPaused:
    """A switch that is not pressed."""

    def paused(self) -> str:
        return ""


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def plan(engine: FakeEngine) -> Plan:
    part = engine.add("store")
    target = Target(part.system, part.kind, part.name, part.id)
    return Plan("INC-1", 1, "store", "process_hung", 0.9, (Action(Verb.RESTART, target),), verify="front is clear")


def verifying(store: MemoryStore, clock: FakeClock, engine: FakeEngine, *states: SignalState) -> Verifying:
    readers = (FakeSignal(clock, list(states)),) if states else ()
    world = World(clock, (engine.roles(), Roles(readers=readers)))
    chronicle = Chronicle(store, clock, ())
    return Verifying(store, world, Remedy(store, world, NeverPaused(), clock, chronicle), chronicle, clock, CARE)


@pytest.fixture
def acted(store: MemoryStore, incident: Incident, plan: Plan) -> Incident:
    """The incident after the plan's action, before which its target ran."""
    target = plan.actions[0].target
    names = (target.system, "restart", target.id, target.name)
    attempt = Attempt("key", "INC-1", plan.hash, "policy", *names, {}, AttemptState.DONE, NOON)
    store.ledger.held["key"] = replace(attempt, before={"exists": "True", "running": "True"})
    return store.incidents.add(replace(incident, state=State.EXECUTING))


async def test_clear_for_the_dwell_is_recovered(
    store: MemoryStore, clock: FakeClock, engine: FakeEngine, plan: Plan, acted: Incident
) -> None:
    check = await verifying(store, clock, engine, FIRING, FIRING, CLEAR).verify(acted, plan)
    assert check.outcome is Outcome.RECOVERED
    assert clock.monotonic() == 14
    assert check.verified_by.startswith("signal of ")


async def test_a_relapse_begins_the_dwell_anew(
    store: MemoryStore, clock: FakeClock, engine: FakeEngine, plan: Plan, acted: Incident
) -> None:
    check = await verifying(store, clock, engine, CLEAR, CLEAR, FIRING, CLEAR).verify(acted, plan)
    assert (check.outcome, clock.monotonic()) == (Outcome.RECOVERED, 16)


@pytest.mark.parametrize(("state", "outcome"), [(FIRING, Outcome.UNCHANGED), (NO_DATA, Outcome.UNKNOWN)])
async def test_the_deadline_decides(
    store: MemoryStore,
    clock: FakeClock,
    engine: FakeEngine,
    plan: Plan,
    acted: Incident,
    state: SignalState,
    outcome: Outcome,
) -> None:
    check = await verifying(store, clock, engine, state).verify(acted, plan)
    assert (check.outcome, clock.monotonic()) == (outcome, 60)


async def test_a_signal_that_nobody_can_ask_is_unknown_even_where_nothing_fires(
    store: MemoryStore, clock: FakeClock, engine: FakeEngine, plan: Plan, acted: Incident
) -> None:
    assert (await verifying(store, clock, engine).verify(acted, plan)).outcome is Outcome.UNKNOWN


async def test_a_resolved_message_counts_where_nobody_can_ask(
    store: MemoryStore, clock: FakeClock, engine: FakeEngine, plan: Plan, acted: Incident
) -> None:
    store.incidents.add(replace(acted, signal_cleared_at=NOON))
    check = await verifying(store, clock, engine).verify(acted, plan)
    assert (check.outcome, check.verified_by) == (Outcome.RECOVERED, "fake webhook")


async def test_a_clear_signal_over_a_dead_target_is_worse(
    store: MemoryStore, clock: FakeClock, engine: FakeEngine, plan: Plan, acted: Incident
) -> None:
    identity = plan.actions[0].target.id
    engine.parts[identity] = replace(engine.parts[identity], running=False)
    check = await verifying(store, clock, engine, CLEAR).verify(acted, plan)
    assert (check.outcome, clock.monotonic()) == (Outcome.WORSE, 60)
    assert "does not run now" in check.reason
