"""The line of incidents that wait for a response: which begins now, which is held and why. Decisions are domain/'s."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import structlog

from lamplighter.domain.admission import Bounds, admit
from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import RUNS_MAX, UNDER_WAY, Incident, State
from lamplighter.domain.member import Member
from lamplighter.domain.storm import WITHIN, Storm, weather
from lamplighter.ports import Clock, Store, StoreUnavailable, Wanted
from lamplighter.workflow.chronicle import Chronicle

AT_WORK = UNDER_WAY - {State.RECEIVED, State.AWAITING_APPROVAL}
AT_WORK_LOOKED_AT_MAX = 500
HOLDS_AT_ONCE_MAX = 500
TURN_SECONDS = 1.0
# A storm nudges with every batch, and each turn looks at the whole line.
STORM_PAUSE_SECONDS = 0.5
log = structlog.get_logger()


class Response(Protocol):
    """What is asked of the durable response."""

    async def start(self, incident: Incident) -> None:
        """Start; a second start is a no-op."""
        ...

    async def wake(self, incident: Incident) -> None:
        """End a wait early."""
        ...

    async def standing(self, incident: Incident) -> str:
        """running, stalled, ended, broken or absent."""
        ...

    async def resume(self, incident: Incident) -> None:
        """Let a stalled one go on."""
        ...


class Placement(Protocol):
    """What is asked of the placing."""

    @property
    def leads(self) -> bool:
        """Whether this process places, and so starts responses."""
        ...

    def begun_since(self, since: datetime) -> int:
        """How many troubles began since then."""
        ...

    def members(self, incident_id: str) -> Sequence[Member]:
        """What belongs to an open incident."""
        ...


@dataclass(slots=True)
class Dispatch:
    """Starts responses in their turn. What the placing sees is noted at once, and worked off here."""

    store: Store
    response: Response
    chronicle: Chronicle
    clock: Clock
    bounds: Bounds = field(default_factory=Bounds)
    storm_from: int = 50
    placing: Placement | None = None
    closed: Callable[[Incident], None] = lambda _incident: None
    line: dict[str, Incident] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    flapping: dict[str, None] = field(default_factory=dict)
    grave: dict[str, int] = field(default_factory=dict)
    storm: Storm | None = None
    _grave_seen: dict[str, int] = field(default_factory=dict)
    _flapping_seen: dict[str, None] = field(default_factory=dict)
    _old: dict[str, Incident] = field(default_factory=dict)
    _to_wake: dict[str, Incident] = field(default_factory=dict)
    _wanted: asyncio.Event = field(default_factory=asyncio.Event)

    def nudge(self) -> None:
        """Look at the line now."""
        self._wanted.set()

    def saw(self, incident: Incident) -> None:
        """An incident as it stands in the store."""
        self._mark(incident)
        known = self.line.get(incident.id)
        if incident.state is State.RECEIVED:
            if self.begun.get(incident.id) == incident.run:
                return
            if incident.run > 1 and (known is None or known.run != incident.run):
                self._old[incident.id] = incident
            self.line[incident.id] = incident
            return
        self.dropped(incident.id)
        spent = incident.state is State.NEEDS_HUMAN and incident.run > RUNS_MAX
        if incident.state is State.MERGED or spent:
            self._old[incident.id] = incident
        if not incident.is_open:
            self.closed(incident)

    def _mark(self, incident: Incident) -> None:
        """What people may have to be told of it, also after a restart; the timeline knows what they were told."""
        if not incident.is_open:
            self._grave_seen.pop(incident.id, None)
            self.grave.pop(incident.id, None)
        elif incident.severity == "critical" and self._grave_seen.get(incident.id) != incident.run:
            self._grave_seen[incident.id] = self.grave[incident.id] = incident.run
        if not (incident.is_open and incident.flapping):
            self._flapping_seen.pop(incident.id, None)
        elif incident.id not in self._flapping_seen:
            self._flapping_seen[incident.id] = None
            self.flaps(incident.id)

    def dropped(self, incident_id: str) -> None:
        """It does not wait any more."""
        self.line.pop(incident_id, None)

    def waits(self, incident: Incident) -> bool:
        """Whether this run stands in line, or was begun here."""
        return incident.id in self.line or self.begun.get(incident.id) == incident.run

    def settling_seconds(self) -> float:
        """How long a storm still needs until what belongs together has come together."""
        now = self.clock.now()
        begun = self.placing.begun_since(now - WITHIN) if self.placing is not None else 0
        storm = weather(self.storm, begun, now, self.storm_from)
        return max(0.0, (storm.settles_at() - now).total_seconds()) if storm else 0.0

    def flaps(self, incident_id: str) -> None:
        """It comes and goes; people are told once."""
        self.flapping[incident_id] = None

    def wakes(self, incident: Incident) -> None:
        """Its response waits for people, and has something new to see."""
        self._to_wake[incident.id] = incident

    async def run(self) -> None:
        """Turn until cancelled; a store that is away is waited for."""
        while True:
            try:
                await self.turn()
            except StoreUnavailable as problem:
                log.warning("the store is away; the line waits", problem=str(problem))
                await self.clock.sleep(TURN_SECONDS)
            if self.storm is not None:
                await self.clock.sleep(STORM_PAUSE_SECONDS)
            try:
                async with asyncio.timeout(TURN_SECONDS):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()

    async def turn(self) -> None:
        """End what was superseded, wake what waits, and begin what may. Raises `StoreUnavailable`."""
        if self.placing is None or not self.placing.leads:
            return
        now = self.clock.now()
        self.storm = weather(self.storm, self.placing.begun_since(now - WITHIN), now, self.storm_from)
        for incident_id, incident in tuple(self._old.items()):
            await self._end_older(incident)
            del self._old[incident_id]
        for incident_id, incident in tuple(self._to_wake.items()):
            await self.response.wake(incident)
            del self._to_wake[incident_id]
        if self.line:
            await self._admit(now)

    async def _admit(self, now: datetime) -> None:
        at_work = await self._at_work()
        muted = {name: self.muted(one) for name, one in self.line.items()}
        # A storm's line is long, and sorting it must not hold up the receivers.
        line = tuple(self.line.values())
        admission = await asyncio.to_thread(admit, line, muted, at_work, self.storm, self.bounds, now)
        for incident_id in admission.begins:
            await self._begin(incident_id)
        changed = [
            (self.line[name], why)
            for name, why in admission.holds.items()
            if name in self.line and why and why != self.line[name].held
        ]
        if not changed:
            return
        await self.chronicle.hold_all(changed[:HOLDS_AT_ONCE_MAX])
        for incident, why in changed[:HOLDS_AT_ONCE_MAX]:
            if incident.id in self.line:
                self.line[incident.id] = replace(self.line[incident.id], held=why)

    def muted(self, incident: Incident) -> str:
        """Words where a silence or a window covers all of it; empty otherwise."""
        members = self.placing.members(incident.id) if self.placing is not None else ()
        return self.chronicle.muting.of(incident, members)

    async def _at_work(self) -> int:
        """Responses at work: those that the store shows, and those begun here that have not shown yet."""
        wanted = Wanted(states=tuple(AT_WORK))
        found = await asyncio.to_thread(self.store.incidents.listed, wanted, limit=AT_WORK_LOOKED_AT_MAX)
        shown = {incident.id for incident in found}
        for incident_id, run in tuple(self.begun.items()):
            present = await asyncio.to_thread(self.store.incidents.load, incident_id)
            if present is None or present.state is not State.RECEIVED or present.run != run:
                del self.begun[incident_id]
                # It may have come to work since the look at all of them.
                if present is not None and present.state in AT_WORK:
                    shown.add(incident_id)
        return len(shown | self.begun.keys())

    async def _begin(self, incident_id: str) -> None:
        """Start the response to the incident as it is now."""
        present = await asyncio.to_thread(self.store.incidents.load, incident_id)
        self.line.pop(incident_id, None)
        if present is None or present.state is not State.RECEIVED:
            return
        if present.run > 1:
            await self._end_older(present)
        if present.held:
            await self.chronicle.hold(present, "")
        self.begun[incident_id] = present.run
        try:
            await self.response.start(present)
        except BaseException:
            del self.begun[incident_id]
            self.line[incident_id] = present
            raise

    async def _end_older(self, incident: Incident) -> None:
        """No question of an earlier run may be answered any more; the run itself ends when it next looks."""
        questions = await asyncio.to_thread(self.store.approvals.of_incident, incident.id)
        merged = incident.state is State.MERGED
        for question in questions:
            mine = question.id.startswith(f"{incident.workflow_id}-") and not merged
            if question.state is ApprovalState.PENDING and not mine:
                await asyncio.to_thread(
                    self.store.approvals.close, question.id, ApprovalState.CANCELLED, self.clock.now()
                )
        older = incident if merged else replace(incident, run=incident.run - 1)
        await self.response.wake(older)
