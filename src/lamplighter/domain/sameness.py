"""Whether two alerts say the same: which component an alert speaks of, and what it says of it. Never a likeness."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lamplighter.domain.alert import Alert
from lamplighter.domain.graph import Graph

TEXT_CHARS_MAX = 300
# From the thing that runs to the thing it stands for: the first that is said, or that the topology knows, is meant.
_POD_LABELS = ("pod", "pod_name")
_WORKLOAD_LABELS = (
    "component",
    "deployment",
    "statefulset",
    "daemonset",
    "cronjob",
    "job_name",
    "container",
    "container_name",
    "name",
    "service",
    "service_name",
    "app",
)
_RUNNING_LABELS = (*_POD_LABELS, *_WORKLOAD_LABELS)
_THING_LABELS = ("persistentvolumeclaim", "horizontalpodautoscaler", "node", "host", "hostname", "instance")
# Two hosts may well run a container of the same name.
_LOCAL_LABELS = frozenset({"component", "container", "container_name", "name"})
_HOST_LABELS = ("node", "host", "hostname", "instance")
_LAST_LABELS = ("job", "namespace")
# What an exporter is called names who measured, not what was measured.
_SCRAPED_LABELS = frozenset(
    {"pod", "pod_name", "container", "container_name", "service", "instance", "job", "endpoint"}
)
_NONE: frozenset[str] = frozenset()
_MEASURER = re.compile(r"(?:^|[-_/])(?:exporter|kube-state-metrics|cadvisor|kubelet|blackbox|pushgateway)(?:$|[-_/])")
_URL_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)")
_REPLICA_SET = re.compile(r"-(?:[bcdf0-9][bcdfghjklmnpqrstvwxz2456789]{5,9})-[bcdfghjklmnpqrstvwxz2456789]{5}$")
_STATEFUL_SET = re.compile(r"-\d{1,3}$")
_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "<address>"),
    (re.compile(r"\b(?=[a-f]{0,40}\d)[0-9a-f]{12,64}\b"), "<id>"),
    (re.compile(r"\b0x[0-9a-fA-F]{1,16}\b"), "<id>"),
    (re.compile(r"\d+(?:\.\d+)?"), "<n>"),
)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_\s]+")
_STARVES = re.compile(
    r"\b(?:no|zero|without|missing)(?: \w+){0,2} (?:requests?|traffic|data|messages?|operations?|events?|samples"
    r"|queries|orders|transactions?|calls)\b|\blow(?: \w+)? (?:requests?|traffic|throughput)\b"
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What an alert says, read once: of which component, what, and whether it only says that nothing arrives.

    `workload` is False for a mere host, job or namespace. `scope` is what tells equal names apart.
    """

    component: str
    workload: bool
    key: str
    scope: str
    starves: bool


def template(line: str) -> str:
    """`line` with times, addresses, ids and numbers masked."""
    for pattern, mask in _MASKS:
        line = pattern.sub(mask, line)
    return line


def kind_of(alert: Alert) -> str:
    """What is said, without of whom: the rule's name, or the template of a log line or summary."""
    name = alert.labels.get("alertname", "")
    if name:
        return name
    said = alert.annotations
    text = said.get("log") or said.get("summary") or said.get("description") or ""
    return _template_of(text.strip().split("\n", maxsplit=1)[0][:TEXT_CHARS_MAX])


def component_of(alert: Alert, graph: Graph) -> str:
    """The component that the labels name, by the topology's own name where it knows it; empty where it is not clear."""
    return _located(alert.labels, graph)[0]


def key_of(alert: Alert, component: str) -> str:
    """What is said, of whom; what people split is remembered by it."""
    return f"{kind_of(alert)}@{component}"


@lru_cache(maxsize=4_096)
def starves(kind: str) -> bool:
    """Whether a rule of this name says that nothing arrives: the trouble is with whoever should have sent it."""
    return _STARVES.search(_HUMPS.sub(" ", kind).lower()) is not None


def sight_of(alert: Alert, graph: Graph) -> Sight:
    """All of it at once."""
    labels = alert.labels
    component, workload, label = _located(labels, graph)
    kind = kind_of(alert)
    scope = labels.get("cluster", "")
    # What the inventory knows is told from its namesakes already.
    if graph.is_host(component) is None:
        scope = f"{scope}/{labels.get('namespace', '') or (_host(labels) if label in _LOCAL_LABELS else '')}"
    return Sight(component, workload, f"{kind}@{component}", scope, starves(kind))


def _located(labels: dict[str, str], graph: Graph) -> tuple[str, bool, str]:
    """The component, whether it is a workload, and the label that names it where it is one."""
    hidden = _SCRAPED_LABELS if _measured_by_exporter(labels) else _NONE
    namespace = labels.get("namespace", "")
    first, by = "", ""
    for label in [label for label in _RUNNING_LABELS if label in labels and label not in hidden]:
        value = labels[label]
        for name in _names(label, value.removeprefix("/")) if value else ():
            known = graph.canonical(name, namespace)
            if known is not None:
                return known, bool(known) and not graph.is_host(known), label
            if not first or label in _POD_LABELS:
                first, by = name, label
    if first:
        return first, True, by
    thing = _thing(labels, hidden, graph)
    return thing, graph.is_host(thing) is False, ""


def _host(labels: dict[str, str]) -> str:
    return next((labels[label].split(":", maxsplit=1)[0] for label in _HOST_LABELS if labels.get(label)), "")


def _thing(labels: dict[str, str], hidden: frozenset[str], graph: Graph) -> str:
    """A claim, node, host, job or namespace. An instance is who was asked, so it counts also where exporters answer."""
    for label in (*_THING_LABELS, *_LAST_LABELS):
        value = "" if label in hidden and label != "instance" else labels.get(label, "")
        if value:
            return _instance(value, graph) if label == "instance" else _by_topology(value, graph)
    return next((labels[name] for name in ("pod", "container", "service", "job") if labels.get(name)), "")


def _instance(value: str, graph: Graph) -> str:
    """A host without its port; of an address the host only where the topology knows it, as one host serves many."""
    host = _URL_HOST.match(value)
    if host is None:
        return _by_topology(value.split(":", maxsplit=1)[0] if value.count(":") == 1 else value, graph)
    return graph.canonical(host[1], "") or value


def _by_topology(name: str, graph: Graph) -> str:
    known = graph.canonical(name, "")
    return name if known is None else known


def _names(label: str, value: str) -> tuple[str, ...]:
    if label not in _POD_LABELS:
        return (value,)
    workload = _workload(value)
    return (value,) if workload == value else (value, workload)


def _workload(pod: str) -> str:
    """The pod's name without what a ReplicaSet, DaemonSet or StatefulSet adds."""
    shorter = _REPLICA_SET.sub("", pod)
    return shorter if shorter != pod else _STATEFUL_SET.sub("", pod)


def _measured_by_exporter(labels: dict[str, str]) -> bool:
    return (
        _is_measurer(labels.get("job", ""))
        or _is_measurer(labels.get("container", ""))
        or _is_measurer(labels.get("service", ""))
    )


@lru_cache(maxsize=4_096)
def _is_measurer(value: str) -> bool:
    return _MEASURER.search(value) is not None


@lru_cache(maxsize=4_096)
def _template_of(line: str) -> str:
    return template(line)
