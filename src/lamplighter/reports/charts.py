"""The stretch of a Prometheus series that a fact was read from, thinned to a small picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean

from lamplighter.diagnosis.readers.draft import shown
from lamplighter.diagnosis.rows import RANGE_TOOLS, rows_of
from lamplighter.diagnosis.signals.series import COMPONENT_LABELS
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.reports.units import unit_of

POINTS_MAX = 60
POINTS_MIN = 2
METRIC_CHARS_MAX = 120
WHOLE_PERCENT = 100.0
UP = "up"
# How much of a step counts as still being at its foot, and as having arrived at its top.
FOOT, TOP = 0.1, 0.9

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A series around a change. `points` are pairs of seconds since 1970 and value; `changed_at` is the fact's time.

    The level went from `before` to `after` between `began_at` and `ended_at`.
    """

    metric: str
    unit: str
    points: tuple[tuple[float, float], ...]
    changed_at: datetime | None
    before: float
    after: float
    began_at: datetime
    ended_at: datetime


def chart_of(fact: Fact, evidence: Evidence | None) -> Chart | None:
    """The picture of a fact; None where it was not read from a series, or where the series is not there any more."""
    metric = UP if fact.kind == UP else str(fact.values.get("metric", ""))
    if not metric or evidence is None or evidence.id != fact.evidence or evidence.tool not in RANGE_TOOLS:
        return None
    found = [points for points in _series(evidence, metric, fact.component) if len(points) >= POINTS_MIN]
    if not found:
        return None
    if fact.values.get("family") == "availability":
        # The fact speaks of failures, so its picture shows them too.
        found = [[(when, max(0.0, WHOLE_PERCENT - value)) for when, value in points] for points in found]
    points = min(found, key=lambda one: _distance(one, fact))
    before, after = _levels(points, fact)
    began, ended = _crossing(points, before, after)
    thin = thinned(points, peaks=after > before)
    return Chart(metric, unit_of(metric), thin, fact.at, before, after, _instant(began), _instant(ended))


def thinned(points: Sequence[tuple[float, float]], *, peaks: bool) -> tuple[tuple[float, float], ...]:
    """At most POINTS_MAX points: the mean of each bucket, or its highest value, so that a short peak is kept."""
    if len(points) <= POINTS_MAX:
        return tuple(points)
    size = -(-len(points) // POINTS_MAX)
    buckets = [points[place : place + size] for place in range(0, len(points), size)]
    level = max if peaks else fmean
    return tuple((bucket[0][0], float(level([value for _, value in bucket]))) for bucket in buckets)


def _series(evidence: Evidence, metric: str, component: str) -> Iterator[Points]:
    """The series of this metric that name the component, or that name none and were asked for it."""
    query = evidence.params.get("query", "")
    for row in rows_of(evidence):
        name = shown(row.labels.get("__name__") or query, METRIC_CHARS_MAX)
        if name == metric and _is_of(row.labels, component, evidence.component):
            # Times outside the years that a calendar knows are none.
            yield sorted(point for point in row.points if _is_instant(point[0]))


def _is_of(labels: dict[str, str], component: str, asked_for: str) -> bool:
    """Whether labels name the component; a series that names none belongs to whom it was asked for."""
    named = [value.removeprefix("/") for value in labels.values()]
    if component in named or component in {name.split(":", maxsplit=1)[0] for name in named}:
        return True
    return component == asked_for and not any(labels.get(label) for label in COMPONENT_LABELS)


def _distance(points: Points, fact: Fact) -> float:
    """How far a series is from the levels that the fact tells: of several, it is the picture of the nearest."""
    told = [level for key in ("before", "after") if (level := fact.number(key)) is not None]
    if not told:
        return 0.0
    return sum(min(abs(value - level) for _, value in points) for level in told)


def _levels(points: Points, fact: Fact) -> tuple[float, float]:
    before, after = fact.number("before"), fact.number("after")
    if before is not None and after is not None:
        return before, after
    return points[0][1], points[-1][1]


def _crossing(points: Points, before: float, after: float) -> tuple[float, float]:
    """When the series last stood near `before`, and when it first came near `after`."""
    step = after - before
    if step == 0:
        return points[0][0], points[-1][0]
    progress = [(value - before) / step for _, value in points]
    arrived = next((place for place, share in enumerate(progress) if share >= TOP and place), len(points) - 1)
    left = next((place for place in range(arrived - 1, -1, -1) if progress[place] <= FOOT), 0)
    return points[left][0], points[arrived][0]


def _is_instant(seconds: float) -> bool:
    try:
        _instant(seconds)
    except (OverflowError, ValueError, OSError):
        return False
    return seconds > 0


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
