"""The response on a real store: live steps, a fake engine whose effects are counted, a clock that tests move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from lamplighter.domain.alert import Alert, Delivery
from lamplighter.domain.approval import Approval, Grant
from lamplighter.domain.board import Board
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Case, Fact
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, intent_key
from lamplighter.domain.placement import Suppresses
from lamplighter.domain.placing import place_all
from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.policy import Mode, Rules, Ruling, Verdict, parse_sentence
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Roles
from lamplighter.store import SqlStore, open_store
from lamplighter.testing import FakeAction, FakeChannel, FakeClock, FakeEngine, FakeSignal, firing, resolved
from lamplighter.workflow.asking import Asking
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.memory import StoredLessons
from lamplighter.workflow.remedy import Patience, Remedy
from lamplighter.workflow.steps import LiveSteps
from lamplighter.workflow.story import run_incident
from lamplighter.workflow.switch import FileSwitch
from lamplighter.workflow.verifying import Verifying
from lamplighter.workflow.world import World

MIB = 1024**2
NOTHING_ALLOWS_IT = Verdict(Ruling.NEEDS_APPROVAL, "nothing allows it")


@dataclass
class Finds:
    """The same diagnosis every time."""

    component: str = "store"
    fault: str = "process_hung"

    def diagnose(self, case: Case) -> Diagnosis:
        fact = Fact("f1", "e1", self.component, "seen", "as seen", values={"memory_limit_bytes": float(64 * MIB)})
        return Diagnosis(
            (Cause(1, self.component, self.fault, 0.9, "confirmed", "it is so", ("f1",), seen=True),), (fact,)
        )


class Plain(LiveSteps):
    """Live steps with waits that the test's clock passes at once; `meanwhile` is what happens during a wait."""

    __slots__ = ("meanwhile",)

    async def wait(self, approval: Approval) -> None:
        if self.meanwhile:
            await self.meanwhile.pop(0)()
        else:
            self.clock.advance((approval.expires_at - approval.asked_at).total_seconds())

    async def pause(self, seconds: float) -> None:
        self.clock.advance(seconds)


@dataclass
class HealedSignal:
    """Fires until something was done."""

    clock: FakeClock
    engine: FakeEngine

    async def read(self, alert: Alert) -> Reading | None:
        state = SignalState.CLEAR if self.engine.effects else SignalState.FIRING
        return Reading(state, self.clock.now(), f"signal of {alert.name}", str(state))


@dataclass
class Bench:
    """Everything one response needs, on one store."""

    store: SqlStore
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    engine: FakeEngine = field(default_factory=FakeEngine)
    channel: FakeChannel = field(default_factory=FakeChannel)
    finds: Finds = field(default_factory=Finds)
    rules: Rules = field(default_factory=lambda: Rules(Mode.AUTO))
    acting: type[FakeAction] = FakeAction

    def __post_init__(self) -> None:
        self.part = self.engine.add("store", **{"lamplighter.allow": "restart,limits"})
        self.signal: FakeSignal | HealedSignal | None = FakeSignal(self.clock)
        self.switch = FileSwitch(self.folder, self.clock)
        self.build()

    def build(self) -> None:
        """Join the parts; again after a change of rules or roles, as a new life of the process would."""
        engine = self.engine.roles()
        actions = tuple(self.acting(self.engine, action.offer) for action in engine.actions)
        readers = (self.signal,) if self.signal else ()
        roles = (replace(engine, actions=actions), Roles(readers=readers, channels=(self.channel,)))
        world = World(self.clock, roles)
        chronicle = Chronicle(self.store, self.clock, world.channels)
        patience = Patience(act_seconds=5, settle_seconds=2, settle_pause_seconds=1)
        self.remedy = Remedy(self.store, world, self.switch, self.clock, chronicle, patience)
        care = Care(dwell_seconds=5, deadline_seconds=20, every_seconds=1)
        self.steps = Plain(
            store=self.store,
            world=world,
            remedy=self.remedy,
            chronicle=chronicle,
            investigator=self.finds,
            knowledge=StoredLessons(self.store.lessons),
            rules=self.rules,
            clock=self.clock,
            care=care,
            asking=Asking(self.store, chronicle, self.clock, care),
            verifying=Verifying(self.store, world, self.remedy, chronicle, self.clock, care),
        )
        self.steps.meanwhile = []

    async def place(self, alert: Alert) -> Incident | None:
        """Journal one alert and place it, on a board that is read from the store for it."""
        await self.store.journal.append(Delivery((alert,)), alert.source, self.clock.now())
        (entry,) = self.store.journal.unplaced(10)
        # Two incidents of one component, as where a person has split them.
        board = Board(apart=[("StoreDown@store", "Other@store")])
        for incident, members in self.store.incidents.board():
            board.put(incident, members)
        editions = board.editions(tuple(board.ids()))
        now = self.clock.now()
        placed = place_all([entry], board, self.store.incidents.recall([alert.trouble]), now)
        placement = placed[0].placement
        if isinstance(placement, Suppresses):
            self.store.incidents.apply(placed, (), {}, now)
            return None
        named = {name: edition for name, edition in editions.items() if name == placement.incident_id}
        applied = self.store.incidents.apply(placed, board.touched(), named, now)
        assert not applied.stale
        return applied.incidents[applied.ids.get(placement.incident_id, placement.incident_id)]

    async def opened(self, name: str = "StoreDown", container: str = "store") -> Incident:
        """A fresh incident."""
        incident = await self.place(firing(name, self.clock.now(), container=container))
        assert incident is not None
        return incident

    async def clears(self, incident: Incident) -> None:
        """The monitoring system says that it is over."""
        await self.place(resolved(incident.alert, self.clock.now()))

    async def approved(self, state: State = State.APPROVED, **opening: str) -> Incident:
        """An incident that has come as far as acting."""
        incident = await self.opened(**opening)
        for to in (State.ANALYSING, State.COUNCIL_REVIEW, state):
            event = self.steps.chronicle.event(incident, f"to:{to}", Moment.STATE, Crew.COUNCIL, "")
            incident = self.store.incidents.move(incident.id, to, event)
        return incident

    def plan(self, incident: Incident, *verbs: Verb, part: Component | None = None) -> Plan:
        """A plan on one component, pinned to its id."""
        part = part or self.part
        target = Target(part.system, part.kind, part.name, part.id)
        actions = tuple(
            Action(verb, target, {"bytes": str(128 * MIB)} if verb is Verb.SET_MEMORY_LIMIT else {})
            for verb in verbs or (Verb.RESTART,)
        )
        return Plan(incident.id, incident.run, part.name, self.finds.fault, 0.9, actions, facts=("f1",))

    def grant(self, incident: Incident, plan: Plan) -> Grant:
        """What policy gives."""
        return Grant(f"policy:{incident.workflow_id}:{plan.hash}", given=True, by="policy", reason="allowed")

    async def asked(self, incident: Incident, plan: Plan, *, yes: bool = True) -> Grant:
        """A person's approval of the plan."""
        approval = await self.steps.ask(incident, plan, NOTHING_ALLOWS_IT)
        if yes:
            self.store.approvals.answer(
                approval.id, approve=True, by="admin", reason="", plan_hash=plan.hash, now=self.clock.now()
            )
        return Grant(approval.id, given=True, by="admin", reason="yes", approval_id=approval.id)

    def attempt(self, plan: Plan, grant: Grant, index: int = 0, *, undo: bool = False) -> Attempt | None:
        """The ledger's row of one action."""
        return self.store.ledger.load(intent_key(grant.id, plan.actions[index], undo=undo))

    def intend(self, incident: Incident, plan: Plan, grant: Grant) -> str:
        """Write an intent as a life that then died would have."""
        key = intent_key(grant.id, plan.actions[0])
        attempt = self.remedy._intent(incident, plan, grant, plan.actions[0], key)
        self.store.ledger.plan(attempt, approval_id=grant.approval_id)
        return key

    def begin(self, incident: Incident, plan: Plan, grant: Grant) -> str:
        """Write an intent and its start."""
        key = self.intend(incident, plan, grant)
        before = {"exists": "True", "running": "True", "value.started": "1", "value.limit": str(64 * MIB)}
        assert self.store.ledger.start(key, before, self.clock.now())
        return key

    async def run(self, incident: Incident) -> State:
        """The whole response."""
        return await run_incident(incident.workflow_id, self.steps)

    def state(self, incident: Incident) -> State:
        found = self.store.incidents.load(incident.id)
        assert found is not None
        return found.state

    def moments(self, incident: Incident) -> list[str]:
        return [str(event.moment) for event in self.store.incidents.timeline(incident.id)]

    def heals(self) -> None:
        """From the first effect on, the signal is clear."""
        self.signal = HealedSignal(self.clock, self.engine)
        self.build()

    def acts(self, acting: type[FakeAction]) -> None:
        """Actions of another temper."""
        self.acting = acting
        self.build()

    def policy(self, mode: Mode = Mode.AUTO, **sentences: tuple[str, ...]) -> None:
        """Other rules, as after a change of the configuration and a restart."""
        parsed = {
            name: tuple(parse_sentence(text, never=name == "never") for text in texts)
            for name, texts in sentences.items()
        }
        self.rules = Rules(mode, **parsed)
        self.build()


@pytest.fixture
def store(store_url: str) -> Iterator[SqlStore]:
    opened = open_store(store_url, clock=FakeClock())
    yield opened
    opened.close()


@pytest.fixture
def bench(store: SqlStore, tmp_path: Path) -> Bench:
    return Bench(store, tmp_path)
