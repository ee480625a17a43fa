"""What the server itself says of an alert and a component: its rule, the rule's expression now, its targets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import COMPONENT_LABELS, Component
from lamplighter.integrations.prometheus.client import METADATA, QUERY, RULES, TARGETS, PrometheusClient, RuleSpec
from lamplighter.integrations.prometheus.expression import selectors_of
from lamplighter.integrations.prometheus.rules import Rulebook, fitting, identity
from lamplighter.integrations.prometheus.tools import kept_json, speaks_of
from lamplighter.ports import ToolError

RULES_MAX = 4
METRICS_MAX = 6
HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")
ALERTS_KEPT = (50, 20, 5, 1, 0)
WARNINGS_MAX = 5
WARNING_CHARS_MAX = 500
MEDIA = "application/json"
# Where discovery says what a target is; labels that relabelling dropped are still there.
DISCOVERED = (
    "__meta_docker_container_name",
    "__meta_docker_container_label_com_docker_compose_service",
    "__meta_kubernetes_pod_name",
    "__meta_kubernetes_service_name",
    "__meta_kubernetes_pod_container_name",
)
_DOCUMENT = msgspec.json.Decoder(dict[str, Any])


class ServerTool:
    """What the looks share."""

    name: str

    def __init__(self, client: PrometheusClient, rulebook: Rulebook, now: Callable[[], datetime]) -> None:
        self._client = client
        self._rulebook = rulebook
        self._now = now

    def serves(self, _component: Component) -> bool:
        """Always: any component may be watched."""
        return True

    def _evidence(
        self, question: Question, query: str, content: str, *, key: str = "0", truncated: bool = False, error: str = ""
    ) -> Evidence:
        name = question.component.name
        about = {"query": query, "component": name}
        ident = f"{self.name}:{name}:{key}"
        return Evidence(ident, self.name, name, about, MEDIA, content, self._now(), error, truncated)


class PrometheusInstant(ServerTool):
    """Tool `prometheus.query`: what the alert's own expression gives now."""

    name = "prometheus.query"

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece for each rule that the alert may come from; nothing for another component's alert."""
        if not speaks_of(question):
            return ()
        try:
            rules = await self._rulebook.rules_for(question.alert)
        except ToolError as problem:
            return (self._evidence(question, f"GET {RULES}", "", error=str(problem)),)
        return [await self._look(question, rule, str(index)) for index, rule in enumerate(rules[:RULES_MAX])]

    async def _look(self, question: Question, rule: RuleSpec, key: str) -> Evidence:
        try:
            answer = await self._client.instant(rule.query)
            labels = identity(question.alert, rule)
            content, cut = kept_json(answer.series, answer.warnings, labels, question.component, kind="vector")
        except (ToolError, msgspec.DecodeError) as problem:
            error = f"GET {QUERY} {rule.query}: {problem}"
            return self._evidence(question, rule.query, "", key=key, error=error)
        return self._evidence(question, rule.query, content, key=key, truncated=cut)


class PrometheusRules(ServerTool):
    """Tool `prometheus.rules`: the alerting rule as the server runs it, its state, health and active alerts."""

    name = "prometheus.rules"

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece, in the API's form; none where the server runs no rule of this alert's name."""
        if not speaks_of(question):
            return ()
        query = f"GET {RULES}?type=alert"
        try:
            document = _decoded(await self._client.document(RULES, {"type": "alert"}), query)
        except ToolError as problem:
            return (self._evidence(question, query, "", error=str(problem)),)
        groups = list(_own_groups(document, question))
        if not groups:
            return ()
        content, truncated = kept_groups(groups, _warnings(document), question.component)
        return (self._evidence(question, query, content, truncated=truncated),)


class PrometheusTargets(ServerTool):
    """Tool `prometheus.targets`: the targets that are this component, with their health and last error."""

    name = "prometheus.targets"

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece, in the API's form; an empty list where Prometheus scrapes nothing of it."""
        query = f"GET {TARGETS}?state=active"
        try:
            document = _decoded(await self._client.document(TARGETS, {"state": "active"}), query)
        except ToolError as problem:
            return (self._evidence(question, query, "", error=str(problem)),)
        data = document.get("data")
        listed = data.get("activeTargets") if isinstance(data, dict) else None
        if not isinstance(listed, list):
            return (self._evidence(question, query, "", error=f"{query}: the answer holds no activeTargets"),)
        own = [target for target in listed if isinstance(target, dict) and is_of(target, question.component)]
        content, truncated = kept_targets(own, _warnings(document))
        return (self._evidence(question, query, content, truncated=truncated),)


class PrometheusMetadata(ServerTool):
    """Tool `prometheus.metadata`: type, unit and help of the metrics that the alert's own rule rests on."""

    name = "prometheus.metadata"

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece, in the API's form; none where no rule is known, or where it cannot be read."""
        if not speaks_of(question):
            return ()
        try:
            rules = await self._rulebook.rules_for(question.alert)
            names = metrics_of([rule.query for rule in rules[:RULES_MAX]])
        except ToolError as problem:
            return (self._evidence(question, f"GET {RULES}", "", error=str(problem)),)
        except ValueError:
            return ()
        if not names:
            return ()
        query = f"GET {METADATA}?metric={','.join(names)}"
        found: dict[str, Any] = {}
        try:
            for name in names:
                params = {"metric": name, "limit": "1"}
                data = _decoded(await self._client.document(METADATA, params), f"GET {METADATA}?metric={name}").get(
                    "data"
                )
                found |= {key: value for key, value in data.items() if key == name} if isinstance(data, dict) else {}
        except ToolError as problem:
            return (self._evidence(question, query, "", error=str(problem)),)
        content = _enveloped(found, ())
        fits = len(content) <= EVIDENCE_BYTES_MAX
        return (self._evidence(question, query, content if fits else _enveloped({}, ()), truncated=not fits),)


def metrics_of(expressions: Sequence[str]) -> tuple[str, ...]:
    """The metrics that expressions select, under the names by which they are described. Raises `ValueError`."""
    found: dict[str, None] = {}
    for expression in expressions:
        for selector in selectors_of(expression):
            name = selector.partition("{")[0].strip()
            for part in HISTOGRAM_PARTS:
                name = name.removesuffix(part)
            if name:
                found.setdefault(name)
    return tuple(found)[:METRICS_MAX]


def is_of(target: Mapping[str, Any], component: Component) -> bool:
    """Whether a target is the component: by a label, by what discovery said of it, or by the host that is scraped."""
    labels, found = target.get("labels"), target.get("discoveredLabels")
    named = [labels.get(key) for key in COMPONENT_LABELS] if isinstance(labels, dict) else []
    named += [found.get(key) for key in DISCOVERED] if isinstance(found, dict) else []
    if any(isinstance(value, str) and _plain(value) in component.names for value in named):
        return True
    try:
        host = urlsplit(str(target.get("scrapeUrl", ""))).hostname
    except ValueError:
        return False
    return host in component.names


def kept_targets(targets: Sequence[Mapping[str, Any]], warnings: Sequence[str]) -> tuple[str, bool]:
    """As many targets as fit, the unhealthy first; where not all fit, without the labels of their discovery."""
    ordered = sorted(targets, key=lambda target: target.get("health") == "up")
    text = _enveloped({"activeTargets": ordered}, warnings)
    if len(text) <= EVIDENCE_BYTES_MAX:
        return text, False
    slim = [{key: value for key, value in target.items() if key != "discoveredLabels"} for target in ordered]
    while len(text := _enveloped({"activeTargets": slim}, warnings)) > EVIDENCE_BYTES_MAX:
        slim = slim[: len(slim) // 2]
    return text, True


def kept_groups(groups: Sequence[Mapping[str, Any]], warnings: Sequence[str], component: Component) -> tuple[str, bool]:
    """The groups with as many active alerts as fit, this component's first."""
    text = _enveloped({"groups": list(groups)}, warnings)
    if len(text) <= EVIDENCE_BYTES_MAX:
        return text, False
    for count in ALERTS_KEPT:
        cut = [{**group, "rules": [_cut(rule, count, component) for rule in group["rules"]]} for group in groups]
        text = _enveloped({"groups": cut}, warnings)
        if len(text) <= EVIDENCE_BYTES_MAX:
            return text, True
    return _enveloped({"groups": []}, warnings), True


def _cut(rule: Mapping[str, Any], count: int, component: Component) -> dict[str, Any]:
    alerts = [alert for alert in rule.get("alerts") or () if isinstance(alert, dict)]
    ordered = sorted(alerts, key=lambda alert: not is_of(alert, component))
    return {**rule, "alerts": ordered[:count]}


def _own_groups(document: Mapping[str, Any], question: Question) -> Iterator[dict[str, Any]]:
    data = document.get("data")
    groups = data.get("groups") if isinstance(data, dict) else None
    left = RULES_MAX
    for group in groups if isinstance(groups, list) else ():
        rules = group.get("rules") if isinstance(group, dict) else None
        own = [rule for rule in rules if _may_be(rule, question)][:left] if isinstance(rules, list) else []
        left -= len(own)
        if own:
            yield {**group, "rules": own}


def _may_be(rule: object, question: Question) -> bool:
    try:
        return bool(fitting(question.alert, (msgspec.convert(rule, RuleSpec),)))
    except msgspec.ValidationError:
        return False


def _warnings(document: Mapping[str, Any]) -> list[str]:
    told = document.get("warnings")
    return [str(word)[:WARNING_CHARS_MAX] for word in told][:WARNINGS_MAX] if isinstance(told, list) else []


def _enveloped(data: Mapping[str, Any], warnings: Sequence[str]) -> str:
    partial = {"warnings": list(warnings)} if warnings else {}
    return json.dumps({"status": "success", **partial, "data": data})


def _decoded(body: bytes, query: str) -> dict[str, Any]:
    try:
        return _DOCUMENT.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ToolError(f"{query}: not the API's JSON: {problem}") from problem


def _plain(value: str) -> str:
    host, _, port = value.removeprefix("/").rpartition(":")
    return host if host and port.isdigit() else value.removeprefix("/")
