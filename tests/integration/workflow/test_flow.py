"""Alerts in, responses in their turn, on the whole app: muted, superseded, flapping, in a storm, over a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.app import App, build_app
from lamplighter.domain.alert import Alert, AlertStatus, Delivery
from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Case, Fact
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.quiet import parse_matcher
from lamplighter.domain.silence import Silence
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Roles, Wanted
from lamplighter.settings import load_settings
from lamplighter.testing import FakeChannel, FakeEngine, firing, resolved
from lamplighter.workflow.clock import SystemClock

CLOCK = SystemClock()
CONFIGURATION = """
autonomy: {{mode: {mode}, auto: ['{auto}'], limits: {{between: 0s, total: 500/1h, per_target: 100/1h}}}}
verify: {{for: 200ms, every: 50ms, deadline: 3s}}
responses: {{at_once: 4, at_once_in_storm: 2, storm_from: {storm_from}}}
sources: {{}}
"""


class BlamesTheLead:
    """Whatever the alert speaks of hangs."""

    def diagnose(self, case: Case) -> Diagnosis:
        fact = Fact("f1", "e1", case.subject, "probe", "no answer")
        return Diagnosis(
            (Cause(1, case.subject, "process_hung", 0.9, "confirmed", "it hangs", ("f1",), seen=True),), (fact,)
        )


@dataclass
class Signal:
    """Fires, but for the components that were restarted or that the test says are well."""

    engine: FakeEngine
    well: set[str] = field(default_factory=set)
    sticks: bool = False

    async def read(self, alert: Alert) -> Reading:
        name = alert.labels.get("container", "")
        healed = name in self.well or (not self.sticks and any(target == name for _, target in self.engine.effects))
        return Reading(SignalState.CLEAR if healed else SignalState.FIRING, CLOCK.now(), "signal", name)


@dataclass
class Premises:
    """A folder that several lives of one app share, and the world around it."""

    folder: Path
    mode: str = "ask"
    auto: str = "start container nothing"
    storm_from: int = 1000
    engine: FakeEngine = field(default_factory=FakeEngine)
    channel: FakeChannel = field(default_factory=FakeChannel)

    def __post_init__(self) -> None:
        self.signal = Signal(self.engine)

    @asynccontextmanager
    async def life(self) -> AsyncIterator[App]:
        file = self.folder / "lamplighter.yaml"
        file.write_text(CONFIGURATION.format(mode=self.mode, auto=self.auto, storm_from=self.storm_from))
        settings = load_settings(file, {"HOME": str(self.folder), "LAMPLIGHTER_DATA": str(self.folder / "data")})
        roles = (self.engine.roles(), Roles(readers=(self.signal,), channels=(self.channel,)))
        app = build_app(settings, extra_roles=roles, investigator=BlamesTheLead())
        app.sweep.sweep_seconds = 0.3
        await app.start()
        try:
            yield app
        finally:
            await app.stop()

    def told(self, incident_id: str) -> list[str]:
        return [message.moment for message in self.channel.sent if message.incident_id == incident_id]


@pytest.fixture
def premises(tmp_path: Path) -> Premises:
    return Premises(tmp_path)


async def journal(app: App, *alerts: Alert) -> None:
    for start in range(0, len(alerts), 100):
        await app.store.journal.append(Delivery(alerts[start : start + 100]), "fake", app.clock.now())
    app.correlator.nudge()


async def eventually(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError("it never came to that")
        await asyncio.sleep(0.02)


def of(app: App, incident_id: str = "INC-1") -> Incident | None:
    return app.store.incidents.load(incident_id)


def stands(app: App, *states: State, incident_id: str = "INC-1", run: int = 1) -> Callable[[], bool]:
    def holds() -> bool:
        found = of(app, incident_id)
        return found is not None and found.state in states and found.run >= run

    return holds


def answer(app: App, approval_id: str = "") -> None:
    pending = app.store.approvals.listed(pending_only=True, limit=500)
    (question,) = [one for one in pending if not approval_id or one.id == approval_id]
    app.store.approvals.answer(
        question.id, approve=True, by="admin", reason="", plan_hash=question.plan_hash, now=app.clock.now()
    )


async def silence(app: App, words: str = "container=store") -> Silence:
    now = app.clock.now()
    return await app.quiet.add(
        Silence("", (parse_matcher(words),), now - timedelta(seconds=1), now + timedelta(hours=1), "alice", "work")
    )


async def test_resolved_while_waiting_for_an_answer_nothing_is_done(premises: Premises) -> None:
    premises.engine.add("store")
    alert = firing(container="store", at=CLOCK.now())
    async with premises.life() as app:
        await journal(app, alert)
        await eventually(stands(app, State.AWAITING_APPROVAL))
        await journal(app, resolved(alert, CLOCK.now()))
        await eventually(stands(app, State.SELF_CLEARED))
        (question,) = app.store.approvals.of_incident("INC-1")
        assert question.state is ApprovalState.CANCELLED
        assert premises.engine.effects == []


async def test_silenced_before_it_opens_it_is_recorded_held_and_told_once_at_the_end(premises: Premises) -> None:
    premises.engine.add("store")
    async with premises.life() as app:
        made = await silence(app)
        await journal(app, firing(container="store", at=CLOCK.now()))
        await eventually(lambda: (found := of(app)) is not None and "silenced" in found.held)
        assert premises.channel.sent == []
        await app.quiet.end(made.id)
        await eventually(stands(app, State.AWAITING_APPROVAL))
        await eventually(lambda: "asked" in premises.told("INC-1"))
        assert premises.told("INC-1") == ["opened", "asked"]
        assert of(app).held == ""


async def test_silenced_and_over_before_its_end_it_clears_by_itself_untold(premises: Premises) -> None:
    alert = firing(container="store", at=CLOCK.now())
    async with premises.life() as app:
        await silence(app)
        await journal(app, alert)
        await eventually(lambda: (found := of(app)) is not None and found.held)
        await journal(app, resolved(alert, CLOCK.now()))
        await eventually(stands(app, State.SELF_CLEARED))
        assert premises.channel.sent == []


async def test_silenced_between_the_yes_and_the_act_nothing_is_done(premises: Premises) -> None:
    premises.engine.add("store")
    async with premises.life() as app:
        await journal(app, firing(container="store", at=CLOCK.now()))
        await eventually(stands(app, State.AWAITING_APPROVAL))
        await silence(app)
        answer(app)
        await app.response.wake(of(app))
        await eventually(stands(app, State.NEEDS_HUMAN))
        assert premises.engine.effects == []
        assert any("silenced" in event.text for event in app.store.incidents.timeline("INC-1"))


async def test_a_deeper_cause_supersedes_the_run_and_cancels_its_question(premises: Premises) -> None:
    premises.engine.add("front", **{"lamplighter.depends": "store"})
    premises.engine.add("store")
    async with premises.life() as app:
        await eventually(lambda: app.surveying._last is not None)
        await journal(app, firing("FrontDown", container="front", at=CLOCK.now()))
        await eventually(stands(app, State.AWAITING_APPROVAL))
        (old,) = app.store.approvals.listed(pending_only=True)
        await journal(app, firing("StoreDown", container="store", at=CLOCK.now()))
        await eventually(stands(app, State.AWAITING_APPROVAL, run=2))
        assert app.store.approvals.load(old.id).state is ApprovalState.CANCELLED
        answer(app)
        await app.response.wake(of(app))
        await eventually(lambda: premises.engine.effects)
        assert premises.engine.effects == [("restart", "store")]
        premises.signal.well.add("front")
        await eventually(stands(app, State.RESOLVED))
        assert of(app, "INC-2") is None


async def test_not_recovered_while_another_alert_of_it_fires(premises: Premises) -> None:
    premises.engine.add("front", **{"lamplighter.depends": "store"})
    premises.engine.add("store")
    premises.mode, premises.auto = "auto", "* container store"
    async with premises.life() as app:
        await eventually(lambda: app.surveying._last is not None)
        await journal(
            app,
            firing("StoreDown", container="store", at=CLOCK.now()),
            firing("FrontDown", container="front", at=CLOCK.now()),
        )
        await eventually(stands(app, State.NEEDS_HUMAN))
        assert premises.engine.effects == [("restart", "store")]
        assert any("still firing: front" in event.text for event in app.store.incidents.timeline("INC-1"))


async def test_thirty_cycles_are_one_incident_at_most_one_action_and_three_messages(premises: Premises) -> None:
    premises.engine.add("store")
    premises.mode, premises.auto = "auto", "* container store"
    at = CLOCK.now() - timedelta(minutes=10)
    async with premises.life() as app:
        for cycle in range(30):
            alert = firing(container="store", at=at + timedelta(seconds=20 * cycle))
            premises.signal.well.clear()
            await journal(app, alert)
            await eventually(lambda: not app.store.journal.unplaced(1))
            await asyncio.sleep(0.05)
            premises.signal.well.add("store")
            await journal(app, resolved(alert, alert.starts_at + timedelta(seconds=10)))
            await eventually(lambda: not app.store.journal.unplaced(1))
        await eventually(lambda: not app.dispatch.flapping)
        await asyncio.sleep(2)
        assert of(app).flapping
        assert of(app, "INC-2") is None
        assert len(premises.engine.effects) <= 1
        assert len(premises.channel.sent) <= 3
        assert "flapping" in premises.told("INC-1")
        assert of(app).is_open


async def test_a_storm_starts_few_says_what_it_holds_and_names_the_grave(premises: Premises) -> None:
    premises.storm_from = 50
    for number in range(80):
        premises.engine.add(f"thing-{number:02d}")
    alerts = [firing(f"Down{n}", container=f"thing-{n:02d}", severity="warning", at=CLOCK.now()) for n in range(80)]
    grave = firing("Grave", container="thing-79", at=CLOCK.now())
    async with premises.life() as app:
        most = 0
        await journal(app, *alerts[:79], grave)
        await eventually(lambda: app.dispatch.storm is not None)
        listed = app.store.incidents.listed
        await eventually(lambda: len(listed(Wanted(), limit=200)) == 80)
        assert len(listed(Wanted(states=(State.RECEIVED,)), limit=200)) >= 80 - 2
        await eventually(lambda: "storm" in {message.moment for message in premises.channel.sent})
        for _ in range(100):
            at_work = tuple({State.ANALYSING, State.COUNCIL_REVIEW})
            most = max(most, len(listed(Wanted(states=at_work), limit=200)))
            await asyncio.sleep(0.02)
        assert most <= 2
        sent = premises.channel.sent
        await eventually(lambda: any("Grave" in " ".join((message.title, *message.lines)) for message in sent))
        await eventually(lambda: not app.dispatch.line, 240)


async def test_in_a_mass_failure_nothing_is_done_unasked(premises: Premises) -> None:
    premises.mode, premises.auto = "auto", "* container *"
    for number in range(10):
        part = premises.engine.add(f"shop-{number}", running=number >= 6)
        premises.engine.parts[part.id] = replace(part, group="shop")
    alerts = [firing("Down", container=f"shop-{n}", at=CLOCK.now()) for n in range(6)]
    async with premises.life() as app:
        await eventually(lambda: app.surveying._last is not None)
        await journal(app, *alerts)
        await eventually(lambda: len(app.board) == 1 and not app.dispatch.line)
        await eventually(stands(app, State.AWAITING_APPROVAL, State.NEEDS_HUMAN))
        assert premises.engine.effects == []
        judged = [event.text for event in app.store.incidents.timeline("INC-1") if event.moment == "judged"]
        assert any("mass failure" in text for text in judged)


async def test_two_hundred_questions_survive_a_restart_and_one_is_answered(premises: Premises) -> None:
    parts: list[Component] = [premises.engine.add(f"thing-{number:03d}") for number in range(200)]
    alerts = [firing(f"Down{n:03d}", container=part.name, at=CLOCK.now()) for n, part in enumerate(parts)]
    waiting = Wanted(states=(State.AWAITING_APPROVAL,))

    async with premises.life() as app:
        await journal(app, *alerts)
        await eventually(lambda: len(app.store.incidents.listed(waiting, limit=500)) == 200, 400)
        await eventually(lambda: sum(message.moment == "asked" for message in premises.channel.sent) == 200, 400)
    messages = len(premises.channel.sent)
    async with premises.life() as app:
        assert len(app.store.incidents.listed(waiting, limit=500)) == 200
        await eventually(lambda: app.correlator.leads)
        await asyncio.sleep(2)
        assert len(app.store.approvals.listed(pending_only=True, limit=500)) == 200
        question = app.store.approvals.listed(pending_only=True, limit=500)[17]
        answer(app, question.id)
        await app.response.wake(of(app, question.incident_id))
        await eventually(stands(app, State.RESOLVED, incident_id=question.incident_id))
        assert len(premises.engine.effects) == 1
        await eventually(lambda: len(premises.channel.sent) > messages)
        assert premises.told(question.incident_id) == ["opened", "asked", "resolved"]


async def test_an_alert_is_placed_by_one_process_and_once_after_a_restart(premises: Premises) -> None:
    alert = firing(container="store", at=CLOCK.now())
    async with premises.life() as app:
        await journal(app, alert)
        await eventually(stands(app, State.NEEDS_HUMAN))
    async with premises.life() as app:
        await journal(app, alert, replace(alert, status=AlertStatus.FIRING))
        await eventually(lambda: (found := of(app)) is not None and found.alert_count == 3)
        assert of(app).run == 1
        assert of(app, "INC-2") is None


async def test_old_checkpoints_are_pruned_and_fresh_ones_kept(premises: Premises) -> None:
    async with premises.life() as app:
        await journal(app, firing(container="store", at=CLOCK.now()))
        await eventually(stands(app, State.NEEDS_HUMAN))
        incident = of(app)
        assert incident is not None
        for _ in range(2_000):
            if await app.response.standing(incident) == "ended":
                break
            await asyncio.sleep(0.05)
        assert await app.response.prune(CLOCK.now() - timedelta(hours=1), 10) == 0
        assert await app.response.standing(incident) == "ended"
        assert await app.response.prune(CLOCK.now() + timedelta(hours=1), 10) == 1
        assert await app.response.standing(incident) == "absent"


async def test_a_watchdog_that_falls_silent_opens_an_incident_and_one_that_is_heard_again_ends_it(
    premises: Premises,
) -> None:
    async with premises.life() as app:
        app.watchdogs.within = timedelta(seconds=1)
        await journal(app, firing("Watchdog", severity="none", at=CLOCK.now()))
        await eventually(lambda: (found := of(app)) is not None and found.alert.name == "WatchdogMissing")
        await eventually(stands(app, State.NEEDS_HUMAN))
        app.watchdogs.within = timedelta(hours=1)
        await journal(app, firing("Watchdog", severity="none", at=CLOCK.now()))
        await eventually(stands(app, State.SELF_CLEARED))
