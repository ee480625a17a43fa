"""Everything that a case shows of a cluster, one entry for each object, whatever showed it and however often."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lamplighter.diagnosis.cluster.naming import Naming
from lamplighter.diagnosis.readers.document import at
from lamplighter.diagnosis.readers.kube_events import Told
from lamplighter.diagnosis.readers.kube_names import workload_of
from lamplighter.diagnosis.readers.kube_things import WORKLOADS, Printed, Thing

Key = tuple[str, str, str]
_EVERYWHERE = frozenset(
    {"node", "persistentvolume", "storageclass", "namespace", "clusterrole", "clusterrolebinding", "ingressclass"}
)


@dataclass(slots=True)
class Seen:
    """One object with all that was printed of it; `whole` where its specification was printed and not a row alone."""

    kind: str
    namespace: str
    name: str
    body: dict[str, object]
    labels: dict[str, object]
    owner: str
    evidence: str
    query: str
    whole: bool = False
    asked: bool = False


@dataclass(slots=True)
class Inventory:
    """The objects and events of one case, and the names by which its components go."""

    now: datetime
    naming: Naming
    seen: dict[Key, Seen] = field(default_factory=dict)
    events: list[Told] = field(default_factory=list)
    listed_kinds: set[tuple[str, str]] = field(default_factory=set)

    def of(self, *kinds: str) -> Iterator[Seen]:
        """The objects of these kinds, by name."""
        for key in sorted(self.seen):
            if key[0] in kinds:
                yield self.seen[key]

    def find(self, kind: str, namespace: str, name: str) -> Seen | None:
        """The object of this name; in another namespace only where the namespace is not known."""
        exact = self.seen.get((kind, namespace, name))
        if exact is not None or namespace:
            return exact or self.seen.get((kind, "", name))
        return next((one for key, one in self.seen.items() if key[0] == kind and key[2] == name), None)

    def component(self, one: Seen) -> str:
        """The name under which an object may be blamed: a pod's is that of its workload."""
        if one.kind == "pod":
            return self.naming.of_pod(one.name)
        return self.naming.of(one.name, one.kind)

    def pods_of(self, namespace: str, component: str) -> list[Seen]:
        """The pods of a component."""
        return [pod for pod in self.of("pod") if _same(pod.namespace, namespace) and self.component(pod) == component]

    def lists(self, kind: str, namespace: str = "") -> bool:
        """Whether all objects of this kind in a namespace were listed, so that what is not there does not exist."""
        if not namespace:
            return any(listed == kind for listed, _ in self.listed_kinds)
        return (kind, namespace) in self.listed_kinds or (kind, "") in self.listed_kinds


def _same(left: str, right: str) -> bool:
    return not left or not right or left == right


same_namespace = _same


def inventory(
    pieces: Iterable[Printed], now: datetime, allowed: frozenset[str], logged: frozenset[str] = frozenset()
) -> Inventory:
    """All pieces put together; `logged` are the pods whose logs were read.

    Where two tell of the same thing, the fuller one is believed, then the later one.
    """
    pieces = list(pieces)
    things = [thing for piece in pieces for thing in piece.things]
    found = Inventory(now, _naming(things, pieces, allowed, logged))
    for thing in sorted(things, key=lambda one: (_weight(one), one.evidence.at)):
        _add(found, thing)
    for thing in things:
        params = thing.evidence.params
        if not params.get("name") and thing.evidence.tool == "kubectl.get" and not _narrowed(params):
            found.listed_kinds.add((thing.kind, params.get("namespace", "")))
    found.listed_kinds |= {mark for piece in pieces for mark in piece.empty}
    seen: set[tuple[str, str, str, str, str]] = set()
    for told in (told for piece in pieces for told in piece.events):
        mark = (told.kind, told.name, told.reason, told.message, str(told.count))
        if mark not in seen:
            seen.add(mark)
            found.events.append(told)
    return found


def _narrowed(params: dict[str, str]) -> bool:
    return any(params.get(key) for key in ("keyword", "selector", "label", "field_selector", "filter", "l"))


def _naming(things: list[Thing], pieces: list[Printed], allowed: frozenset[str], logged: frozenset[str]) -> Naming:
    workloads = {thing.name for thing in things if thing.kind in WORKLOADS - {"replicaset"}}
    owners = {thing.name: thing.owner for thing in things if thing.kind == "pod" and thing.owner}
    owners |= {thing.name: thing.owner for thing in things if thing.kind in {"replicaset", "job"} and thing.owner}
    services = {thing.name for thing in things if thing.kind == "service"}
    bare = {
        thing.name
        for thing in things
        if thing.kind == "pod"
        and not thing.owner
        and (thing.body.get("described") or (thing.body.get("whole") and not _trimmed(thing)))
        and workload_of(thing.name) not in {*services, *(str(value) for value in thing.labels.values())}
    }
    pods = {thing.name for thing in things if thing.kind == "pod"}
    pods |= logged
    pods |= {told.name for piece in pieces for told in piece.events if told.kind == "pod"}
    containers = {thing.name: _container_names(thing) for thing in things if thing.kind == "pod"}
    return Naming(frozenset(workloads), owners, frozenset(bare), frozenset(pods), allowed, containers)


def _trimmed(thing: Thing) -> bool:
    """Whether somebody left the server's own fields out of it, so that a missing owner tells nothing."""
    return not at(thing.body, "metadata", "uid")


def _container_names(thing: Thing) -> tuple[str, ...]:
    found = at(thing.body, "spec", "containers")
    names = [at(one, "name") for one in found] if isinstance(found, list) else []
    return tuple(name for name in names if isinstance(name, str))


def _weight(thing: Thing) -> int:
    return 0 if thing.body.get("row") else 1 if thing.body.get("described") else 2


def _add(found: Inventory, thing: Thing) -> None:
    key = (thing.kind, "" if thing.kind in _EVERYWHERE else thing.namespace, thing.name)
    loose = (thing.kind, "", thing.name)
    if key[1] and loose in found.seen:
        found.seen[key] = found.seen.pop(loose)
        found.seen[key].namespace = thing.namespace
    whole = not thing.body.get("row")
    held = found.seen.get(key)
    query = thing.evidence.params.get("query") or f"{thing.evidence.tool} {thing.kind} {thing.name}"
    asked = bool(thing.evidence.params.get("name")) or thing.evidence.tool == "kubectl.describe"
    if held is None:
        found.seen[key] = Seen(*key, dict(thing.body), dict(thing.labels), thing.owner, thing.evidence.id, query)
        held = found.seen[key]
    else:
        held.body = _merged(held.body, thing.body)
        held.labels = {**held.labels, **thing.labels}
        held.owner = thing.owner or held.owner
        held.evidence, held.query = (thing.evidence.id, query) if whole else (held.evidence, held.query)
    held.whole, held.asked = held.whole or whole, held.asked or asked


def _merged(old: dict[str, object], new: dict[str, object]) -> dict[str, object]:
    whole: dict[str, object] = dict(old)
    for key, value in new.items():
        held = whole.get(key)
        if isinstance(held, dict) and isinstance(value, dict):
            whole[key] = _merged(held, value)
        elif value not in (None, "", [], {}) or key not in whole:
            whole[key] = value
    return whole
