"""What the labels of an alert teach of the topology: what it depends on, where it runs, what it belongs to. Pure."""

from __future__ import annotations

from lamplighter.domain.alert import Alert
from lamplighter.domain.graph import Graph
from lamplighter.domain.sameness import component_of
from lamplighter.domain.topology import TAUGHT, Edge

# Who writes to the others chooses the labels freely; these pass on what was scraped.
TEACHERS = frozenset({"alertmanager", "grafana"})
# What containers say of themselves, as cAdvisor writes labels of Docker.
DEPENDS_LABELS = ("container_label_lamplighter_depends", "container_label_com_docker_compose_depends_on")
_POD = "pod"
_NODE = "node"
_SERVICE = "service"
_BARE = Graph(())
# These name who measured where an exporter answers for others.
_MEASURERS = ("job", "container", "endpoint", _SERVICE)
_MEASURER_WORDS = ("exporter", "kube-state-metrics", "cadvisor", "kubelet", "blackbox", "pushgateway")


def edges_from_alert(alert: Alert, component: str = "") -> tuple[Edge, ...]:
    """What `component` (by default the one that the labels name) depends on, runs on and belongs to.

    Containers say of themselves what they depend on. `node` and `service` say where a pod runs and which service
    contains it, pods by the name of what they are copies of; where an exporter speaks for others, they teach nothing.
    Nor does an alert of a source that is not among TEACHERS.
    """
    if alert.source not in TEACHERS:
        return ()
    labels, origin = alert.labels, f"{TAUGHT} of {alert.source}"
    workload = component or component_of(alert, _BARE) or labels.get(_POD, "")
    if not workload:
        return ()
    edges = [
        Edge(workload, needed, "depends_on", origin)
        for label in DEPENDS_LABELS
        for item in labels.get(label, "").split(",")
        if (needed := item.split(":", maxsplit=1)[0].strip())
    ]
    if not any(word in labels.get(name, "") for name in _MEASURERS for word in _MEASURER_WORDS):
        edges.extend(
            _place(workload, labels.get(_NODE, ""), labels.get(_SERVICE, "") if _POD in labels else "", origin)
        )
    return tuple(edge for edge in edges if edge.source != edge.target)


def _place(workload: str, node: str, service: str, origin: str) -> tuple[Edge, ...]:
    runs_on = (Edge(workload, node, "runs_on", origin),) if node else ()
    contains = (Edge(service, workload, "contains", origin),) if service else ()
    return (*runs_on, *contains)
