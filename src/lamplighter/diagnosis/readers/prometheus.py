"""Reads Prometheus answers for targets that are down. How levels moved is judged where all series are at hand."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.domain.evidence import Evidence, Fact

COMPONENT_LABELS = ("component", "service", "container", "pod", "job", "name", "instance")
FACTS_MAX = 40
ENDS_CHARS = 200
_ANSWERED = re.compile(r'"status"\s{0,4}:\s{0,4}"success"')
_OF_UP = re.compile(r"up(?:\b|$)")


def read_prometheus(evidence: Evidence) -> list[Fact]:
    """Facts `up` for targets that are down; levels are judged beside each other, not here. Raises `Unreadable`."""
    # Long answers are searched and not decoded here, where only one metric is of interest.
    about_up = '"up"' in evidence.content or _OF_UP.match(evidence.params.get("query", ""))
    ends = evidence.content[:ENDS_CHARS] + evidence.content[-ENDS_CHARS:]
    if _ANSWERED.search(ends) and not about_up:
        return []
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
    return None


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
