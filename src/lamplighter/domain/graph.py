"""The topology as a table that is asked often: canonical names, what needs what, bounded walks. It never changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lamplighter.domain.naming import HOLDS, Names
from lamplighter.domain.topology import Component, Edge

HOPS_MAX = 3
WALK_MAX = 256
BELOW_MAX = 2_000
CACHED_MAX = 256
# What many need and what itself needs many, such as telemetry or an ingress: trouble does not pass through it unseen.
HUB_FROM = 6
# Sharing a place says nothing of a common need: everything runs somewhere. A name needs whatever answers to it.
_REPLICA = "replica"
_PLACES = frozenset({"runs_on", _REPLICA})
_Links = dict[str, dict[str, None]]


@dataclass(frozen=True, slots=True)
class Step:
    """One name on a walk, nearest first; `via` is the index of the step it was reached from, -1 for a direct one."""

    name: str
    hops: int
    via: int


class Graph:
    """What needs what. Walks are kept, because a storm asks the same ones again and again."""

    def __init__(self, edges: Iterable[Edge], components: Iterable[Component] = ()) -> None:
        known = tuple(components)
        self._names = Names(known)
        needs: _Links = {}
        needed: _Links = {}
        calls: _Links = {}
        users: _Links = {}
        listed: set[str] = set()
        taught: dict[tuple[str, str], frozenset[str]] = {}
        known_surely: set[tuple[str, str]] = set()
        for source, target, kind, teacher in self._named(edges, known):
            listed |= {source, target}
            if kind == HOLDS:
                continue
            if teacher is None:
                known_surely.add((source, target))
            else:
                taught[source, target] = taught.get((source, target), frozenset()) | {teacher}
            needs.setdefault(source, {})[target] = None
            needed.setdefault(target, {})[source] = None
            if kind not in _PLACES:
                calls.setdefault(source, {})[target] = None
                users.setdefault(target, {})[source] = None
        self._needs = {name: tuple(found) for name, found in needs.items()}
        self._calls = {name: tuple(found) for name, found in calls.items()}
        self._users = {name: tuple(found) for name, found in users.items()}
        self._hubs = frozenset(n for n, users in needed.items() if min(len(users), len(needs.get(n, ()))) >= HUB_FROM)
        self._listed = frozenset(listed)
        self._taught = {pair: teachers for pair, teachers in taught.items() if pair not in known_surely}
        self._groups = {f"{system}/{group}": names for (system, group), names in self._names.members().items()}
        self._group_of = {name: group for group, names in self._groups.items() for name in names}
        self._walks: dict[str, tuple[Step, ...]] = {}
        self._below: dict[str, frozenset[str]] = {}

    def _named(self, edges: Iterable[Edge], known: Iterable[Component]) -> Iterator[tuple[str, str, str, str | None]]:
        """Every edge between things that are clearly told, by the names that the topology uses."""
        own = self._names.own
        ends = [(own(edge.source), own(edge.target), edge.kind, edge.taught_by) for edge in edges]
        ends += [(own(one.source, part), own(one.target, part), one.kind, None) for part in known for one in part.edges]
        ends += [(name, replica, _REPLICA, None) for name, replica in self._names.replicas()]
        return (one for one in ends if one[0] and one[1] and one[0] != one[1])

    def canonical(self, name: str, namespace: str) -> str | None:
        """The topology's own name for `name`; None: it knows no such thing; empty: which one cannot be told."""
        found = self._names.canonical(name, namespace)
        return name if found is None and name in self._listed else found

    def is_host(self, name: str) -> bool | None:
        """Whether the inventory knows this as what many things run on; None where it does not know it."""
        return self._names.is_host(name)

    def lists(self, name: str) -> bool:
        """Whether any edge names it."""
        return name in self._listed

    def uses(self, name: str) -> tuple[str, ...]:
        """What it needs directly, but for where it runs and what it belongs to."""
        return self._calls.get(name, ())

    def users(self, name: str) -> tuple[str, ...]:
        """What is known to need it directly, but for what it merely holds."""
        return self._users.get(name, ())

    def group(self, name: str) -> tuple[str, tuple[str, ...]]:
        """The group that it belongs to and everything known in it; empty where it belongs to none."""
        group = self._group_of.get(name, "")
        return group, self._groups.get(group, ())

    def walk(self, name: str) -> tuple[Step, ...]:
        """What it needs within HOPS_MAX, nearest first, at most WALK_MAX names."""
        kept = self._walks.get(name)
        if kept is None:
            if name not in self._needs:
                return ()
            kept = self._walks[name] = self._walked(name)
        return kept

    def _walked(self, name: str) -> tuple[Step, ...]:
        seen = {name}
        steps: list[Step] = []
        at, current, hops = -1, name, 0
        while hops < HOPS_MAX and len(steps) < WALK_MAX:
            for target in self._needs.get(current, ()) if at < 0 or current not in self._hubs else ():
                if target not in seen and len(steps) < WALK_MAX:
                    seen.add(target)
                    steps.append(Step(target, hops + 1, at))
            at += 1
            if at >= len(steps):
                break
            current, hops = steps[at].name, steps[at].hops
        return tuple(steps)

    def teachers(self, name: str, target: str) -> frozenset[str] | None:
        """The sources that each taught the way from `name` to what it needs; None where no alert had to teach it."""
        if not self._taught:
            return None
        steps = self.walk(name)
        at = next((index for index, step in enumerate(steps) if step.name == target), -1)
        found: frozenset[str] | None = None
        while at >= 0:
            step = steps[at]
            said = self._taught.get((name if step.via < 0 else steps[step.via].name, step.name))
            if said is not None:
                found = said if found is None else found & said
            at = step.via
        return found

    def reaches(self, name: str, target: str) -> bool:
        """Whether `name` needs `target`, however far, within BELOW_MAX names."""
        if name == target or name not in self._needs:
            return False
        below = self._below.get(name)
        if below is None:
            if len(self._below) >= CACHED_MAX:
                self._below.clear()
            below = self._below[name] = self._all_below(name)
        return target in below

    def _all_below(self, name: str) -> frozenset[str]:
        seen = {name}
        reached = [name]
        for current in reached:
            for target in self._needs.get(current, ()):
                if target not in seen and len(reached) <= BELOW_MAX:
                    seen.add(target)
                    reached.append(target)
        return frozenset(reached[1:])
