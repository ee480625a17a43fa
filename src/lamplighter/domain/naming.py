"""Which one thing a name means: pods by their owners, services by what is behind them, equal names by their group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lamplighter.domain.topology import Component

HOLDS = "contains"
OWNERS_MAX = 5
_FRONT = "service"
_HOSTS = frozenset({"node", "host", "vm", "lxc", "qemu", "guest"})
# Only this system's groups are what alerts call a namespace.
_NAMESPACED = "kubernetes"


class Names:
    """Every name of every component, each with the one name that the topology uses for it.

    What is owned goes by its owner's name, a service by that of the one workload behind it. Where two components have
    one name, theirs is `group/name`.
    """

    def __init__(self, components: Iterable[Component]) -> None:
        self._called: dict[str, dict[str, Component]] = {}
        known = tuple(components)
        for part in known:
            for name in part.names:
                self._called.setdefault(name, {})[part.id] = part
        self._holders: dict[str, str] = {}
        behind: dict[str, set[str]] = {}
        for holder in known:
            for held in self._held(holder):
                if holder.kind == _FRONT:
                    behind.setdefault(holder.id, set()).add(held.id)
                else:
                    self._holders[held.id] = holder.id
        fronted = {front: {self._top(held) for held in ids} for front, ids in behind.items()}
        for front, tops in fronted.items():
            if len(tops) == 1:
                self._holders[front] = next(iter(tops))
        by_id = {part.id: part for part in known}
        self._own = {part.id: self._unique(by_id[self._top(part.id)]) for part in known}
        self._kinds = {self._own[part.id]: part.kind for part in known if self._top(part.id) == part.id}

    def own(self, name: str, near: Component | None = None) -> str:
        """The topology's name for what `near` calls `name`; what is not known keeps it, what is not clear has none."""
        if name not in self._called:
            return name
        found = self._called[name].values()
        beside = [part for part in found if near is not None and _place(part) == _place(near)]
        return self._meant(name, beside or found)

    def canonical(self, name: str, namespace: str) -> str | None:
        """The topology's name for `name`; None: it knows no such thing; empty: which one cannot be told."""
        parts = self._called.get(name)
        if parts is None:
            return None
        return self._meant(name, [part for part in parts.values() if not namespace or _fits(part, namespace)])

    def is_host(self, own: str) -> bool | None:
        """Whether the inventory knows this as what many things run on; None where it does not know it."""
        kind = self._kinds.get(own)
        return None if kind is None else kind in _HOSTS

    def replicas(self) -> Iterator[tuple[str, str]]:
        """Names that several equal components go by, each with the name of one of them."""
        for name, parts in self._called.items():
            if len(parts) > 1 and self._meant(name, parts.values()) == name:
                yield from ((name, self._own[part]) for part in parts if self._own[part] != name)

    def members(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """What belongs to each group, by system and group."""
        groups: dict[tuple[str, str], dict[str, None]] = {}
        for parts in self._called.values():
            for part in parts.values():
                if part.group and self._own[part.id]:
                    groups.setdefault(_place(part), {})[self._own[part.id]] = None
        return {group: tuple(names) for group, names in groups.items()}

    def _meant(self, name: str, parts: Iterable[Component]) -> str:
        found = list(parts)
        own = {self._own[part.id] for part in found}
        if len(own) == 1:
            return next(iter(own))
        alike = len({_place(part) for part in found}) == 1 and not any(part.name == name for part in found)
        return name if found and alike else ""

    def _held(self, holder: Component) -> Iterator[Component]:
        for edge in holder.edges:
            if edge.kind == HOLDS and edge.source in holder.names:
                found = [part for part in self._called.get(edge.target, {}).values() if _place(part) == _place(holder)]
                if len(found) == 1 and found[0].id != holder.id:
                    yield found[0]

    def _top(self, part_id: str) -> str:
        for _ in range(OWNERS_MAX):
            holder = self._holders.get(part_id)
            if holder is None:
                break
            part_id = holder
        return part_id

    def _unique(self, part: Component) -> str:
        namesakes = [other for other in self._called[part.name].values() if other.name == part.name]
        if len(namesakes) == 1:
            return part.name
        alone = part.group and sum(_place(other) == _place(part) for other in namesakes) == 1
        return f"{part.group}/{part.name}" if alone else ""


def _place(part: Component) -> tuple[str, str]:
    return part.system, part.group


def _fits(part: Component, namespace: str) -> bool:
    """Whether an alert of this namespace may mean it; only the groups of one system are namespaces."""
    return part.group == namespace or not part.group or part.system != _NAMESPACED
