"""All that is stored about one incident as one value, and what reports pick out of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from lamplighter.domain.approval import Approval
from lamplighter.domain.incident import WAITING, Incident
from lamplighter.domain.ledger import Attempt
from lamplighter.domain.member import Member
from lamplighter.domain.plan import Plan
from lamplighter.domain.timeline import Event, Moment
from lamplighter.domain.topology import Edge
from lamplighter.reports.findings import Findings, ShownFact

NAMES_MAX = 200
TODAY = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Papers:
    """What is stored about one incident. `edges` are those that touch its component; `now` is when it was read."""

    incident: Incident
    now: datetime
    findings: Findings = field(default_factory=Findings)
    plan: Plan | None = None
    approvals: tuple[Approval, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    events: tuple[Event, ...] = ()
    members: tuple[Member, ...] = ()
    edges: tuple[Edge, ...] = ()
    zone: tzinfo = UTC

    def told(self, *moments: Moment, run: int | None = None) -> tuple[Event, ...]:
        """The events of these moments in one response, the newest one where none is named; in their order."""
        asked = self.incident.run if run is None else run
        return tuple(event for event in self.events if event.moment in moments and run_of(event) == asked)

    def last(self, *moments: Moment) -> Event | None:
        """The newest of them in the newest response."""
        return next(reversed(self.told(*moments)), None)

    def facts(self, keys: Iterable[str]) -> tuple[ShownFact, ...]:
        """The facts of these ids, in that order; what is not kept is left out."""
        kept = {fact.id: fact for fact in self.findings.facts}
        return tuple(kept[key] for key in keys if key in kept)

    @property
    def names(self) -> tuple[str, ...]:
        """Every component that the papers name, the incident's own first."""
        found = self.findings
        parts = [fact.component for fact in found.facts] + [member.component for member in self.members]
        parts += [cause.component for cause in found.not_proven.causes] + [out.component for out in found.ruled_out]
        parts += [name for edge in self.edges for name in (edge.source, edge.target)]
        known = (self.incident.component, found.known.component if found.known else "", *parts)
        return tuple(name for name in dict.fromkeys(known) if name)[:NAMES_MAX]

    def clock(self, at: datetime) -> str:
        """A time as people at the site read it; the day is said where it is not today."""
        near = abs(self.now - at) < TODAY
        return at.astimezone(self.zone).strftime("%H:%M:%S" if near else "%Y-%m-%d %H:%M:%S")


def run_of(event: Event) -> int:
    """Which response an event belongs to, as its key or else its data say; the first where neither tells."""
    before, mark, _ = event.key.partition(":")
    if mark and before.isdecimal():
        return int(before)
    said = event.data.get("run")
    return said if isinstance(said, int) and said > 0 else 1


def brought(event: Event) -> str:
    """The state that an event is told by: a response that ends with a person closes nothing."""
    state = str(event.data.get("state", ""))
    waits = event.moment is Moment.CLOSED and state in WAITING
    return state if waits or event.moment is Moment.STATE else ""
