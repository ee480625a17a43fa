"""What the workflow's unit tests share: a store in memory, which keeps only what these tests look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from lamplighter.domain.alert import Delivery, Episode, JournalEntry
from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.check import Sample
from lamplighter.domain.incident import CLOSED, Incident, State, moved
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.placement import Clears, Joins, Opens, Placement, Reopens
from lamplighter.domain.timeline import Event
from lamplighter.ports import StoreUnavailable
from lamplighter.testing import NOON, FakeClock, firing


@dataclass
class MemoryJournal:
    entries: list[JournalEntry] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)
    away: bool = False

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
        self.aside.append((seq, reason))
        self.entries = [entry for entry in self.entries if entry.seq != seq]


@dataclass
class MemoryIncidents:
    journal: MemoryJournal
    held: dict[str, Incident] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    poison: str = ""

    def add(self, incident: Incident) -> Incident:
        self.held[incident.id] = incident
        return incident

    def known(self, trouble: str) -> tuple[Incident | None, Incident | None, Episode | None]:
        if trouble == self.poison:
            raise ValueError("poison")
        mine = [one for one in self.held.values() if one.trouble == trouble]
        opened = next((one for one in mine if one.is_open), None)
        return opened, next((one for one in reversed(mine) if not one.is_open), None), None

    def apply(self, entry: JournalEntry, placement: Placement, now: datetime) -> Incident | None:
        self.journal.entries.remove(entry)
        if isinstance(placement, Opens):
            return self.add(incident_of(f"INC-{len(self.held) + 1}", entry))
        if isinstance(placement, Joins):
            return self.held[placement.incident_id]
        if isinstance(placement, Reopens):
            old = self.held[placement.incident_id]
            return self.add(replace(old, state=State.RECEIVED, run=old.run + 1, closed_at=None))
        if isinstance(placement, Clears):
            return self.add(replace(self.held[placement.incident_id], signal_cleared_at=now))
        return None

    def load(self, incident_id: str) -> Incident | None:
        return self.held.get(incident_id)

    def move(self, incident_id: str, to: State, event: Event, *, resolution: str = "", by: str = "") -> Incident:
        after = moved(self.held[incident_id], to, event.at)
        self.record(event)
        return self.add(replace(after, resolution=resolution, resolved_by=by))

    def record(self, event: Event) -> None:
        if event.key not in {one.key for one in self.events}:
            self.events.append(event)

    def listed(self, *, states: Sequence[State] = (), limit: int = 50, before: str = "") -> Sequence[Incident]:
        return [one for one in self.held.values() if one.state in states][:limit]

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

    def close(self, approval_id: str, state: ApprovalState, now: datetime) -> Approval:
        if self.held[approval_id].state is ApprovalState.PENDING:
            self.held[approval_id] = replace(self.held[approval_id], state=state, answered_at=now)
        return self.held[approval_id]


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


@dataclass
class MemoryStore:
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    approvals: MemoryApprovals = field(default_factory=MemoryApprovals)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    samples: MemorySamples = field(default_factory=MemorySamples)

    def __post_init__(self) -> None:
        self.incidents = MemoryIncidents(self.journal)


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
