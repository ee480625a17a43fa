"""Asks Prometheus again for the very signal that fired. Missing, stale or partial data is never read as health."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lamplighter.domain import check
from lamplighter.domain.alert import Alert
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.integrations.prometheus.client import PrometheusClient, RuleSpec, Series
from lamplighter.integrations.prometheus.expression import Need, NeedKind, needs_of
from lamplighter.integrations.prometheus.rules import Rulebook, identity
from lamplighter.ports import Clock, ToolError

SHOWN_MAX = 3
SHOWN_CHARS_MAX = 300


@dataclass(frozen=True, slots=True)
class _Finding:
    """What was found for one need: why it does not prove health, or what it shows; both empty where it is neutral."""

    doubt: str = ""
    proof: str = ""


class PrometheusReader:
    """Reads an alert's signal through the alerting rule of its name."""

    def __init__(self, client: PrometheusClient, rulebook: Rulebook, clock: Clock, freshness_seconds: float) -> None:
        self._client = client
        self._rulebook = rulebook
        self._clock = clock
        self._freshness_seconds = freshness_seconds

    async def read(self, alert: Alert) -> Reading | None:
        """FIRING while the rule's expression still gives the alert's series; CLEAR only on fresh data; else NO_DATA.

        None for alerts that no rule of this server can have raised. `Reading.at` is the server's own time where it
        answered.
        """
        name = alert.labels.get("alertname", "")
        if not name or alert.source == check.SOURCE:
            return None
        try:
            rules = await self._rulebook.rules_for(alert)
        except ToolError as problem:
            return self._blind(f"alerting rule {name}", str(problem))
        if not rules:
            return None
        if len(rules) > 1:
            exprs = "; ".join(rule.query for rule in rules[:SHOWN_MAX])
            return self._blind(f"alerting rule {name}", f"{len(rules)} rules fit the alert's labels: {exprs}")
        try:
            return await self._ask(rules[0], identity(alert, rules[0]))
        except ToolError as problem:
            return self._blind(rules[0].query, str(problem))

    def _blind(self, query: str, detail: str) -> Reading:
        return Reading(SignalState.NO_DATA, self._clock.now(), query, detail)

    async def _ask(self, rule: RuleSpec, labels: dict[str, str]) -> Reading:
        at = await self._client.server_time()
        when = datetime.fromtimestamp(at, UTC)
        answer = await self._client.query(rule.query, at)
        firing = [one for one in answer.series if _agrees(one.metric, labels)]
        if firing:
            return Reading(SignalState.FIRING, when, rule.query, _shown(firing))
        if answer.warnings:
            return Reading(SignalState.NO_DATA, when, rule.query, f"partial answer: {'; '.join(answer.warnings)}")
        try:
            needs = needs_of(rule.query)
        except ValueError as problem:
            return Reading(SignalState.NO_DATA, when, rule.query, f"no result, and I cannot read the rule: {problem}")
        if not any(need.firm for need in needs):
            return Reading(
                SignalState.NO_DATA, when, rule.query, "the rule looks at no series, so silence proves nothing"
            )
        findings = await asyncio.gather(*(self._look(need, labels, at) for need in needs))
        doubts = [finding.doubt for finding in findings if finding.doubt]
        if doubts:
            return Reading(SignalState.NO_DATA, when, rule.query, "; ".join(doubts[:SHOWN_MAX]))
        proofs = dict.fromkeys(finding.proof for finding in findings if finding.proof)
        return Reading(SignalState.CLEAR, when, rule.query, "; ".join(list(proofs)[:SHOWN_MAX]))

    async def _look(self, need: Need, labels: dict[str, str], at: float) -> _Finding:
        answer = await self._client.query(need.query, at)
        if answer.warnings:
            return _Finding(doubt=f"{need.query}: partial answer: {'; '.join(answer.warnings)}")
        agreeing = need.scope.agreeing([one.metric for one in answer.series], labels)
        seen = [answer.series[index] for index in agreeing]
        if not seen:
            return _Finding(doubt=f"{need.query}: no data for this alert") if need.firm else _Finding()
        valued = [one for one in seen if not math.isnan(one.number)]
        if not valued:
            return _Finding(doubt=f"{need.query}: only NaN: {_shown(seen)}")
        if need.kind is NeedKind.OPERAND:
            return _Finding()
        return await self._look_at_age(need, valued, at)

    async def _look_at_age(self, need: Need, valued: Sequence[Series], at: float) -> _Finding:
        answer = await self._client.query(f"timestamp({need.query})", at)
        # timestamp() drops the metric's name, so series are told apart by their other labels.
        values = {_key(one.metric): one for one in valued}
        ages = {_key(one.metric): at - one.number for one in answer.series if _key(one.metric) in values}
        known = {key: age for key, age in ages.items() if not math.isnan(age)}
        if answer.warnings or not known:
            return _Finding(doubt=f"{need.query}: the age of its samples is not known")
        youngest = min(known, key=known.__getitem__)
        age = known[youngest]
        if age > self._freshness_seconds:
            return _Finding(doubt=f"{need.query}: the newest sample is {age:.0f} s old ({self._freshness_seconds:g} s)")
        return _Finding(proof=f"{_shown([values[youngest]])}, {max(age, 0.0):.1f} s old")


def _agrees(metric: dict[str, str], labels: dict[str, str]) -> bool:
    return all(metric[name] == labels[name] for name in metric.keys() & labels.keys())


def _key(metric: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in metric.items() if name != "__name__"))


def _shown(series: Sequence[Series]) -> str:
    lines = []
    for one in series[:SHOWN_MAX]:
        inner = ",".join(f'{name}="{value}"' for name, value in sorted(one.metric.items()) if name != "__name__")
        value = one.value[1] if one.value is not None else "a histogram"
        lines.append(f"{one.metric.get('__name__', '')}{{{inner}}}"[:SHOWN_CHARS_MAX] + f" = {value}")
    more = f" and {len(series) - SHOWN_MAX} more" if len(series) > SHOWN_MAX else ""
    return "; ".join(lines) + more
