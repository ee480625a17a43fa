"""Of which components a case asks, by its symptom and alerts, and which were only glanced at in passing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lamplighter.diagnosis.cluster.addresses import addresses, service_of
from lamplighter.diagnosis.cluster.drafting import Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory
from lamplighter.diagnosis.cluster.pods import is_up
from lamplighter.diagnosis.cluster.spoken_logs import Spoken
from lamplighter.diagnosis.readers.draft import known
from lamplighter.domain.alert import Alert
from lamplighter.domain.evidence import Case, Fact

_WORD = re.compile(r"[\w-]")
_LABELS = (
    "pod",
    "deployment",
    "statefulset",
    "daemonset",
    "job_name",
    "service",
    "container",
    "node",
    "app",
    "job",
    "persistentvolumeclaim",
    "ingress",
)
# What measures is not what is measured.
_MEASURING = re.compile(r"(?i)kube-state-metrics|node-?exporter|prometheus|cadvisor|^kubelet$|^node$")
_ASKED = re.compile(
    r"(?i)\b(?:job|cronjob|pod|deployment|statefulset|daemonset|replicaset|workload"
    r"|app|application|node|container)s?(?: named| called)?[ :/]{1,2}"
    r"[`'\"]?([a-z0-9](?:[a-z0-9.]{0,60}-[a-z0-9.-]{1,180}|[a-z0-9.]{0,60}\d))(?=[\s`'\"?,.;]|$)"
)


def asked_names(case: Case) -> set[str]:
    """The names that alerts bear in their labels."""
    return {name for alert in case.alerts for name in _of_alert(alert)}


def _of_alert(alert: Alert) -> Iterable[str]:
    for label in _LABELS:
        value = alert.labels.get(label, "")
        if value and not _MEASURING.search(value):
            yield value


def focus(case: Case, found: Inventory) -> set[str]:
    """The components that the symptom or the alerts name; nothing where they name none."""
    said = f"{case.symptom} " + " ".join(
        f"{alert.annotations.get('summary', '')} {alert.annotations.get('description', '')}" for alert in case.alerts
    )
    held = {found.naming.said(name) for name in asked_names(case)}
    for one in found.seen.values():
        if one.kind in {"namespace", "top", "configmap", "secret", "resourcequota"}:
            continue
        component = found.component(one)
        if any(len(name) > 2 and _names(said, name) for name in {one.name, component}):  # noqa: PLR2004 - two letters are no name
            held.add(component)
    return held & {found.component(one) for one in found.seen.values()}


def _names(said: str, name: str) -> bool:
    place = said.find(name)
    while place >= 0:
        before, after = said[max(0, place - 1) : place], said[place + len(name) : place + len(name) + 2]
        ends = not after or not (_WORD.match(after[0]) or (after[0] == "." and _WORD.match(after[1:])))
        if ends and not (before and (_WORD.match(before) or before == ".")):
            return True
        place = said.find(name, place + 1)
    return False


def aside_facts(case: Case, found: Inventory, logs: dict[str, Spoken]) -> list[Fact]:
    """A fact `aside` for each component that a list showed in passing, where the case asks of others."""
    centre = focus(case, found)
    looked_at = {found.component(one) for one in found.seen.values() if one.asked} | set(logs)
    # Whoever is named but was never looked at, and is well, is where the trouble shows and not where it is.
    if not centre & looked_at and all(_well(found, name) for name in centre):
        centre = set()
    known_names = {found.component(one) for one in found.seen.values()} | set(logs)
    strange = _strangers(case, found, known_names)
    if not centre and not strange:
        return []
    near = (
        _needed(found, centre, logs) | {edge.target for edge in case.topology} | {edge.source for edge in case.topology}
    )
    facts: list[Fact] = []
    for component in sorted(known_names):
        one = next((held for held in found.seen.values() if found.component(held) == component), None)
        ground = Ground(one.evidence if one else "", one.query if one else "", component)
        if strange:
            words = f"the question is about {', '.join(sorted(strange))}, and nothing that was looked at shows it"
            facts.append(fact_of(ground, "aside", words, known(elsewhere=1.0)))
        elif one and one.kind != "node" and component not in centre | near and component not in looked_at:
            words = f"{component} is not what the question is about"
            facts.append(fact_of(ground, "aside", words, known(listed=1.0)))
    return facts


def _well(found: Inventory, component: str) -> bool:
    pods = [pod for pod in found.of("pod") if found.component(pod) == component]
    warned = any(told.warning and found.naming.said(told.name) == component for told in found.events)
    return bool(pods) and all(is_up(pod) for pod in pods) and not warned


def _strangers(case: Case, found: Inventory, known_names: set[str]) -> set[str]:
    """Names that the symptom asks for outright, and that nothing in the case bears."""
    names = {name.rstrip(".") for name in _ASKED.findall(case.symptom)}
    held = known_names | {one.name for one in found.seen.values()} | {one.namespace for one in found.seen.values()}
    texts = [piece.content for piece in case.evidence]
    return {
        name
        for name in names
        if name not in held and found.naming.of_pod(name) not in held and not any(name in text for text in texts)
    }


def _needed(found: Inventory, centre: set[str], logs: dict[str, Spoken]) -> set[str]:
    """What the components in the centre reach for: by their environment, their failed calls, their services."""
    near: set[str] = set()
    for one in addresses(found):
        if one.component in centre:
            near |= _behind(found, one.host, one.holder.namespace)
    for component in centre & set(logs):
        for call in logs[component].calls:
            near |= _behind(found, call.host, "")
    return near


def _behind(found: Inventory, host: str, namespace: str) -> set[str]:
    name, service = service_of(found, host, namespace)
    chosen = service.body.get("spec") if service else None
    selector = chosen.get("selector") if isinstance(chosen, dict) else None
    pairs = selector if isinstance(selector, dict) else {}
    chosen_pods = {
        found.component(pod)
        for pod in found.of("pod")
        if pairs and all(pod.labels.get(key) == value for key, value in pairs.items())
    }
    return {name} | chosen_pods
