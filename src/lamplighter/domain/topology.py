"""Components, what depends on what, and which component an alert speaks of."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from lamplighter.domain.alert import Alert

SPECIFIC_LABELS = ("container", "container_name", "name", "pod", "service")
# These often name who measured, not what was measured; they count only where nothing more specific is said.
GENERAL_LABELS = ("job", "instance")
COMPONENT_LABELS = (*SPECIFIC_LABELS, *GENERAL_LABELS)
SERVICE_LABEL = "com.docker.compose.service"
# In one word how an engine says that it stands, where it says more than running or not.
STATE_LABEL = "lamplighter.state"
DEPENDS_LABEL = "lamplighter.depends"
NEIGHBOURS_MAX = 50
TAUGHT = "alert labels"
_TAUGHT_BY = f"{TAUGHT} of "


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` needs `target`. Kinds: calls, runs_on, contains, depends_on, routes_to, stores_in."""

    source: str
    target: str
    kind: str = "depends_on"
    origin: str = "configuration"

    @property
    def taught_by(self) -> str | None:
        """The source of the alerts whose labels alone say so; None where something else says it."""
        return self.origin.removeprefix(_TAUGHT_BY) if self.origin.startswith(TAUGHT) else None


@dataclass(frozen=True, slots=True)
class Component:
    """One thing an engine runs. `id` is the engine's own, and never reused for another thing.

    `edges` is what the engine itself knows of its place, such as the node that a guest runs on.
    """

    system: str
    kind: str
    name: str
    id: str
    labels: dict[str, str] = field(default_factory=dict)
    running: bool = True
    group: str = ""
    edges: tuple[Edge, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """Every name by which an alert may mean this component."""
        return frozenset(filter(None, (self.name, self.labels.get(SERVICE_LABEL, ""))))


@dataclass(frozen=True, slots=True)
class Resolution:
    """The one component that is meant, or None with the reason and the candidates."""

    component: Component | None
    reason: str
    candidates: tuple[Component, ...] = ()


def _plain(label: str, value: str) -> str:
    """A label's value as a component name: an instance loses its port."""
    if label == "instance" and value.count(":") == 1:
        return value.split(":", maxsplit=1)[0]
    return value


def resolve_alert(alert: Alert, inventory: tuple[Component, ...]) -> Resolution:
    """The component an alert's labels name. Labels that name different components mean that a person is asked."""
    for labels in (SPECIFIC_LABELS, GENERAL_LABELS):
        said = {name: _plain(name, alert.labels.get(name, "").removeprefix("/")) for name in labels}
        said = {name: value for name, value in said.items() if value}
        found = {part.id: part for part in inventory if part.names & set(said.values())}
        if found:
            telling = ", ".join(f'{n}="{v}"' for n, v in said.items() if any(v in p.names for p in found.values()))
            return _only(tuple(found.values()), f"label {telling}")
        if said:
            return Resolution(None, f"labels {', '.join(said)} match nothing that I can see")
    return Resolution(None, "it has no label that names a component; none match anything that I can see")


def resolve_name(name: str, inventory: tuple[Component, ...]) -> Resolution:
    """The one component of this name."""
    found = tuple(part for part in inventory if name in part.names)
    if not found:
        return Resolution(None, f"nothing that I can see is called {name}")
    return _only(found, f"name {name}")


def _only(found: tuple[Component, ...], by: str) -> Resolution:
    if len(found) == 1:
        part = found[0]
        return Resolution(part, f"{by} means {part.kind} {part.name} ({part.id[:12]})", found)
    names = ", ".join(f"{part.system}/{part.name} ({part.id[:12]})" for part in found[:5])
    return Resolution(None, f"{by} could mean {len(found)} things: {names}", found)


def edges_from_labels(inventory: tuple[Component, ...]) -> tuple[Edge, ...]:
    """What containers say of themselves: `lamplighter.depends` and compose's `depends_on`."""
    edges: list[Edge] = []
    for part in inventory:
        for label in (DEPENDS_LABEL, "com.docker.compose.depends_on"):
            for item in part.labels.get(label, "").split(","):
                needed = item.split(":", maxsplit=1)[0].strip()
                if needed:
                    edges.append(Edge(part.name, _own_name(needed, part, inventory), "depends_on", f"label {label}"))
    return tuple(edges)


def edges_from_rules(depends: dict[str, list[str]], inventory: tuple[Component, ...]) -> tuple[Edge, ...]:
    """The `depends:` of the configuration; its left side may be a glob, which skips what it points to."""
    edges: list[Edge] = []
    for pattern, needed in depends.items():
        parts = [part for part in inventory if any(fnmatchcase(name, pattern) for name in part.names)]
        for part in parts:
            targets = (_own_name(target, part, inventory) for target in needed)
            edges.extend(Edge(part.name, target) for target in targets if target != part.name)
        if not parts and "*" not in pattern:
            edges.extend(Edge(pattern, target) for target in needed if target != pattern)
    return tuple(edges)


def _own_name(wanted: str, near: Component, inventory: tuple[Component, ...]) -> str:
    """The component's own name for what may be a service's; one of the same group comes first."""
    found = [part for part in inventory if wanted in part.names]
    found = [part for part in found if (part.system, part.group) == (near.system, near.group)] or found
    return found[0].name if len(found) == 1 else wanted


def needed_by(name: str, edges: tuple[Edge, ...]) -> tuple[str, ...]:
    """`name` and everything it needs, nearest first, at most NEIGHBOURS_MAX names."""
    reached = [name]
    for current in reached:
        if len(reached) >= NEIGHBOURS_MAX:
            break
        for edge in edges:
            if edge.source == current and edge.target not in reached:
                reached.append(edge.target)
    return tuple(reached[:NEIGHBOURS_MAX])
