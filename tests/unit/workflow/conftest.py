"""What the workflow's unit tests share: a store in memory, which keeps only what these tests look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from lamplighter.domain import course
from lamplighter.domain.alert import Alert, Delivery, JournalEntry
from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.check import Sample
from lamplighter.domain.incident import CLOSED, Incident, State, moved
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import Heard, Opens, Past, Placed, Suppresses
from lamplighter.domain.plan import Plan
from lamplighter.domain.timeline import Event
from lamplighter.domain.topology import Edge
from lamplighter.ports import Applied, Fenced, StoreUnavailable, Wanted
from lamplighter.testing import NOON, FakeClock, firing


@dataclass
class MemoryJournal:
    entries: list[JournalEntry] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)
    away: bool = False
    dealt_with: bool = False

    async def append(self, delivery: Delivery, source: str, received_at: datetime) -> int:
        if self.away:
            raise StoreUnavailable("locked")
        for alert in delivery.alerts:
            self.entries.append(JournalEntry(len(self.entries) + 1, received_at, alert))
        return len(self.entries)

    def unplaced(self, limit: int) -> Sequence[JournalEntry]:
        if self.away:
            raise StoreUnavailable("locked")
        return self.entries[:limit]

    def set_aside(self, seq: int, reason: str, now: datetime) -> None:
        if self.dealt_with:
            self.entries = [entry for entry in self.entries if entry.seq != seq]
            raise LookupError(f"no journal entry {seq} waits to be placed")
        self.aside.append((seq, reason))
        self.entries = [entry for entry in self.entries if entry.seq != seq]


@dataclass
class MemoryIncidents:
    """Folds placements as the store does, by the domain's own rules; `stale` says so once of the ids in it."""

    journal: MemoryJournal
    held: dict[str, Incident] = field(default_factory=dict)
    seats: dict[str, dict[str, Member]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    pasts: dict[str, Past] = field(default_factory=dict)
    poison: str = ""
    stale: set[str] = field(default_factory=set)
    fenced: bool = False
    batches: list[int] = field(default_factory=list)

    def add(self, incident: Incident, *members: Member) -> Incident:
        self.held[incident.id] = incident
        for member in members:
            self.seats.setdefault(incident.id, {})[member.trouble] = member
        return incident

    def recall(self, troubles: Sequence[str]) -> Mapping[str, Past]:
        if self.poison in troubles:
            raise ValueError("poison")
        return {trouble: self.pasts[trouble] for trouble in troubles if trouble in self.pasts}

    def board(self, ids: Sequence[str] | None = None) -> Sequence[tuple[Incident, Sequence[Member]]]:
        found = (one for one in self.held.values() if one.is_open and (ids is None or one.id in ids))
        return [(one, tuple(self.seats.get(one.id, {}).values())) for one in found]

    def editions(self) -> Mapping[str, int]:
        return {one.id: one.edition for one in self.held.values() if one.is_open}

    def apart(self) -> Sequence[tuple[str, str]]:
        return ()

    def count(self, heard: Sequence[Heard], now: datetime) -> None:
        for one in heard:
            present = self.held[one.incident_id]
            self.held[one.incident_id] = replace(present, alert_count=present.alert_count + one.times)

    def members(self, incident_id: str) -> Sequence[Member]:
        return tuple(self.seats.get(incident_id, {}).values())

    def apply(
        self,
        batch: Sequence[Placed],
        members: Sequence[Member],
        editions: Mapping[str, int],
        now: datetime,
        *,
        token: int = 0,
    ) -> Applied:
        if self.fenced:
            raise Fenced("another has it")
        stale = frozenset(name for name, edition in editions.items() if self.held[name].edition != edition)
        if stale or self.stale:
            self.stale.clear()
            return Applied(stale=stale or frozenset({"INC-1"}))
        ids: dict[str, str] = {}
        changed: dict[str, Incident] = {}
        for placed in batch:
            self.journal.entries.remove(placed.entry)
            if isinstance(placed.placement, Suppresses) or placed.repeats:
                continue
            name = placed.placement.incident_id
            if isinstance(placed.placement, Opens):
                ids[name] = f"INC-{len(self.held) + 1}"
                after = replace(course.opened(placed, now), id=ids[name])
            else:
                after = course.after(self.held[ids.get(name, name)], placed, now)
            changed[after.id] = self.add(after)
        for member in members:
            real = ids.get(member.incident_id, member.incident_id)
            self.seats.setdefault(real, {})[member.trouble] = replace(member, incident_id=real)
        self.batches.append(len(batch))
        return Applied(ids, changed)

    def load(self, incident_id: str) -> Incident | None:
        return self.held.get(incident_id)

    def move(self, incident_id: str, to: State, event: Event, *, resolution: str = "", by: str = "") -> Incident:
        after = moved(self.held[incident_id], to, event.at)
        self.record(event)
        return self.add(replace(after, resolution=resolution, resolved_by=by))

    def reopen(self, incident_id: str, event: Event) -> Incident:
        old = self.held[incident_id]
        self.record(event)
        return self.add(replace(old, state=State.RECEIVED, run=old.run + 1, closed_at=None, again=False))

    def hold(self, incident_id: str, reason: str, event: Event | None = None) -> None:
        self.add(replace(self.held[incident_id], held=reason))
        if event is not None:
            self.record(event)

    def hold_all(self, holds: Sequence[tuple[str, str, Event]]) -> None:
        for incident_id, reason, event in holds:
            self.hold(incident_id, reason, event)

    def record(self, event: Event) -> None:
        if (event.incident_id, event.key) not in {(one.incident_id, one.key) for one in self.events}:
            self.events.append(event)

    def timeline(self, incident_id: str) -> Sequence[Event]:
        return [event for event in self.events if event.incident_id == incident_id]

    def listed(self, wanted: Wanted, *, limit: int = 50, before: str = "") -> Sequence[Incident]:
        return [one for one in self.held.values() if one.state in wanted.states][:limit]

    @property
    def texts(self) -> list[str]:
        return [event.text for event in self.events]


@dataclass
class MemoryApprovals:
    held: dict[str, Approval] = field(default_factory=dict)

    def ask(self, approval: Approval) -> Approval:
        return self.held.setdefault(approval.id, approval)

    def load(self, approval_id: str) -> Approval | None:
        return self.held.get(approval_id)

    def of_incident(self, incident_id: str) -> Sequence[Approval]:
        return [one for one in self.held.values() if one.incident_id == incident_id]

    def listed(self, *, pending_only: bool, limit: int = 50) -> Sequence[Approval]:
        return [one for one in self.held.values() if not pending_only or one.state is ApprovalState.PENDING][:limit]

    def close(self, approval_id: str, state: ApprovalState, now: datetime) -> Approval:
        if self.held[approval_id].state is ApprovalState.PENDING:
            self.held[approval_id] = replace(self.held[approval_id], state=state, answered_at=now)
        return self.held[approval_id]


@dataclass
class MemoryDossiers:
    held: dict[tuple[str, int], Plan] = field(default_factory=dict)

    def plan(self, incident_id: str, run: int) -> Plan | None:
        return self.held.get((incident_id, run))

    def keep_plan(self, plan: Plan) -> None:
        self.held[plan.incident_id, plan.run] = plan


@dataclass
class MemoryLedger:
    held: dict[str, Attempt] = field(default_factory=dict)

    def of_incident(self, incident_id: str) -> Sequence[Attempt]:
        return [one for one in self.held.values() if one.incident_id == incident_id]

    def end(self, key: str, state: AttemptState, detail: str, now: datetime) -> Attempt:
        self.held[key] = replace(self.held[key], state=state, detail=detail, ended_at=now)
        return self.held[key]

    def frozen(self) -> Mapping[str, str]:
        return {}


@dataclass
class MemorySamples:
    held: list[Sample] = field(default_factory=list)

    def keep(self, samples: Sequence[Sample]) -> None:
        self.held.extend(samples)

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:
        return [one for one in self.held if one.check == check and start <= one.at <= end]


@dataclass
class MemoryEdges:
    held: dict[Edge, datetime] = field(default_factory=dict)

    def keep(self, edges: Sequence[Edge], now: datetime) -> None:
        self.held.update(dict.fromkeys(edges, now))

    def known(self, since: datetime) -> Sequence[Edge]:
        return [edge for edge, at in self.held.items() if at >= since]


@dataclass
class MemoryLeases:
    """One lease; `other` has it while it is set."""

    other: bool = False
    token: int = 0
    holder: str = ""
    takes: int = 0

    def take(self, name: str, holder: str, seconds: float) -> int:
        self.takes += 1
        if self.other:
            self.holder = "other"
            return 0
        if self.holder != holder:
            self.holder, self.token = holder, self.token + 1
        return self.token

    def release(self, name: str, holder: str) -> None:
        self.holder = ""


@dataclass
class MemoryStore:
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)
    dossiers: MemoryDossiers = field(default_factory=MemoryDossiers)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    samples: MemorySamples = field(default_factory=MemorySamples)
    edges: MemoryEdges = field(default_factory=MemoryEdges)
    leases: MemoryLeases = field(default_factory=MemoryLeases)

    def __post_init__(self) -> None:
        self.incidents = MemoryIncidents(self.journal)


@dataclass
class FakeResponse:
    """Responses that only say how they stand."""

    stands: dict[str, str] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    woken: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)

    async def start(self, incident: Incident) -> None:
        self.started.append(incident.workflow_id)
        self.stands[incident.workflow_id] = "running"

    async def wake(self, incident: Incident) -> None:
        self.woken.append(incident.workflow_id)

    async def resume(self, incident: Incident) -> None:
        self.resumed.append(incident.workflow_id)

    async def standing(self, incident: Incident) -> str:
        return self.stands.get(incident.workflow_id, "absent")


@dataclass
class FakeMutes:
    """Mutes the components in `words`."""

    words: dict[str, str] = field(default_factory=dict)

    def muted(self, labels: Mapping[str, str], component: str) -> str:
        return self.words.get(component, "")


def member_of(incident_id: str, alert: Alert, component: str = "") -> Member:
    return Member(incident_id, alert.trouble, alert, component, Link.OPENED, "", NOON)


def incident_of(incident_id: str, entry: JournalEntry, state: State = State.RECEIVED) -> Incident:
    alert = entry.alert
    closed_at = NOON if state in CLOSED else None
    return Incident(incident_id, alert.name, state, "critical", alert.trouble, alert, NOON, NOON, closed_at=closed_at)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def incident(store: MemoryStore) -> Incident:
    """An incident that is being analysed."""
    return store.incidents.add(incident_of("INC-1", JournalEntry(1, NOON, firing()), State.ANALYSING))
