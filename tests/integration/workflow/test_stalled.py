"""A response that broke off without a record, as when its checkpoint could not be written, goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from lamplighter.app import App, build_app
from lamplighter.domain.alert import Delivery
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Case, Fact
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Roles
from lamplighter.settings import load_settings
from lamplighter.testing import FakeEngine, firing
from lamplighter.workflow.clock import SystemClock

CONFIGURATION = """
autonomy: {mode: ask}
verify: {for: 200ms, every: 50ms, deadline: 5s}
sources: {}
"""


class Hung:
    """The same diagnosis every time."""

    def diagnose(self, case: Case) -> Diagnosis:
        fact = Fact("f1", "e1", "store", "probe", "no answer")
        return Diagnosis(
            (Cause(1, "store", "process_hung", 0.9, "confirmed", "store hangs", ("f1",), seen=True),), (fact,)
        )


class HealedByAnEffect:
    """The signal fires until something was done."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine

    async def read(self, alert: object) -> Reading:
        state = SignalState.CLEAR if self.engine.effects else SignalState.FIRING
        return Reading(state, SystemClock().now(), "signal", str(state))


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine()
    engine.add("store")
    return engine


@pytest.fixture
async def app(tmp_path: Path, engine: FakeEngine) -> AsyncIterator[App]:
    file = tmp_path / "lamplighter.yaml"
    file.write_text(CONFIGURATION)
    settings = load_settings(file, {"HOME": str(tmp_path), "LAMPLIGHTER_DATA": str(tmp_path / "data")})
    roles = (engine.roles(), Roles(readers=(HealedByAnEffect(engine),)))
    app = build_app(settings, extra_roles=roles, investigator=Hung())
    app.sweep.stalled_seconds = 0.5
    await app.start()
    yield app
    await app.stop()


async def reached(app: App, holds: Callable[[Incident], bool]) -> Incident:
    for _ in range(2_000):
        incident = app.store.incidents.load("INC-1")
        if incident is not None and holds(incident):
            return incident
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to that")


async def test_a_response_whose_task_is_gone_is_resumed_and_acts_once(app: App, engine: FakeEngine) -> None:
    await app.store.journal.append(
        Delivery((firing(container="store", at=SystemClock().now()),)), "fake", app.clock.now()
    )
    app.correlator.nudge()
    incident = await reached(app, lambda one: one.state is State.AWAITING_APPROVAL)
    # Not taken up again before this test has seen that it is gone.
    soon, app.sweep.stalled_seconds = app.sweep.stalled_seconds, 3600
    tasks = tuple(app.response._responses)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert await app.response.standing(incident) == "stalled"
    app.sweep.stalled_seconds = soon

    (question,) = app.store.approvals.listed(pending_only=True)
    now = app.clock.now()
    app.store.approvals.answer(question.id, approve=True, by="admin", reason="", plan_hash=None, now=now)
    await app.response.wake(incident)
    await reached(app, lambda one: one.state is State.RESOLVED)
    assert engine.effects == [("restart", "store")]
