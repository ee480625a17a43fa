"""Series of a case, by component and family, cut into the window under suspicion and what is normal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lamplighter.diagnosis.rows import RANGE_TOOLS, Point, rows_of
from lamplighter.domain.evidence import Case, Evidence

COMPONENT_LABELS = ("component", "service", "container", "pod", "job", "name", "instance")
SOURCE_LABELS = ("source", "source_workload", "client", "caller")
TARGET_LABELS = ("destination", "destination_workload", "server", "callee")
SERIES_MAX = 5_000
METRICS_KEPT_MAX = 1_000
POINTS_MAX = 240
BASELINE_POINTS_MAX = 3_000
DAY_SECONDS = 86_400.0
DAYS_MAX = 7
PERCENT = 100.0
PHASE = "phase"
BASELINE = "baseline"
_LATENCY = r"latenc|duration|response_time|delay|elapsed"
_FAMILIES = tuple(
    (family, re.compile(pattern, re.IGNORECASE))
    for family, pattern in (
        ("outgoing", rf"(?:client|upstream|outgoing).{{0,40}}(?:{_LATENCY})"),
        ("latency", rf"{_LATENCY}|\bp9\d|seconds_(?:sum|bucket)"),
        ("availability", r"availab|success|uptime_percent"),
        ("errors", r"error|fail|5xx|5\.\.|exception|timeout"),
        ("host", r"(?:node|host|machine)_.{0,40}(?:cpu|load|memory)"),
        ("memory", r"memory|\brss|heap|working_set"),
        ("cpu", r"cpu|processor|\bload"),
        ("disk", r"disk|filesystem|volume|\bio_|inode"),
        ("network", r"network|receive|transmit|packet"),
        ("saturation", r"queue|backlog|pool|thread|connections|waiting|\blag\b"),
        ("traffic", r"request|traffic|throughput|\brps|\bqps|calls"),
    )
)


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart. `source` and `target` are set where it belongs to an edge; availability becomes failures."""

    evidence: str
    metric: str
    family: str
    component: str
    window: tuple[Point, ...]
    baseline: tuple[Point, ...]
    source: str = ""
    target: str = ""

    @property
    def values(self) -> list[float]:
        """The values of the window, in time."""
        return [value for _, value in self.window]

    @property
    def normal(self) -> list[float]:
        """The values of the normal stretch, in time."""
        return [value for _, value in self.baseline]


def series_of(case: Case) -> tuple[Series, ...]:
    """All series of the range queries of a case, at most SERIES_MAX; what cannot be read is left to the readers."""
    found: list[Series] = []
    normal: dict[tuple[str, ...], list[Point]] = {}
    pieces = [piece for piece in case.evidence if piece.tool in RANGE_TOOLS and not piece.error]
    for piece in pieces:
        if piece.params.get(PHASE) == BASELINE:
            for key, _, points in _named_rows(piece):
                normal.setdefault(key, []).extend(points[-BASELINE_POINTS_MAX:])
    for piece in pieces:
        if piece.params.get(PHASE) != BASELINE:
            for key, metric, points in _named_rows(piece):
                if len(found) < SERIES_MAX:
                    found.append(_series(case, piece, key, metric, points, normal.get(key, [])))
    return tuple(found)


@lru_cache(maxsize=METRICS_KEPT_MAX)
def family_of(metric: str) -> str:
    """What a metric measures, by its name; "other" where the name does not say."""
    return next((family for family, pattern in _FAMILIES if pattern.search(metric)), "other")


def _named_rows(piece: Evidence) -> Iterator[tuple[tuple[str, ...], dict[str, str], list[Point]]]:
    """The rows that have points, each with what tells it from all others."""
    for row in rows_of(piece):
        if row.points:
            name = row.labels.get("__name__") or piece.params.get("query", "")
            labels = {**row.labels, "__name__": name}
            yield (name, *(f"{label}={labels[label]}" for label in sorted(labels))), labels, list(row.points)


def _series(
    case: Case,
    piece: Evidence,
    key: tuple[str, ...],
    labels: dict[str, str],
    points: list[Point],
    normal: list[Point],
) -> Series:
    metric = key[0]
    family = family_of(metric)
    start, end = (case.start, case.end) if case.start and case.end else (None, None)
    inside = points if start is None or end is None else _between(points, start.timestamp(), end.timestamp())
    baseline = _calm(case, points, normal)
    if family == "availability":
        inside = [(when, max(0.0, PERCENT - value)) for when, value in inside]
        baseline = [(when, max(0.0, PERCENT - value)) for when, value in baseline]
    source, target = _first(labels, SOURCE_LABELS), _first(labels, TARGET_LABELS)
    edge = bool(source and target)
    component = target if edge else component_of(labels, case) or piece.component
    ends = (source, target) if edge else ("", "")
    return Series(piece.id, metric, family, component, _thinned(inside), tuple(baseline), *ends)


def _calm(case: Case, points: list[Point], apart: list[Point]) -> list[Point]:
    """What was normal just before, and at the same time of earlier days: a change is one against both."""
    parts = [apart] if apart else []
    if case.baseline_start and case.baseline_end:
        limits = case.baseline_start.timestamp(), case.baseline_end.timestamp()
        parts.append(_between(points, *limits)[-BASELINE_POINTS_MAX:])
    if case.start and case.end and points[0][0] <= case.end.timestamp() - DAY_SECONDS:
        for days in range(1, DAYS_MAX + 1):
            ago = days * DAY_SECONDS
            parts.append(_between(points, case.start.timestamp() - ago, case.end.timestamp() - ago))
    # One part alone is in order, and holds nothing twice.
    return sorted({point for part in parts for point in part}) if len(parts) > 1 else next(iter(parts), [])


def component_of(labels: dict[str, str], case: Case) -> str:
    """The component that labels name: one that may be answered where there is one, else the first label."""
    named = [value for label in COMPONENT_LABELS if (value := labels.get(label, "").removeprefix("/"))]
    known = frozenset(case.components)
    chosen = next((name for name in named if name in known), next(iter(named), ""))
    return chosen.split(":", maxsplit=1)[0] if chosen and chosen == labels.get("instance") else chosen


def _first(labels: dict[str, str], names: tuple[str, ...]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _between(points: list[Point], start: float, end: float) -> list[Point]:
    return [point for point in points if start <= point[0] <= end]


def _thinned(points: list[Point]) -> tuple[Point, ...]:
    """At most POINTS_MAX points: the means of equal stretches where there are more."""
    if len(points) <= POINTS_MAX:
        return tuple(points)
    size = -(-len(points) // POINTS_MAX)
    stretches = (points[place : place + size] for place in range(0, len(points), size))
    return tuple((part[0][0], sum(value for _, value in part) / len(part)) for part in stretches)
