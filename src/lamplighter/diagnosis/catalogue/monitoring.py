"""Faults of the watching itself: the component is well, what looks at it is not."""

from __future__ import annotations

from lamplighter.diagnosis.catalogue.fault_kind import Clue, Condition, FaultKind

MONITORING_TOOLS = ("prometheus.query", "prometheus.query_range", "alertmanager.alerts")

MONITORING_FAULTS = (
    FaultKind(
        "monitoring_gap",
        (
            Clue("up", 4.2, {"up": 0.0}, decisive=True),
            Clue("look_failed", 3.6, {"tool": MONITORING_TOOLS}, decisive=True),
            Clue("probe", 0.3, {"state": "ok"}),
            Clue("state", 0.3, {"running": 1.0}),
        ),
        ("{component} is well; it is the monitoring that cannot see it",),
        ("probe", "state"),
        frozenset({Condition.HEALTHY}),
        of_watching=True,
    ),
)
