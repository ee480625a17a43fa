"""Reads Prometheus answers: targets that are down, and series whose level changed. One moment proves no change."""

from __future__ import annotations

import re
from statistics import fmean, pstdev

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.domain.evidence import Evidence, Fact

COMPONENT_LABELS = ("component", "service", "container", "pod", "job", "name", "instance")
POINTS_MIN = 6
RATIO_MIN = 1.5
DEVIATIONS_MIN = 3.0
FACTS_MAX = 40
_FAMILIES = (
    ("memory", re.compile(r"(?i)memory|rss|heap|working_set")),
    ("cpu", re.compile(r"(?i)cpu|processor|load")),
    ("latency", re.compile(r"(?i)latenc|duration|response_time|seconds_(?:sum|bucket)|p9\d")),
    ("errors", re.compile(r"(?i)error|fail|5xx|5\.\.|exception")),
    ("traffic", re.compile(r"(?i)request|traffic|throughput|rps|qps")),
    ("disk", re.compile(r"(?i)disk|filesystem|volume")),
)


def read_prometheus(evidence: Evidence) -> list[Fact]:
    """Facts `up` for targets that are down and `metric_shift` for changed levels. Raises `Unreadable`."""
    data = decoded(evidence.content)
    if text(data, "status") != "success":
        raise Unreadable(f"the API did not answer success: {shown(text(data, 'error')) or 'no reason given'}")
    facts: list[Fact] = []
    for series in items(data, "data", "result"):
        if len(facts) >= FACTS_MAX:
            break
        fact = _read_series(evidence, series)
        if fact is not None:
            facts.append(fact)
    return facts


def _read_series(evidence: Evidence, series: object) -> Fact | None:
    metric = at(series, "metric")
    name = text(metric, "__name__") or evidence.params.get("query", "")
    points = [point for raw in items(series, "values") if (point := _point(raw))]
    single = _point(at(series, "value"))
    if single is not None:
        points.append(single)
    if not points:
        return None
    component = _component(metric) or owner(evidence)
    if name == "up" or name.startswith("up{"):
        return _read_up(evidence, component, points[-1])
    return _read_shift(evidence, component, name, points)


def _component(metric: object) -> str:
    for label in COMPONENT_LABELS:
        value = text(metric, label)
        if value:
            return value.split(":", maxsplit=1)[0] if label == "instance" and value.count(":") == 1 else value
    return ""


def _point(raw: object) -> tuple[float, float] | None:
    if not isinstance(raw, list) or len(raw) != 2:  # noqa: PLR2004 - the API's pair of time and value
        return None
    when, value = number(raw[0]), number(raw[1])
    return (when, value) if when is not None and value is not None else None


def _read_up(evidence: Evidence, component: str, point: tuple[float, float]) -> Fact | None:
    if point[1] != 0.0:
        return None
    said = f"Prometheus cannot scrape {component}: up is 0"
    return draft(evidence, "up", said, known(up=0.0), at=from_epoch(point[0]), component=component)


def _read_shift(evidence: Evidence, component: str, name: str, points: list[tuple[float, float]]) -> Fact | None:
    if len(points) < POINTS_MIN:
        return None
    middle = len(points) // 2
    first = [value for _, value in points[:middle]]
    before, after = fmean(first), fmean(value for _, value in points[middle:])
    spread = pstdev(first)
    if abs(after - before) <= DEVIATIONS_MIN * spread or before == after:
        return None
    ratio = after / before if before > 0 else float(after > before) * 1e6
    if 1 / RATIO_MIN < ratio < RATIO_MIN:
        return None
    family = next((word for word, pattern in _FAMILIES if pattern.search(name)), "other")
    direction = "rose" if after > before else "fell"
    said = f"{shown(name, 120)} of {component} {direction} from {before:.4g} to {after:.4g}"
    values = known(metric=shown(name, 120), family=family, before=before, after=after, ratio=ratio)
    return draft(evidence, "metric_shift", said, values, at=from_epoch(points[middle][0]), component=component)
