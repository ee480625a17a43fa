"""An incident is one cause that people care about: its states, and which may follow which."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from lamplighter.domain.alert import Alert

PROBATION = timedelta(minutes=10)


class State(StrEnum):
    """The only names of states, in code, API, console and messages."""

    RECEIVED = "received"
    ANALYSING = "analysing"
    COUNCIL_REVIEW = "council_review"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    EXECUTING = "executing"
    SCALING = "scaling"
    VERIFYING = "verifying"
    RESOLVED = "resolved"
    NEEDS_HUMAN = "needs_human"
    REJECTED = "rejected"
    ROLLED_BACK = "rolled_back"
    SELF_CLEARED = "self_cleared"
    MERGED = "merged"


CLOSED = frozenset({State.RESOLVED, State.SELF_CLEARED, State.MERGED})
WAITING = frozenset({State.NEEDS_HUMAN, State.REJECTED, State.ROLLED_BACK})
UNDER_WAY = frozenset(State) - CLOSED - WAITING
# From the yes on, something may be changing in the world, so the incident is neither restarted nor merged away.
ACTING = frozenset({State.APPROVED, State.EXECUTING, State.SCALING, State.VERIFYING})
RUNS_MAX = 8

_EXITS = frozenset({State.NEEDS_HUMAN, State.SELF_CLEARED, State.RESOLVED, State.MERGED})
_FOLLOWS: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.ANALYSING}),
    State.ANALYSING: frozenset({State.COUNCIL_REVIEW}),
    State.COUNCIL_REVIEW: frozenset({State.AWAITING_APPROVAL, State.APPROVED}),
    # Back before the council where a person amended the plan.
    State.AWAITING_APPROVAL: frozenset({State.APPROVED, State.REJECTED, State.COUNCIL_REVIEW}),
    State.APPROVED: frozenset({State.EXECUTING, State.SCALING}),
    State.EXECUTING: frozenset({State.VERIFYING, State.SCALING}),
    State.SCALING: frozenset({State.VERIFYING, State.EXECUTING}),
    State.VERIFYING: frozenset({State.ROLLED_BACK}),
    State.RESOLVED: frozenset({State.RECEIVED}),
    State.SELF_CLEARED: frozenset({State.RECEIVED}),
    State.NEEDS_HUMAN: frozenset(),
    State.REJECTED: frozenset(),
    State.ROLLED_BACK: frozenset(),
    State.MERGED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as it stands. Times are UTC; `run` counts how often the response was started.

    `alert` and `trouble` are those of the lead: the alert that speaks of the deepest component in trouble. `edition`
    changes whenever somebody else than the placing process changes what belongs to the incident.
    """

    id: str
    title: str
    state: State
    severity: str
    trouble: str
    alert: Alert
    opened_at: datetime
    updated_at: datetime
    run: int = 1
    component: str = ""
    alert_count: int = 1
    signal_cleared_at: datetime | None = None
    closed_at: datetime | None = None
    resolution: str = ""
    resolved_by: str = ""
    member_count: int = 1
    edition: int = 1
    flapping: bool = False
    again: bool = False
    held: str = ""
    regression_of: str = ""
    merged_into: str = ""
    acknowledged_by: str = ""
    grouping: str = ""

    @property
    def is_open(self) -> bool:
        """Whether people should still care."""
        return self.state not in CLOSED

    @property
    def workflow_id(self) -> str:
        """The durable response's id: the incident's own, with the run where it was reopened."""
        return self.id if self.run == 1 else f"{self.id}.{self.run}"


class BadMove(ValueError):
    """A state that may not follow the present one."""


def may_follow(present: State, following: State) -> bool:
    """Whether `following` may come after `present`. Staying is always allowed: steps may be repeated."""
    if present == following:
        return True
    if present in CLOSED:
        return following in _FOLLOWS[present]
    return following in _EXITS or following in _FOLLOWS[present]


def moved(incident: Incident, to: State, now: datetime) -> Incident:
    """The incident in its next state; `BadMove` where the order of states forbids it."""
    if not may_follow(incident.state, to):
        msg = f"{incident.id} cannot go from {incident.state} to {to}"
        raise BadMove(msg)
    if to is incident.state and to in CLOSED:
        return incident
    closed_at = now if to in CLOSED else None
    return replace(incident, state=to, updated_at=now, closed_at=closed_at)


def on_probation(incident: Incident, now: datetime) -> bool:
    """Whether a return of the trouble still counts against the fix that closed this incident."""
    return incident.closed_at is not None and now - incident.closed_at <= PROBATION
