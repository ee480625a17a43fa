"""Where the API keeps each kind of thing, and how the pods of a workload are selected. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lamplighter.integrations.kubernetes.client import APPS, CORE, asked
from lamplighter.ports import ToolError

BATCH = "/apis/batch/v1"
NETWORKING = "/apis/networking.k8s.io/v1"
METRICS = "/apis/metrics.k8s.io/v1beta1"
LIST_ITEMS_MAX = 250
# By kind: its group, its plural, and whether it lives in a namespace.
PLACES: Mapping[str, tuple[str, str, bool]] = {
    "pod": (CORE, "pods", True),
    "service": (CORE, "services", True),
    "endpoints": (CORE, "endpoints", True),
    "persistentvolumeclaim": (CORE, "persistentvolumeclaims", True),
    "resourcequota": (CORE, "resourcequotas", True),
    "event": (CORE, "events", True),
    "deployment": (APPS, "deployments", True),
    "statefulset": (APPS, "statefulsets", True),
    "daemonset": (APPS, "daemonsets", True),
    "replicaset": (APPS, "replicasets", True),
    "job": (BATCH, "jobs", True),
    "cronjob": (BATCH, "cronjobs", True),
    "ingress": (NETWORKING, "ingresses", True),
    "networkpolicy": (NETWORKING, "networkpolicies", True),
    "ingressclass": (NETWORKING, "ingressclasses", False),
    "node": (CORE, "nodes", False),
    "persistentvolume": (CORE, "persistentvolumes", False),
}
SELECTING = frozenset({"deployment", "statefulset", "daemonset", "replicaset", "service"})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_WORDS = {"In": "{key} in ({values})", "NotIn": "{key} notin ({values})", "Exists": "{key}", "DoesNotExist": "!{key}"}


@dataclass(frozen=True, slots=True)
class Place:
    """One thing, or a list of one kind; `name` is empty for a list."""

    kind: str
    path: str
    name: str = ""
    namespace: str = ""
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """What is asked, as it is shown."""
        return f"GET {asked(self.path, self.params)}"


def checked(name: str) -> str:
    """A name that may stand in a path. Raises `ToolError` for any other, so that no name leads elsewhere."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise ToolError(f"{name[:80]!r} is no name of a thing in Kubernetes")
    return name


def one(kind: str, namespace: str, name: str) -> Place:
    """A single thing. Raises `ToolError` for a kind or name that cannot be."""
    listed = many(kind, namespace)
    return Place(kind, f"{listed.path}/{checked(name)}", name, listed.namespace)


def many(kind: str, namespace: str, *, labels: str = "", fields: str = "", items_max: int = LIST_ITEMS_MAX) -> Place:
    """All of a kind in a namespace; in the whole cluster where there is none. Raises `ToolError`."""
    if kind not in PLACES:
        raise ToolError(f"{kind[:80]!r} is no kind of thing that is asked for")
    group, plural, namespaced = PLACES[kind]
    inside = f"/namespaces/{checked(namespace)}" if namespaced and namespace else ""
    selectors = {"labelSelector": labels, "fieldSelector": fields}
    params = {"limit": str(items_max)} | {key: value for key, value in selectors.items() if value}
    return Place(kind, f"{group}{inside}/{plural}", "", namespace if namespaced else "", params)


def pod_metrics(namespace: str, *, name: str | None = None, labels: str = "") -> Place:
    """What pods use now, by one name or by labels. Raises `ToolError`."""
    path = f"{METRICS}/namespaces/{checked(namespace)}/pods"
    params = {"labelSelector": labels} if labels else {}
    if name is not None:
        return Place("pod", f"{path}/{checked(name)}", name, namespace)
    return Place("pod", path, "", namespace, params)


def node_metrics(name: str) -> Place:
    """What a node uses now. Raises `ToolError`."""
    return Place("node", f"{METRICS}/nodes/{checked(name)}", name)


def selector_of(thing: object) -> str:
    """The label selector of a workload or a service, as the API takes it; empty where it selects nothing."""
    spec = thing.get("spec") if isinstance(thing, dict) else None
    selector = spec.get("selector") if isinstance(spec, dict) else None
    if not isinstance(selector, dict):
        return ""
    labels = selector.get("matchLabels", {} if "matchExpressions" in selector else selector)
    parts = [f"{key}={value}" for key, value in labels.items()] if isinstance(labels, dict) else []
    expressions = selector.get("matchExpressions")
    parts += (
        [_expression(wish) for wish in expressions if isinstance(wish, dict)] if isinstance(expressions, list) else []
    )
    return ",".join(filter(None, parts))


def _expression(wish: Mapping[str, object]) -> str:
    values = wish.get("values")
    told = ",".join(str(value) for value in values) if isinstance(values, list) else ""
    return _WORDS.get(str(wish.get("operator")), "").format(key=wish.get("key", ""), values=told)
