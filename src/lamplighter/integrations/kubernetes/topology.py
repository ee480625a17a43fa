"""From the cluster's objects to components and what needs what: owners, selectors and nodes. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from lamplighter.domain.topology import Component, Edge
from lamplighter.integrations.kubernetes.objects import Thing

SYSTEM = "kubernetes"
CONTAINS = "contains"
RUNS_ON = "runs_on"
DONE = frozenset({"Succeeded"})
# People call a workload and the service in front of it by one name and mean one thing: it goes by the first of these.
FRONT_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Service")


def components_of(things: Iterable[Thing]) -> tuple[Component, ...]:
    """Every node, service, workload and pod that has not finished; replica sets only where they hold pods.

    The group is the namespace, and the id the cluster's own. Edges: owner contains, service contains, pod runs on.
    """
    alive = [thing for thing in things if not (thing.kind == "Pod" and thing.status.phase in DONE)]
    owning = {owner.uid for thing in alive if thing.kind == "Pod" for owner in thing.metadata.owner_references or ()}
    kept = [thing for thing in alive if thing.kind != "ReplicaSet" or thing.metadata.uid in owning]
    edges = edges_of(kept)
    return _as_one([_component(thing, edges[thing.metadata.uid]) for thing in kept])


def edges_of(things: Sequence[Thing]) -> dict[str, tuple[Edge, ...]]:
    """What each thing needs, by its id. Owners and selectors reach only into their own namespace."""
    by_id = {thing.metadata.uid: thing for thing in things}
    found: defaultdict[str, list[Edge]] = defaultdict(list)
    pods: defaultdict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        meta = thing.metadata
        for owner in meta.owner_references or ():
            # A static pod is owned by its node, which is already where it runs.
            if owner.uid in by_id and owner.kind != "Node":
                _add(found[owner.uid], by_id[owner.uid].metadata.name, meta.name, CONTAINS, "owner")
        if thing.kind == "Pod":
            pods[meta.namespace].append(thing)
            _add(found[meta.uid], meta.name, thing.spec.node_name, RUNS_ON, "node")
    for thing in things:
        if thing.kind == "Service" and thing.selector:
            for pod in _selected(thing.selector, pods[thing.metadata.namespace]):
                _add(found[thing.metadata.uid], thing.metadata.name, pod.metadata.name, CONTAINS, "selector")
    return defaultdict(tuple, {uid: tuple(edges) for uid, edges in found.items()})


def _add(edges: list[Edge], source: str, target: str, kind: str, origin: str) -> None:
    if source and target and source != target:
        edges.append(Edge(source, target, kind, f"{SYSTEM} {origin}"))


def _selected(selector: dict[str, str], pods: Iterable[Thing]) -> list[Thing]:
    return [pod for pod in pods if selector.items() <= (pod.metadata.labels or {}).items()]


def _component(thing: Thing, edges: tuple[Edge, ...]) -> Component:
    meta = thing.metadata
    labels = dict(meta.labels or {})
    return Component(SYSTEM, thing.kind.lower(), meta.name, meta.uid, labels, _runs(thing), meta.namespace, edges)


def _runs(thing: Thing) -> bool:
    """Whether a thing is as it should be; a service has no state of its own."""
    match thing.kind:
        case "Pod" | "Node":
            return thing.status.holds("Ready")
        case "Deployment" | "StatefulSet" | "ReplicaSet":
            wanted = 1 if thing.spec.replicas is None else thing.spec.replicas
            return thing.status.ready_replicas >= wanted
        case "DaemonSet":
            return thing.status.number_ready >= thing.status.desired_number_scheduled
    return True


def _as_one(parts: Sequence[Component]) -> tuple[Component, ...]:
    """Things of one name in one namespace as one component, with all their edges; pods and nodes stay as they are."""
    order = {kind.lower(): rank for rank, kind in enumerate(FRONT_KINDS)}
    firsts: dict[tuple[str, str], Component] = {}
    rest: list[Component] = []
    for part in sorted(parts, key=lambda one: order.get(one.kind, len(order))):
        key = (part.group, part.name)
        if part.kind not in order:
            rest.append(part)
        elif key not in firsts:
            firsts[key] = part
        else:
            first = firsts[key]
            edges = tuple(dict.fromkeys((*first.edges, *part.edges)))
            firsts[key] = replace(first, labels={**part.labels, **first.labels}, edges=edges)
    return (*firsts.values(), *rest)
