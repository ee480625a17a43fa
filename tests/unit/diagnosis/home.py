"""Builds small cases of a home or an office: lines of logs, series, and who runs where."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.topology import Edge

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)


@dataclass
class Home:
    """Collects evidence; every method returns the home, so that a test reads as a script."""

    symptom: str = "something is wrong"
    components: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    changes: tuple[Change, ...] = ()
    alerts: list[Alert] = field(default_factory=list)
    pieces: list[Evidence] = field(default_factory=list)

    def piece(self, tool: str, content: str, **params: str) -> Home:
        number = len(self.pieces) + 1
        component = params.get("component", "")
        self.pieces.append(Evidence(f"e{number}", tool, component, params, "text/plain", content, NOW))
        return self

    def log(self, component: str, *lines: str) -> Home:
        return self.piece("logs", "\n".join(lines), component=component)

    def series(self, query: str, levels: dict[str, tuple[float, float]], label: str = "service") -> Home:
        """For each component a level before and one after the middle of the last half hour."""
        start = (NOW - timedelta(minutes=30)).timestamp()
        rows = [
            {
                "metric": {label: name},
                "values": [[start + 60 * n, str(levels[name][0 if n < 15 else 1])] for n in range(30)],
            }
            for name in levels
        ]
        answer = {"status": "success", "data": {"resultType": "matrix", "result": rows}}
        return self.piece("prometheus.query_range", json.dumps(answer), query=query)

    def alert(self, name: str, **labels: str) -> Home:
        at = NOW - timedelta(minutes=10)
        self.alerts.append(Alert("a", name, AlertStatus.FIRING, {"alertname": name, **labels}, {}, at))
        return self

    def case(self) -> Case:
        return Case(
            "home-1",
            NOW,
            self.symptom,
            tuple(self.alerts),
            self.components,
            self.edges,
            self.changes,
            tuple(self.pieces),
            start=NOW - timedelta(minutes=30),
            end=NOW,
        )
