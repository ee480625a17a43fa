"""What a replayed stream comes to: how many incidents, and why each alert went where. Bounded, whatever the stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lamplighter.domain.incident import Incident
from lamplighter.domain.member import Link
from lamplighter.domain.placement import Clears, Joins, Opens, Reopens, Suppresses
from lamplighter.lab.replay_life import Step
from lamplighter.lab.replay_stream import Broken

MERGES_MAX = 20_000
INCIDENTS_MAX = 5_000
SET_ASIDE_MAX = 200
WORDS = {Opens: "opens", Joins: "joins", Reopens: "reopens", Clears: "clears", Suppresses: "suppresses"}


@dataclass(frozen=True, slots=True)
class Decision:
    """One alert and what became of it, for people."""

    at: datetime
    alert: str
    component: str
    what: str
    incident: str
    reason: str


def decision_of(step: Step) -> Decision:
    """The step in words."""
    alert, placement = step.placed.entry.alert, step.placed.placement
    component = getattr(placement, "component", "")
    return Decision(step.at, alert.name, component, WORDS[type(placement)], step.incident_id, placement.reason)


@dataclass(slots=True)
class Report:
    """Counts go on for ever; what is listed has bounds, and says how much was left out."""

    alerts: int = 0
    deliveries: int = 0
    lines: int = 0
    truncated: int = 0
    storms: int = 0
    messages: int = 0
    set_aside: int = 0
    broken: int = 0
    begins: datetime | None = None
    ends: datetime | None = None
    _what: Counter[str] = field(default_factory=Counter)
    _links: Counter[str] = field(default_factory=Counter)
    _merges: list[dict[str, str]] = field(default_factory=list)
    _merges_left_out: int = 0
    _incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    _into: dict[str, str] = field(default_factory=dict)
    _flapping: set[str] = field(default_factory=set)
    _regressions: int = 0
    _put_aside: list[dict[str, Any]] = field(default_factory=list)

    @property
    def incidents(self) -> int:
        """How many incidents it would have been; those that turned out to be part of another are not counted."""
        return self._what["opens"] - len(self._into)

    def passed(self, at: datetime) -> None:
        """The stream has come to this time."""
        self.begins = self.begins or at
        self.ends = at

    def aside(self, line: int, reason: str, source: str = "") -> None:
        """An alert, or a whole body, that could not be read."""
        self.set_aside += 1
        self._note({"line": line, "source": source, "reason": reason})

    def broke(self, line: Broken) -> None:
        """A line that could not be read."""
        self.broken += 1
        self._note({"line": line.number, "source": "", "reason": line.reason})

    def count(self, step: Step) -> None:
        """One more alert was placed."""
        placement = step.placed.placement
        self.alerts += 1
        self._what[WORDS[type(placement)]] += 1
        if isinstance(placement, Opens) and placement.regression_of:
            self._regressions += 1
        if isinstance(placement, Joins):
            self._links[placement.link] += 1
            if placement.link is not Link.SAME_TROUBLE:
                self._merge(decision_of(step), step.placed.entry.alert.trouble)
        for absorbed in step.absorbed:
            self._absorb(absorbed, step)

    def stands(self, incident: Incident, *, ebbing: bool = False) -> None:
        """An incident as it is now. One that is `ebbing` keeps the name that it had when it was at its worst."""
        if incident.flapping:
            self._flapping.add(incident.id)
        known = self._incidents.get(incident.id)
        if known is None and len(self._incidents) >= INCIDENTS_MAX:
            return
        called = known if known is not None and ebbing else {"title": incident.title, "component": incident.component}
        self._incidents[incident.id] = {
            "id": incident.id,
            "title": called["title"],
            "alert": incident.alert.name,
            "trouble": incident.trouble,
            "state": str(incident.state),
            "severity": incident.severity,
            "component": called["component"],
            "opened_at": incident.opened_at.isoformat(),
            "closed_at": incident.closed_at.isoformat() if incident.closed_at else None,
            "members": incident.member_count,
            "alerts": incident.alert_count,
            "flapping": incident.flapping,
            "regression_of": incident.regression_of,
            "resolution": incident.resolution,
        }

    def listed(self) -> Iterator[dict[str, Any]]:
        """The incidents that were not absorbed, oldest first."""
        return (row for incident_id, row in self._incidents.items() if incident_id not in self._into)

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        merges = [{**merge, "incident": self._final(merge["incident"])} for merge in self._merges]
        listed = list(self.listed())
        return {
            "alerts": self.alerts,
            "incidents": self.incidents,
            "merges": merges,
            "suppressed": self._what["suppresses"],
            "flapping": len(self._flapping),
            "regressions": self._regressions,
            "reopened": self._what["reopens"],
            "repeats": self._links[Link.SAME_TROUBLE],
            "cleared": self._what["clears"],
            "absorbed": len(self._into),
            "storms": self.storms,
            "messages": self.messages,
            "noise_reduction": self.noise_reduction,
            "begins": self.begins.isoformat() if self.begins else None,
            "ends": self.ends.isoformat() if self.ends else None,
            "lines": self.lines,
            "deliveries": self.deliveries,
            "truncated": self.truncated,
            "broken_lines": self.broken,
            "dead_letters": self.set_aside,
            "set_aside": self._put_aside,
            "list": listed,
            "left_out": {
                "merges": self._merges_left_out,
                "incidents": max(0, self.incidents - len(listed)),
                "set_aside": max(0, self.broken + self.set_aside - len(self._put_aside)),
            },
        }

    @property
    def noise_reduction(self) -> float:
        """The share of alerts that would not have been an incident of their own."""
        return round(1 - self.incidents / self.alerts, 4) if self.alerts else 0.0

    def _merge(self, decision: Decision, trouble: str) -> None:
        if len(self._merges) >= MERGES_MAX:
            self._merges_left_out += 1
            return
        self._merges.append(
            {
                "alert": decision.alert,
                "incident": decision.incident,
                "reason": decision.reason,
                "trouble": trouble,
                "component": decision.component,
                "at": decision.at.isoformat(),
            }
        )

    def _absorb(self, absorbed: str, step: Step) -> None:
        self._into[absorbed] = step.incident_id
        lead = self._incidents.get(absorbed, {"alert": absorbed, "component": "", "trouble": ""})
        reason = step.placed.placement.reason
        whole = Decision(step.at, lead["alert"], lead["component"], "joins", step.incident_id, reason)
        self._merge(whole, lead["trouble"])

    def _final(self, incident_id: str) -> str:
        """The incident that one became part of, at the end of the chain."""
        while incident_id in self._into:
            incident_id = self._into[incident_id]
        return incident_id

    def _note(self, what: dict[str, Any]) -> None:
        if len(self._put_aside) < SET_ASIDE_MAX:
            self._put_aside.append(what)
