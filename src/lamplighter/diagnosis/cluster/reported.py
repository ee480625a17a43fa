"""What people and monitoring report of a component, by symptom and alerts: that it is throttled, a part is down."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.domain.alert import Alert
from lamplighter.domain.evidence import Case, Fact

_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "throttled",
        re.compile(r"(?i)CPUThrottling|throttling of CPU|CPU throttl|throttled (?:by|for|periods)|cfs[_ ]throttl"),
    ),
    ("reported_slow", re.compile(r"(?i)high latency|latency|slow|taking longer|response time|p9[59]|timeouts?\b")),
    ("reported_oom", re.compile(r"(?i)OOMKill|out of memory")),
    ("kube_proxy_down", re.compile(r"KubeProxyDown")),
    ("kube_scheduler_down", re.compile(r"KubeSchedulerDown")),
    ("kubelet_down_reported", re.compile(r"KubeletDown|KubeletNotReporting")),
)
_PART = {"kube_proxy_down": "kube-proxy", "kube_scheduler_down": "kube-scheduler"}
_LABELS = ("pod", "container", "deployment", "statefulset", "daemonset", "node", "service", "instance")


def reported_facts(case: Case, found: Inventory, centre: set[str]) -> list[Fact]:
    """Facts `kube` of what is reported; the symptom speaks of the components that it names."""
    facts: list[Fact] = []
    for sign, pattern in _SIGNS:
        if pattern.search(case.symptom):
            said = f"the symptom: {case.symptom}"
            facts += [_fact(said, sign, _PART.get(sign, component), "symptom") for component in sorted(centre)]
    for alert in case.alerts:
        facts += _alerted(alert, found)
    return facts


def _alerted(alert: Alert, found: Inventory) -> Iterator[Fact]:
    said = f"{alert.name} {alert.annotations.get('summary', '')} {alert.annotations.get('description', '')}"
    label = next((alert.labels[one] for one in _LABELS if alert.labels.get(one)), "")
    component = found.naming.said(label.split(":", maxsplit=1)[0]) if label else ""
    for sign, pattern in _SIGNS:
        who = _PART.get(sign, component)
        if who and pattern.search(said):
            yield _fact(f"alert {shown(said, 300)}", sign, who, "alerts")


def _fact(words: str, sign: str, component: str, evidence: str) -> Fact:
    return fact_of(Ground(evidence, evidence, component), KUBE, words, known(sign=sign, target=component, reported=1.0))
