"""Doing and undoing: the ledger first, then the effect; after an interruption a look at the target, never a retry."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from lamplighter.domain.admission import unsettled
from lamplighter.domain.approval import CannotAnswer, Grant
from lamplighter.domain.incident import BadMove, Incident, State
from lamplighter.domain.ledger import (
    ENDED,
    Attempt,
    AttemptState,
    Result,
    ResultKind,
    Settled,
    intent_key,
    result_of,
    settle,
)
from lamplighter.domain.plan import Action, Plan, Verb
from lamplighter.domain.redaction import redact
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Clock, RemediationAction, Snapshot, Store, Switch, ToolError
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.signals import Signals
from lamplighter.workflow.story import Superseded
from lamplighter.workflow.world import World, looked_at

READING_AGE_SECONDS_MAX = 5.0
SNAPSHOT_PREFIX = "value."
Forbidden = Callable[[], Awaitable[str]]


async def _nothing_to_wait_for() -> None:
    """Where nothing places."""


@dataclass(slots=True)
class Patience:
    """How long things may take, in seconds."""

    act_seconds: float = 60.0
    settle_seconds: float = 30.0
    settle_pause_seconds: float = 1.0


@dataclass(slots=True)
class Remedy:
    """Runs actions at most once for each intent."""

    store: Store
    world: World
    switch: Switch
    clock: Clock
    chronicle: Chronicle
    patience: Patience = field(default_factory=Patience)
    readings: dict[str, Reading] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    halted: bool = False
    # Set by the composition root: how long a storm still needs before what belongs together has come together.
    settling_seconds: Callable[[], float] = lambda: 0.0
    # Likewise: waits until what was journaled before has been placed.
    caught_up: Callable[[], Awaitable[None]] = _nothing_to_wait_for
    _gate: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def act(self, incident: Incident, plan: Plan, grant: Grant, index: int, forbidden: Forbidden) -> Result:
        """Do one action of the plan. `forbidden` asks policy once more, and says why not; empty where it may run."""
        action = plan.actions[index]
        key = intent_key(grant.id, action)
        await self._hold()
        found = await asyncio.to_thread(self.store.ledger.load, key)
        if found is not None and found.state is not AttemptState.PLANNED:
            return await self._resume(incident, action, found)
        # An all-clear that is journaled and not placed yet must stop this too.
        await self.caught_up()
        stop = await self._reason_to_stop(incident, action, grant)
        if stop is None:
            attempt = found or self._intent(incident, plan, grant, action, key)
            why = await self._intend(attempt, grant, forbidden, resumed=found is not None)
            stop = Result(ResultKind.STOPPED, why, action.words, action.target.id) if why else None
        if stop is not None:
            await self._note(incident, key, "skipped", Moment.SKIPPED, f"{action.words}: {stop.detail}", action)
            if found is not None:
                # An intent that stayed open would keep everybody else from this target for ever.
                await self._end(incident, action, key, AttemptState.FAILED, f"not begun; {stop.detail}")
            return stop
        await self._note(incident, key, "intended", Moment.INTENDED, f"about to {action.words}", action)
        return await self._do(incident, action, key)

    async def _intend(self, attempt: Attempt, grant: Grant, forbidden: Forbidden, *, resumed: bool) -> str:
        """Write the intent; empty where it stands, else why not. One at a time, so that budgets are counted right."""
        async with self._gate:
            why = await forbidden()
            if not why and resumed and grant.approval_id:
                held = await asyncio.to_thread(self.store.approvals.load, grant.approval_id)
                lapsed = held is None or self.clock.now() >= held.expires_at
                why = f"approval {grant.approval_id} expired before it was used" if lapsed else ""
            if why:
                return why
            try:
                await asyncio.to_thread(self.store.ledger.plan, attempt, approval_id=grant.approval_id)
            except CannotAnswer as problem:
                return str(problem)
        return ""

    async def undo(self, incident: Incident, plan: Plan, grant: Grant, results: tuple[Result, ...]) -> Result:
        """Put back what the done actions changed, newest first, once; then let nobody act on the target again."""
        undone: list[str] = []
        for action, result in reversed(list(zip(plan.actions, results, strict=False))):
            if result.kind is not ResultKind.DONE or not action.reversible:
                continue
            outcome = await self._undo_one(incident, plan, grant, action)
            if outcome.kind is not ResultKind.DONE:
                await self._freeze(action.target.id, f"undoing failed: {outcome.detail}")
                return Result(ResultKind.FAILED, f"rollback failed: {outcome.detail}", outcome.words, action.target.id)
            undone.append(outcome.words)
        for action in plan.actions:
            await self._freeze(action.target.id, f"{incident.id} became worse after {action.words}")
        if not undone:
            return Result(ResultKind.STOPPED, "there was nothing to undo; the target is frozen")
        return Result(ResultKind.DONE, f"undone: {', '.join(undone)}; the target is frozen")

    async def reading(self, incident: Incident) -> Reading | None:
        """The signal, asked again unless it was asked in the last few seconds."""
        known = self.readings.get(incident.id)
        if known is not None and 0 <= (self.clock.now() - known.at).total_seconds() < READING_AGE_SECONDS_MAX:
            return known
        return await self.read_now(incident)

    async def read_now(self, incident: Incident) -> Reading | None:
        """The signal, asked now."""
        reading = await self.world.read_signal(incident.alert)
        if reading is not None:
            self.readings[incident.id] = reading
        return reading

    async def _hold(self) -> None:
        """Begin nothing while the process is ending: wait for its end, and the next life goes on from here."""
        if self.halted:
            await asyncio.get_running_loop().create_future()

    def forget(self, incident: Incident) -> None:
        """Drop what was remembered of an ended response."""
        self.readings.pop(incident.id, None)

    async def _reason_to_stop(self, incident: Incident, action: Action, grant: Grant) -> Result | None:
        """Look again before acting: the switch, the incident, the signal, the target."""
        target = action.target
        paused = self.switch.paused()
        if paused:
            return Result(ResultKind.STOPPED, f"paused {paused}", action.words, target.id)
        present = await asyncio.to_thread(self.store.incidents.load, incident.id)
        unwelcome = self._unwelcome(present, incident, action)
        if unwelcome:
            return Result(ResultKind.STOPPED, unwelcome, action.words, target.id)
        over = await self._said_over(present)
        if over is not None:
            kind, why = over
            return Result(kind, f"{why}; nothing was done", action.words, target.id)
        reading = await self.reading(incident)
        if reading is not None and reading.state is SignalState.CLEAR:
            return await self._cleared(incident, action, reading)
        if not grant.approval_id and (reading is None or reading.state is not SignalState.FIRING):
            why = reading.detail if reading else "nobody knows how to ask for it"
            return Result(ResultKind.STOPPED, f"the signal cannot be seen now: {why}", action.words, target.id)
        frozen = (await asyncio.to_thread(self.store.ledger.frozen)).get(target.id)
        if frozen:
            return Result(ResultKind.STOPPED, f"{target.name} is frozen: {frozen}", action.words, target.id)
        return None

    async def _cleared(self, incident: Incident, action: Action, reading: Reading) -> Result:
        """What the action was for is over; the whole incident is only where nothing else in it fires."""
        other = await Signals(self.store, self.world).still_firing(incident)
        if other is None:
            detail = f"over by itself; nothing was done: {reading.detail}"
            return Result(ResultKind.CLEARED, detail, action.words, action.target.id)
        detail = f"what this was for is over, but something else still fires: {other.detail}"
        return Result(ResultKind.STOPPED, detail, action.words, action.target.id)

    def _unwelcome(self, present: Incident | None, incident: Incident, action: Action) -> str:
        """Why this run may not act any more, by the incident as the store has it now; empty where it may."""
        if present is None or not present.is_open:
            return "the incident was closed meanwhile"
        if present.run != incident.run:
            return "the incident has changed, and a newer response has it"
        if present.again or present.trouble != incident.trouble:
            return f"the incident is about {present.component or present.alert.name} now, and this was not for that"
        muted = self.chronicle.mutes.muted
        words = muted(present.alert.labels, present.component) or muted(present.alert.labels, action.target.name)
        return unsettled(present, self.clock.now()) or words

    async def _do(self, incident: Incident, action: Action, key: str) -> Result:
        role = self.world.action(action.target.system, action.verb)
        if role is None:
            return await self._end(incident, action, key, AttemptState.FAILED, "no integration offers this any more")
        try:
            before = await looked_at(role, action.target)
        except ToolError as problem:
            return await self._end(incident, action, key, AttemptState.FAILED, f"not begun; cannot see it: {problem}")
        if not before.exists:
            detail = f"not begun; {action.target.id[:12]} is gone (a thing of the same name is another thing)"
            return await self._end(incident, action, key, AttemptState.FAILED, detail)
        await self._hold()
        over = await self._over(incident, action)
        if over is not None:
            kind, why = over
            ended = await self._end(incident, action, key, AttemptState.FAILED, f"not begun; {why}")
            return replace(ended, kind=kind)
        if not await asyncio.to_thread(self.store.ledger.start, key, _written(before), self.clock.now()):
            found = await asyncio.to_thread(self.store.ledger.load, key)
            if found is not None and found.state is AttemptState.PLANNED:
                return await self._end(
                    incident, action, key, AttemptState.FAILED, "not begun; the target is being worked on"
                )
            return (
                await self._resume(incident, action, found)
                if found
                else Result(ResultKind.UNKNOWN, "the intent is gone")
            )
        self.running.add(key)
        try:
            return await self._effect(incident, action, key, role, before)
        finally:
            self.running.discard(key)

    async def _over(self, incident: Incident, action: Action) -> tuple[ResultKind, str] | None:
        """Why nothing may begin any more, asked of the store at the last moment; None where it may."""
        present = await asyncio.to_thread(self.store.incidents.load, incident.id)
        unwelcome = self._unwelcome(present, incident, action)
        if unwelcome or present is None:
            return ResultKind.FAILED, unwelcome
        return await self._said_over(present)

    async def _said_over(self, present: Incident | None) -> tuple[ResultKind, str] | None:
        """What the monitoring says of the lead, where it says that it is over; the whole may go on without it."""
        if present is None:
            return None
        if present.signal_cleared_at is not None:
            return ResultKind.CLEARED, "the monitoring says that it is over"
        members = await asyncio.to_thread(self.store.incidents.members, present.id)
        if any(member.trouble == present.trouble and not member.firing for member in members):
            return ResultKind.STOPPED, "the monitoring says that what this was for is over; something else still fires"
        return None

    async def _effect(
        self, incident: Incident, action: Action, key: str, role: RemediationAction, before: Snapshot
    ) -> Result:
        scaling = action.verb is Verb.SET_MEMORY_LIMIT
        state = State.SCALING if scaling else State.EXECUTING
        await self._note(incident, key, "acting", Moment.ACTING, f"{action.words} now", action)
        try:
            await self.chronicle.move(incident, state, f"state:{key}", Crew.HEALER, action.words)
        except (Superseded, BadMove) as problem:
            await self._end(incident, action, key, AttemptState.FAILED, f"not begun; {problem}")
            raise
        paused = self.switch.paused()
        if paused:
            return await self._end(incident, action, key, AttemptState.FAILED, f"not begun; paused {paused}")
        try:
            async with asyncio.timeout(self.patience.act_seconds):
                effect = await role.act(action.target, action.params, key)
        except (ToolError, TimeoutError) as problem:
            why = str(problem) or f"no answer in {self.patience.act_seconds:.0f} s"
            if isinstance(problem, ToolError) and not problem.unsure:
                return await self._end(incident, action, key, AttemptState.FAILED, why)
            settled = await self._settle(action, role, before, why)
            return await self._end(incident, action, key, settled.state, settled.reason)
        end = AttemptState.DONE if effect.ok else AttemptState.FAILED
        return await self._end(incident, action, key, end, effect.detail)

    async def _resume(self, incident: Incident, action: Action, found: Attempt) -> Result:
        """An intent that an earlier life of this process had begun."""
        if found.state in ENDED:
            return result_of(found, action.words)
        role = self.world.action(action.target.system, action.verb)
        if role is None:
            return await self._end(
                incident, action, found.key, AttemptState.UNKNOWN, "no integration can look any more"
            )
        settled = await self._settle(action, role, _read(found.before), "interrupted between intent and record")
        await self._note(incident, found.key, "settled", Moment.SETTLED, settled.reason, action)
        return await self._end(incident, action, found.key, settled.state, settled.reason)

    async def _settle(self, action: Action, role: RemediationAction, before: Snapshot, why: str) -> Settled:
        """Look at the target until it tells or the patience ends. Nothing is ever tried again here."""
        deadline = self.clock.monotonic() + self.patience.settle_seconds
        told = settle(happened=None, why=why)
        while True:
            try:
                now = await looked_at(role, action.target)
                told = settle(happened=role.happened(before, now, action.params), why=f"{why}; {now.detail}")
            except ToolError as problem:
                told = settle(happened=None, why=f"{why}; {problem}")
            if told.state is AttemptState.DONE or self.clock.monotonic() >= deadline:
                return told
            await self.clock.sleep(self.patience.settle_pause_seconds)

    async def _undo_one(self, incident: Incident, plan: Plan, grant: Grant, action: Action) -> Result:
        key = intent_key(grant.id, action, undo=True)
        await self._hold()
        done = await asyncio.to_thread(self.store.ledger.load, intent_key(grant.id, action))
        role = self.world.action(action.target.system, action.verb)
        if done is None or role is None:
            return Result(ResultKind.FAILED, "the recorded state is gone", action.words)
        found = await asyncio.to_thread(self.store.ledger.load, key)
        if found is not None and found.state is not AttemptState.PLANNED:
            if found.state in ENDED:
                return result_of(found, action.words)
            return await self._end(incident, action, key, AttemptState.UNKNOWN, "interrupted while undoing")
        paused = self.switch.paused()
        if paused:
            return Result(ResultKind.FAILED, f"not begun; paused {paused}", action.words, action.target.id)
        attempt = self._intent(incident, plan, grant, action, key, undo_of=done.key)
        await asyncio.to_thread(self.store.ledger.plan, attempt, approval_id="")
        if not await asyncio.to_thread(self.store.ledger.start, key, done.before, self.clock.now()):
            return await self._end(incident, action, key, AttemptState.UNKNOWN, "undoing was begun by somebody else")
        paused = self.switch.paused()
        if paused:
            return await self._end(incident, action, key, AttemptState.FAILED, f"not begun; paused {paused}")
        self.running.add(key)
        try:
            async with asyncio.timeout(self.patience.act_seconds):
                effect = await role.undo(action.target, _read(done.before), key)
        except (ToolError, TimeoutError) as problem:
            return await self._end(incident, action, key, AttemptState.UNKNOWN, f"undoing: {problem}")
        finally:
            self.running.discard(key)
        state = AttemptState.DONE if effect.ok else AttemptState.FAILED
        return await self._end(incident, action, key, state, effect.detail, moment=Moment.UNDONE)

    def _intent(
        self, incident: Incident, plan: Plan, grant: Grant, action: Action, key: str, undo_of: str = ""
    ) -> Attempt:
        return Attempt(
            key=key,
            incident_id=incident.id,
            plan_hash=plan.hash,
            grant=grant.id,
            system=action.target.system,
            verb=str(action.verb),
            target_id=action.target.id,
            target_name=action.target.name,
            params=dict(action.params),
            state=AttemptState.PLANNED,
            planned_at=self.clock.now(),
            undo_of=undo_of,
        )

    async def _end(
        self,
        incident: Incident,
        action: Action,
        key: str,
        state: AttemptState,
        detail: str,
        *,
        moment: Moment = Moment.ACTED,
    ) -> Result:
        ended = await asyncio.to_thread(self.store.ledger.end, key, state, redact(detail), self.clock.now())
        await self._note(incident, key, str(moment), moment, f"{action.words}: {ended.state}: {ended.detail}", action)
        return result_of(ended, action.words)

    async def _freeze(self, target_id: str, reason: str) -> None:
        await asyncio.to_thread(self.store.ledger.freeze, target_id, reason, self.clock.now())

    async def _note(self, incident: Incident, key: str, tag: str, moment: Moment, text: str, action: Action) -> None:
        data: dict[str, object] = {"verb": str(action.verb), "target": action.target.name, "key": key}
        await self.chronicle.note(incident, f"{tag}:{key}", moment, Crew.HEALER, text, data)


def _written(snapshot: Snapshot) -> dict[str, str]:
    values = {f"{SNAPSHOT_PREFIX}{key}": value for key, value in snapshot.values.items()}
    return {"exists": str(snapshot.exists), "running": str(snapshot.running), "detail": snapshot.detail, **values}


def _read(before: dict[str, str]) -> Snapshot:
    values = {k.removeprefix(SNAPSHOT_PREFIX): v for k, v in before.items() if k.startswith(SNAPSHOT_PREFIX)}
    return Snapshot(before.get("exists") == "True", before.get("running") == "True", values, before.get("detail", ""))
