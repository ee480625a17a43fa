"""Reads every object that kubectl printed, as JSON, YAML, table or description, into one shape: that of the API."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lamplighter.diagnosis.readers import kube_describe_rest as rest
from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, text
from lamplighter.diagnosis.readers.kube_describe import labels, pod_body, workload_body
from lamplighter.diagnosis.readers.kube_events import Told, described_events, event_of, tabled_events
from lamplighter.diagnosis.readers.kube_outline import Node, outline
from lamplighter.diagnosis.readers.kube_rows import kind_of_columns, row_body
from lamplighter.diagnosis.readers.kube_table import blocks
from lamplighter.diagnosis.readers.kube_yaml import yaml_documents
from lamplighter.domain.evidence import Evidence

THINGS_MAX = 3_000
WORKLOADS = frozenset(
    {"deployment", "statefulset", "daemonset", "replicaset", "job", "cronjob", "replicationcontroller"}
)
_KINDS = {
    "po": "pod",
    "deploy": "deployment",
    "rs": "replicaset",
    "sts": "statefulset",
    "ds": "daemonset",
    "cj": "cronjob",
    "svc": "service",
    "ep": "endpoints",
    "ing": "ingress",
    "netpol": "networkpolicy",
    "pvc": "persistentvolumeclaim",
    "pv": "persistentvolume",
    "sc": "storageclass",
    "no": "node",
    "quota": "resourcequota",
    "limits": "limitrange",
    "sa": "serviceaccount",
    "cs": "componentstatus",
    "componentstatuses": "componentstatus",
    "cert": "certificate",
    "ev": "event",
    "cm": "configmap",
    "ns": "namespace",
    "hpa": "horizontalpodautoscaler",
    "rc": "replicationcontroller",
}
_KEEP = frozenset({"endpoints", "ingress", "storageclass", "all", "limits"})


@dataclass(frozen=True, slots=True)
class Thing:
    """One object of a cluster; `body` holds `spec`, `status` and what else its printing told of it."""

    kind: str
    namespace: str
    name: str
    body: dict[str, object]
    evidence: Evidence
    labels: dict[str, object] = field(default_factory=dict)
    owner: str = ""


@dataclass(slots=True)
class Printed:
    """What one piece of evidence holds: objects, events, and the kinds (with namespace) of which there is nothing."""

    things: list[Thing] = field(default_factory=list)
    events: list[Told] = field(default_factory=list)
    empty: list[tuple[str, str]] = field(default_factory=list)


def singular(kind: str) -> str:
    """`Pods`, `po`, `deployments.apps` as one lower-case word: `pod`, `deployment`."""
    word = kind.strip().lower().split(".", maxsplit=1)[0].split("/", maxsplit=1)[0]
    if word in _KINDS:
        return _KINDS[word]
    if word in _KEEP:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def printed(evidence: Evidence) -> Printed:
    """The objects and events in what kubectl printed. Raises `Unreadable`."""
    content = evidence.content.lstrip("\ufeff \n\r\t")
    if content.startswith(("{", "[")):
        return _from_values([decoded(content)], evidence)
    if evidence.tool == "kubectl.describe" or re.match(r"^Name:\s", content):
        return _from_outline(content, evidence)
    if re.match(r"^(?:apiVersion:|kind:|---|items:|- apiVersion:|metadata:)", content):
        return _from_values(yaml_documents(evidence.content), evidence)
    return _from_tables(evidence)


def _from_values(values: list[object], evidence: Evidence) -> Printed:
    found = Printed()
    for value in values:
        for one in _flat(value):
            kind = singular(text(one, "kind") or evidence.params.get("kind", ""))
            if kind == "event" or evidence.tool == "kubectl.events":
                told = event_of(one, evidence)
                found.events += [told] if told else []
            elif text(one, "metadata", "name") and len(found.things) < THINGS_MAX and isinstance(one, dict):
                found.things.append(_thing(one, kind, evidence))
    return found


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, list):
        for one in value[:THINGS_MAX]:
            yield from _flat(one)
    elif text(value, "kind").endswith("List") or (isinstance(at(value, "items"), list) and not at(value, "spec")):
        kind = text(value, "kind").removesuffix("List")
        for one in items(value, "items")[:THINGS_MAX]:
            if isinstance(one, dict):
                yield {"kind": kind, **one} if kind else one
    else:
        yield value


def _thing(one: dict[str, object], kind: str, evidence: Evidence) -> Thing:
    owners = items(one, "metadata", "ownerReferences")
    owner = f"{text(owners[0], 'kind')}/{text(owners[0], 'name')}" if owners else ""
    namespace = text(one, "metadata", "namespace") or evidence.params.get("namespace", "")
    marks = at(one, "metadata", "labels")
    name = text(one, "metadata", "name")
    body = {"whole": True, **one}
    return Thing(kind, namespace, name, body, evidence, marks if isinstance(marks, dict) else {}, owner)


_BODIES: dict[str, Callable[[Node], dict[str, object]]] = {
    "pod": pod_body,
    "node": rest.node_body,
    "service": rest.service_body,
    "endpoints": rest.endpoints_body,
    "endpointslice": rest.endpoints_body,
    "persistentvolumeclaim": rest.claim_body,
    "persistentvolume": rest.volume_body,
    "resourcequota": rest.quota_body,
    "ingress": rest.ingress_body,
    "networkpolicy": rest.policy_body,
}


def _nothing(_root: Node) -> dict[str, object]:
    return {}


def _from_outline(content: str, evidence: Evidence) -> Printed:
    found = Printed()
    for root in outline(content)[:THINGS_MAX]:
        name, namespace = root.said("Name"), root.said("Namespace") or evidence.params.get("namespace", "")
        if not name:
            continue
        kind = _described_kind(root, evidence)
        body = workload_body(root, kind) if kind in WORKLOADS else _BODIES.get(kind, _nothing)(root)
        marks = labels(root.child("Labels"))
        found.things.append(Thing(kind, namespace, name, body, evidence, marks, root.said("Controlled By")))
        if kind == "namespace" and any("Hard" in line for line in root.lines):
            found.things.append(Thing("resourcequota", name, name, rest.quota_body(root), evidence))
        found.events += described_events(root, kind, name, namespace, evidence)
    if not found.things:
        raise Unreadable(f"not a description: {content[:80]}")
    return found


_TELLING: tuple[tuple[str, str], ...] = (
    ("PodCIDR", "node"),
    ("Kubelet Version", "node"),
    ("Allocatable", "node"),
    ("Unschedulable", "node"),
    ("Pods Statuses", "job"),
    ("StrategyType", "deployment"),
    ("Update Strategy", "statefulset"),
    ("Desired Number of Nodes Scheduled", "daemonset"),
    ("Reclaim Policy", "persistentvolume"),
    ("Access Modes", "persistentvolumeclaim"),
    ("Default backend", "ingress"),
    ("Subsets", "endpoints"),
    ("AddressType", "endpointslice"),
    ("TargetPort", "service"),
    ("Provisioner", "storageclass"),
    ("Containers", "pod"),
    ("Node", "pod"),
    ("Replicas", "replicaset"),
)


def _described_kind(root: Node, evidence: Evidence) -> str:
    """What the description shows it to be; the kind that was asked for where it shows nothing."""
    asked = singular(evidence.params.get("kind", ""))
    shown = next((kind for key, kind in _TELLING if root.child(key) is not None), "")
    same = {"replicaset", "statefulset", "deployment", "daemonset", "job"}
    if not shown or (asked in same and shown in same and root.child("Pod Template") is not None):
        return asked or shown
    return shown


def _from_tables(evidence: Evidence) -> Printed:
    found = Printed()
    asked = singular(evidence.params.get("kind", ""))
    for columns, rows in blocks(evidence.content) or _headless(evidence, asked):
        kind = kind_of_columns(columns) or asked
        if kind == "event":
            found.events += tabled_events(rows, evidence)
            continue
        for row in rows[:THINGS_MAX]:
            printed_kind, mark, name = row.get("NAME", "").rpartition("/")
            own = singular(printed_kind) if mark else kind
            if name and (body := row_body(own, row)):
                namespace = row.get("NAMESPACE") or evidence.params.get("namespace", "")
                found.things.append(Thing(own, namespace, name, body, evidence, _row_labels(row)))
    return found


def _row_labels(row: dict[str, str]) -> dict[str, object]:
    pairs = (pair.partition("=") for pair in row.get("LABELS", "").split(",") if "=" in pair)
    return {key: value for key, _, value in pairs}


_BARE_POD = re.compile(
    r"^\s{0,8}(?:(\S{1,253})\s{2,200})??(\S{1,253})\s{1,200}(\d{1,4}/\d{1,4})\s{1,200}([A-Z][\w:/]{2,40})\s{1,200}"
    r"(\d{1,6}(?: \([\w ]{1,20}\))?)\s{1,200}(\w{1,12})(?:\s{1,200}(.{0,2000}))?$"
)


def _headless(evidence: Evidence, asked: str) -> list[tuple[tuple[str, ...], list[dict[str, str]]]]:
    """Rows of pods whose header line somebody cut off."""
    if asked not in {"pod", "all", ""}:
        return []
    rows: list[dict[str, str]] = []
    for line in evidence.content.splitlines()[:THINGS_MAX]:
        cells = _BARE_POD.match(line[:2_500])
        if cells:
            row = {"NAME": cells[2], "READY": cells[3], "STATUS": cells[4], "RESTARTS": cells[5], "AGE": cells[6]}
            row |= {"NAMESPACE": cells[1]} if cells[1] else {}
            rest_cells = (cells[7] or "").split()
            row |= {"LABELS": rest_cells[-1]} if rest_cells and "=" in rest_cells[-1] else {}
            rows.append(row)
    return [(("NAME", "READY", "STATUS", "RESTARTS", "AGE"), rows)] if rows else []
