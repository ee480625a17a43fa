"""Makes a stream of deliveries out of what Prometheus remembers of its alerts, the series `ALERTS`. It only asks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from lamplighter.integrations.prometheus.client import PrometheusClient
from lamplighter.lab.replay_stream import Recorded
from lamplighter.ports import ToolError

QUERY = 'ALERTS{alertstate="firing"}'
POINTS_AT_ONCE = 250
POINTS_AT_ONCE_MIN = 10
SERIES_MAX = 100_000
SECONDS_OF_STEPS = ((6 * 3600.0, 15.0), (2 * 86_400.0, 30.0), (14 * 86_400.0, 60.0), (60 * 86_400.0, 120.0))
STEP_SECONDS_MAX = 300.0
SOURCE = "alertmanager"
TOO_LARGE = "larger than"
Labels = tuple[tuple[str, str], ...]


class _Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]] = []


_SERIES = msgspec.json.Decoder(_Series)


@dataclass(slots=True)
class Episodes:
    """Points of series, fed chunk by chunk, become starts and ends. Times are seconds since 1970."""

    step_seconds: float
    _running: dict[Labels, tuple[float, float]] = field(default_factory=dict)

    def feed(self, points: dict[Labels, list[float]], until: float) -> list[tuple[float, str, Labels, float]]:
        """What began and what ended up to `until`, in the order of time: (when, status, labels, start)."""
        happened: list[tuple[float, str, Labels, float]] = []
        for labels, times in points.items():
            for at in times:
                start, last = self._running.get(labels, (at, at - 2 * self.step_seconds))
                if at - last > 1.5 * self.step_seconds:
                    if labels in self._running:
                        happened.append((last + self.step_seconds, "resolved", labels, start))
                    happened.append((at, "firing", labels, at))
                    start = at
                self._running[labels] = (start, at)
        for labels, (start, last) in tuple(self._running.items()):
            if until - last > 1.5 * self.step_seconds:
                happened.append((last + self.step_seconds, "resolved", labels, start))
                del self._running[labels]
        return sorted(happened)


def step_for(since_seconds: float) -> float:
    """How far apart the points are that a history of this length is read in: finer where it is short."""
    return next((step for longest, step in SECONDS_OF_STEPS if since_seconds <= longest), STEP_SECONDS_MAX)


def from_prometheus(client: PrometheusClient, since_seconds: float) -> Iterator[Recorded]:
    """Deliveries in the order of time, each with all that began or ended at one step. Raises `ToolError`.

    What fired already when the history begins counts from there; annotations are not in it, so there are none.
    """
    step = step_for(since_seconds)
    episodes = Episodes(step)
    number = 0
    with asyncio.Runner() as runner:
        end = runner.run(client.server_time())
        at, many = end - since_seconds, POINTS_AT_ONCE
        while at <= end:
            last = min(end, at + (many - 1) * step)
            try:
                points = runner.run(_points(client, at, last, step))
            except ToolError as problem:
                if TOO_LARGE not in str(problem) or many <= POINTS_AT_ONCE_MIN:
                    raise
                many = max(POINTS_AT_ONCE_MIN, many // 2)
                continue
            for body in _bodies(episodes.feed(points, last)):
                number += 1
                yield Recorded(number, SOURCE, body[1], datetime.fromtimestamp(body[0], UTC))
            at = last + step


async def _points(client: PrometheusClient, start: float, end: float, step: float) -> dict[Labels, list[float]]:
    window = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:g}"}
    matrix = await client.query_range(QUERY, window)
    if len(matrix.series) > SERIES_MAX:
        raise ToolError(f"{QUERY}: more than {SERIES_MAX} series in {end - start:.0f} s; give a shorter --since")
    points: dict[Labels, list[float]] = {}
    for raw in matrix.series:
        try:
            series = _SERIES.decode(raw)
        except msgspec.DecodeError as problem:
            raise ToolError(f"{QUERY}: the answer has not the shape of the API's: {problem}") from problem
        labels = {name: value for name, value in series.metric.items() if name not in {"__name__", "alertstate"}}
        points[tuple(sorted(labels.items()))] = [at for at, _ in series.values]
    return points


def _bodies(happened: list[tuple[float, str, Labels, float]]) -> Iterator[tuple[float, bytes]]:
    """One body of Alertmanager's shape for each moment, with what began or ended then."""
    by_time: dict[float, list[dict[str, object]]] = {}
    for at, status, labels, start in happened:
        ended = _iso(at) if status == "resolved" else "0001-01-01T00:00:00Z"
        alert: dict[str, object] = {
            "status": status,
            "labels": dict(labels),
            "annotations": {},
            "startsAt": _iso(start),
            "endsAt": ended,
        }
        by_time.setdefault(at, []).append(alert)
    for at, alerts in by_time.items():
        yield at, json.dumps({"version": "4", "groupKey": "", "truncatedAlerts": 0, "alerts": alerts}).encode()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
