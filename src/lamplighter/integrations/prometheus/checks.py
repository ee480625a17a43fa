"""Runs checks that ask Prometheus: a query with a threshold, and whether targets are up. Absent data is no answer."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lamplighter.domain.alert import Alert
from lamplighter.domain.check import CheckKind, CheckSpec, Part, Sample, SampleState, joined, reading_of, spec_of
from lamplighter.domain.verification import Reading
from lamplighter.integrations.prometheus.client import PrometheusClient, Series, Vector
from lamplighter.integrations.prometheus.expression import selectors_of
from lamplighter.integrations.prometheus.promql import quoted
from lamplighter.ports import Clock, ToolError

KINDS = frozenset({CheckKind.PROMQL, CheckKind.UP})
EVERY_JOB = frozenset({"*", "all"})
# Targets tell their own health by these; the rest of what a scrape adds would change an alert's identity for nothing.
TARGET_LABELS = ("job", "instance", "container", "pod", "service", "namespace", "node")
LABELS_MAX = 20
VALUE_LETTERS_MAX = 200
SUFFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


class PrometheusChecks:
    """Runs `promql` and `up`. Each series that a query gives is watched by itself."""

    def __init__(self, client: PrometheusClient, clock: Clock, freshness_seconds: float) -> None:
        self._client = client
        self._clock = clock
        self._freshness_seconds = freshness_seconds

    def runs(self, spec: CheckSpec) -> bool:
        """What asks Prometheus."""
        return spec.kind in KINDS

    async def sample(self, spec: CheckSpec) -> Sample:
        """One sample; never raises."""
        query = query_of(spec)
        try:
            at = await self._client.server_time()
            answer = await self._client.query(query, at)
            stale = "" if spec.kind is CheckKind.UP else await self._staleness(query, at)
        except ToolError as problem:
            return self._blind(spec, str(problem))
        if not answer.series:
            return self._blind(spec, f"{query}: no data")
        parts = tuple(part_of(spec, series, doubt=stale or _partial(answer)) for series in answer.series)
        if len(parts) == 1 and not parts[0].labels:
            return Sample(spec.name, self._clock.now(), parts[0].state, parts[0].detail, parts[0].value)
        return joined(spec.name, self._clock.now(), parts)

    async def _staleness(self, query: str, at: float) -> str:
        """Why what the query rests on is too old to prove health; empty where it is fresh, or has no age."""
        try:
            selectors = selectors_of(query)
        except ValueError as problem:
            return f"what the query rests on cannot be read: {problem}"
        seen = False
        for selector in selectors:
            newest = await self._client.query(f"max(timestamp({selector}))", at)
            ages = [at - series.number for series in newest.series if not math.isnan(series.number)]
            if newest.warnings:
                return f"the age of {selector} is not known: {_partial(newest)}"
            if ages and min(ages) > self._freshness_seconds:
                return f"the newest sample of {selector} is {min(ages):.0f} s old"
            seen = seen or bool(ages)
        # Such as `sum(x) or vector(0)` without any x: a number that rests on nothing.
        return "" if seen or not selectors else f"no series is there for {', '.join(selectors)[:VALUE_LETTERS_MAX]}"

    def _blind(self, spec: CheckSpec, detail: str) -> Sample:
        return Sample(spec.name, self._clock.now(), SampleState.CANNOT_SEE, detail)


class PrometheusCheckReader:
    """Asks a check's query again when its alert is to be verified."""

    def __init__(self, checks: tuple[CheckSpec, ...], runner: PrometheusChecks) -> None:
        self._checks = checks
        self._runner = runner

    async def read(self, alert: Alert) -> Reading | None:
        """The check now; None where the alert is not from one of these checks."""
        spec = spec_of(alert, self._checks)
        if spec is None or not self._runner.runs(spec):
            return None
        return reading_of(spec, alert, await self._runner.sample(spec), query_of(spec))


def query_of(spec: CheckSpec) -> str:
    """The PromQL that a check asks."""
    if spec.kind is CheckKind.PROMQL:
        return spec.target
    return "up" if spec.target in EVERY_JOB else f"up{{job={quoted(spec.target)}}}"


def part_of(spec: CheckSpec, series: Series, doubt: str = "") -> Part:
    """One series as a part; `doubt` is why a good value proves nothing."""
    labels = labels_of(spec, series.metric)
    value = series.number
    named = ",".join(f'{name}="{text}"' for name, text in labels.items())
    subject = f"{{{named}}}" if named else "the query"
    if math.isnan(value):
        return Part(subject, SampleState.CANNOT_SEE, f"{subject} is not a number", labels)
    fault = _down(value) if spec.kind is CheckKind.UP else _beyond(spec, value)
    if fault:
        return Part(subject, SampleState.FAILING, f"{subject} {fault}", labels, value)
    if doubt:
        return Part(subject, SampleState.CANNOT_SEE, f"{subject}: {doubt}", labels, value)
    return Part(subject, SampleState.OK, f"{subject} is {shown(value)}", labels, value)


def labels_of(spec: CheckSpec, metric: Mapping[str, str]) -> dict[str, str]:
    """The labels that tell one series of a check from the others, bounded in number and length."""
    own = spec.rule_labels.keys() | {"__name__"}
    names = TARGET_LABELS if spec.kind is CheckKind.UP else sorted(metric)
    kept = [name for name in names if metric.get(name) and name not in own]
    return {name: metric[name][:VALUE_LETTERS_MAX] for name in kept[:LABELS_MAX]}


def shown(value: float) -> str:
    """A value as people read it: 53.2G for 53200000000."""
    for size, suffix in SUFFIXES:
        if size <= abs(value) < math.inf:
            return f"{value / size:.4g}{suffix}"
    return f"{value:.4g}"


def _down(value: float) -> str:
    return "" if value == 1 else "is down"


def _beyond(spec: CheckSpec, value: float) -> str:
    below, above = spec.expects.below, spec.expects.above
    if below is not None and value < below:
        return f"is {shown(value)}, below {shown(below)}"
    if above is not None and value > above:
        return f"is {shown(value)}, above {shown(above)}"
    return ""


def _partial(answer: Vector) -> str:
    return f"partial answer: {'; '.join(answer.warnings)[:VALUE_LETTERS_MAX]}" if answer.warnings else ""
