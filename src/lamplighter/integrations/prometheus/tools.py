"""Evidence from Prometheus: the series of a rule and of a component over the question's window. Read only."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import COMPONENT_LABELS, Component, resolve_alert
from lamplighter.integrations.prometheus.client import PrometheusClient
from lamplighter.integrations.prometheus.expression import selectors_of
from lamplighter.integrations.prometheus.promql import quoted
from lamplighter.integrations.prometheus.rules import Rulebook, identity
from lamplighter.ports import ToolError

POINTS_MAX = 240
# What happens every day, or on this day of every week, is no news; two queries more are cheap.
EARLIER = (timedelta(days=1), timedelta(days=7))
SELECTORS_MAX = 4
WARNING_CHARS_MAX = 500
METRICS = (
    "up|container_memory_working_set_bytes|container_spec_memory_limit_bytes"
    "|container_cpu_usage_seconds_total|process_resident_memory_bytes"
)
NAMING_LABELS = ("job", "container", "name", "service")

_METRIC = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LABELS = msgspec.json.Decoder(dict[str, str])


class PrometheusRanges:
    """Tool `prometheus.query_range`: one piece of evidence for each query, as the API's JSON, at most 64 KiB each.

    Only whole series are kept, those of the alert first. A series of the component gets the label `component`.
    """

    name = "prometheus.query_range"

    def __init__(self, client: PrometheusClient, rulebook: Rulebook, now: Callable[[], datetime]) -> None:
        self._client = client
        self._rulebook = rulebook
        self._now = now

    def serves(self, _component: Component) -> bool:
        """Always: any component may have series."""
        return True

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """The rule's selectors, where the alert speaks of this component, then the component's own series.

        The first level of the rule is asked for a day and a week earlier too: that is `params.phase` `baseline`.
        """
        window = window_of(question.start, question.end)
        labels, found, failures = await self._rule_queries(question)
        queries = (*found, component_query(question.component))
        looks = [
            await self._look(str(index), query, window, labels, question.component)
            for index, query in enumerate(queries)
        ]
        measured = [query for query in found if not query.startswith("up{")]
        return (*failures, *looks, *await self._earlier(measured[:1], question, labels))

    async def _earlier(
        self, queries: Sequence[str], question: Question, labels: dict[str, str]
    ) -> tuple[Evidence, ...]:
        """The same stretch of earlier days, where Prometheus had data then."""
        found: list[Evidence] = []
        for query, ago in product(queries, EARLIER):
            window = {**window_of(question.start - ago, question.end - ago), "phase": "baseline"}
            piece = await self._look(f"{ago.days}d", query, window, labels, question.component)
            found += [piece] if piece.error or '"values"' in piece.content else []
        return tuple(found)

    async def _rule_queries(self, question: Question) -> tuple[dict[str, str], tuple[str, ...], tuple[Evidence, ...]]:
        if not speaks_of(question):
            return {}, (), ()
        try:
            rules = await self._rulebook.rules_for(question.alert)
            selectors = dict.fromkeys(selector for rule in rules for selector in selectors_of(rule.query))
        except (ToolError, ValueError) as problem:
            return (
                {},
                (),
                (self._evidence("rule", {"query": "GET /api/v1/rules"}, question.component, error=str(problem)),),
            )
        labels = identity(question.alert, rules[0]) if rules else {}
        return labels, tuple(selectors)[:SELECTORS_MAX], ()

    async def _look(
        self, key: str, query: str, window: Mapping[str, str], labels: dict[str, str], component: Component
    ) -> Evidence:
        params = {"query": query, **window}
        stretch = {name: window[name] for name in ("start", "end", "step")}
        try:
            answer = await self._client.query_range(query, stretch)
            content, truncated = kept_json(answer.series, answer.warnings, labels, component)
        except (ToolError, msgspec.DecodeError) as problem:
            return self._evidence(key, params, component, error=f"{query}: {problem}")
        return self._evidence(key, params, component, content=content, truncated=truncated)

    def _evidence(
        self,
        key: str,
        params: dict[str, str],
        component: Component,
        *,
        content: str = "",
        error: str = "",
        truncated: bool = False,
    ) -> Evidence:
        ident = f"{self.name}:{component.name}:{key}"
        at = self._now()
        return Evidence(ident, self.name, component.name, params, "application/json", content, at, error, truncated)


def speaks_of(question: Question) -> bool:
    """Whether the alert means this component, or names none at all."""
    named = any(question.alert.labels.get(label) for label in COMPONENT_LABELS)
    return not named or resolve_alert(question.alert, (question.component,)).component is not None


def window_of(start: datetime, end: datetime) -> dict[str, str]:
    """start, end and step for the API, with whole seconds between at most `POINTS_MAX` points."""
    seconds = max(1.0, (end - start).total_seconds())
    step = max(1, math.ceil(seconds / (POINTS_MAX - 1)))
    first, last = (f"{at.astimezone(UTC).timestamp():.3f}" for at in (start, end))
    return {"start": first, "end": last, "step": str(step)}


def component_query(component: Component) -> str:
    """The few metrics that tell most about a container or process, wherever a label names this component."""
    parts = []
    for label in NAMING_LABELS:
        values = "|".join(re.escape(name) for name in sorted(component.names))
        parts.append(f"{{__name__=~{quoted(METRICS)},{label}=~{quoted(values)}}}")
    hosts = "|".join(f"{re.escape(name)}(:[0-9]+)?" for name in sorted(component.names))
    parts.append(f"{{__name__=~{quoted(METRICS)},instance=~{quoted(hosts)}}}")
    return " or ".join(parts)


def kept_json(
    series: Sequence[msgspec.Raw],
    warnings: Sequence[str],
    labels: Mapping[str, str],
    component: Component,
    *,
    kind: str = "matrix",
) -> tuple[str, bool]:
    """The API's JSON with as many whole series as fit, and whether any was left out."""
    rated = sorted((_rated(raw, labels, component) for raw in series), key=lambda pair: not pair[0])
    answer: dict[str, object] = {"status": "success"}
    if warnings:
        answer["warnings"] = [warning[:WARNING_CHARS_MAX] for warning in warnings[:5]]
    head = json.dumps(answer)[:-1] + f', "data": {{"resultType": "{kind}", "result": ['
    room = EVIDENCE_BYTES_MAX - len(head.encode()) - 3
    kept: list[str] = []
    for _, text in rated:
        room -= len(text.encode("utf-8", "replace")) + 1
        if room < 0:
            break
        kept.append(text)
    return f"{head}{','.join(kept)}]}}}}", len(kept) < len(series)


def _rated(raw: msgspec.Raw, labels: Mapping[str, str], component: Component) -> tuple[bool, str]:
    """Whether the series is one the alert may speak of, and its JSON, with the component named where it is its own."""
    parts = _METRIC.decode(raw)
    metric = _LABELS.decode(parts["metric"]) if "metric" in parts else {}
    shared = metric.keys() & labels.keys()
    agrees = all(metric[name] == labels[name] for name in shared)
    own = any(_plain(name, metric.get(name, "")) in component.names for name in COMPONENT_LABELS)
    if own or (agrees and not shared.isdisjoint(COMPONENT_LABELS)):
        metric.setdefault("component", component.name)
    parts["metric"] = msgspec.Raw(msgspec.json.encode(metric))
    return agrees, msgspec.json.encode(parts).decode("utf-8", "replace")


def _plain(label: str, value: str) -> str:
    return value.split(":", maxsplit=1)[0] if label == "instance" else value.removeprefix("/")
