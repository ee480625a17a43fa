"""A small shop as measurements: entry calls shop, shop calls stock and pay; an hour of calm, ten minutes of trouble."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.diagnosis.signals.series import Series
from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.topology import Edge

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = START + timedelta(minutes=9)
CALM = START - timedelta(hours=2)
EDGES = (Edge("entry", "shop", "calls"), Edge("shop", "stock", "calls"), Edge("shop", "pay", "calls"))
NAMES = ("entry", "shop", "stock", "pay")


@dataclass
class Plant:
    """Collects measurements; every method returns the plant, so that a test reads as a script."""

    evidence: list[Evidence] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    symptom: str = "requests to entry are slow"
    edges: tuple[Edge, ...] = EDGES

    def piece(self, tool: str, content: str, **params: str) -> Plant:
        one = Evidence(f"e{len(self.evidence) + 1}", tool, "", params, "application/json", content, END)
        self.evidence.append(one)
        return self

    def series(self, metric: str, now: Sequence[float], calm: Sequence[float] = (), **labels: str) -> Plant:
        points = [[START.timestamp() + 60 * place, str(value)] for place, value in enumerate(now)]
        points += [[CALM.timestamp() + 60 * place, str(value)] for place, value in enumerate(calm)]
        row = {"metric": {"__name__": metric} | labels, "values": points}
        answer = {"status": "success", "data": {"resultType": "matrix", "result": [row]}}
        return self.piece("prometheus.query_range", json.dumps(answer), query=metric)

    def one(self, now: Sequence[float], calm: Sequence[float] = (), metric: str = "latency_ms", **ends: str) -> Series:
        """A series by itself, of the shop where nothing else is said."""
        window = tuple((START.timestamp() + 60 * place, value) for place, value in enumerate(now))
        baseline = tuple((CALM.timestamp() + 60 * place, value) for place, value in enumerate(calm))
        component, family = ends.pop("component", "shop"), ends.pop("family", "latency")
        return Series("e1", metric, family, component, window, baseline, **ends)

    def spans(self, *rows: tuple[object, ...], phase: str = "window") -> Plant:
        """Rows of trace, span, parent, component, operation, seconds after the start, milliseconds, status."""
        head = "trace_id,span_id,parent_id,component,operation,start,duration_ms,status"
        body = [
            ",".join(map(str, (trace, span, parent, who, what, START + timedelta(seconds=float(str(at))), took, end)))
            for trace, span, parent, who, what, at, took, end in rows
        ]
        return self.piece("traces", "\n".join([head, *body]), phase=phase)

    def lines(self, component: str, *lines: str, phase: str = "window") -> Plant:
        values = [[str(int((START.timestamp() + place) * 1e9)), line] for place, line in enumerate(lines)]
        streams = [{"stream": {"component": component}, "values": values}]
        return self.piece(
            "loki.query_range", json.dumps({"status": "success", "data": {"result": streams}}), phase=phase
        )

    def alert(self, name: str, **labels: str) -> Plant:
        one = Alert("am", f"{len(self.alerts):016d}", AlertStatus.FIRING, {"alertname": name} | labels, {}, START)
        self.alerts.append(one)
        return self

    def changed(self, component: str, what: str, minutes_before: int = 5) -> Plant:
        self.changes.append(Change(START - timedelta(minutes=minutes_before), component, what, "git"))
        return self

    def case(self) -> Case:
        return Case(
            "case-1",
            END,
            self.symptom,
            tuple(self.alerts),
            NAMES,
            self.edges,
            tuple(self.changes),
            tuple(self.evidence),
            START,
            END,
            "",
            CALM,
            CALM + timedelta(hours=1),
        )


@pytest.fixture
def plant() -> Plant:
    return Plant()
