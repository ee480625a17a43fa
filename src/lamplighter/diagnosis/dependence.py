"""What needs what: everything below a component, and what it needs directly. Cycles are allowed."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.domain.topology import Edge

REACH_MAX = 2000


@dataclass(frozen=True, slots=True)
class Dependence:
    """The topology of one case, ready to be asked. Nothing is said of components that no edge names."""

    needs: dict[str, tuple[str, ...]]
    listed: frozenset[str]

    def below(self, component: str) -> frozenset[str]:
        """All that a component needs, directly or not, without itself; at most REACH_MAX names."""
        reached = [component]
        seen = {component}
        for current in reached:
            for target in self.needs.get(current, ()):
                if target not in seen and len(reached) < REACH_MAX:
                    seen.add(target)
                    reached.append(target)
        return frozenset(seen - {component})


def dependence(edges: tuple[Edge, ...]) -> Dependence:
    """The edges as a table; an edge to itself says nothing."""
    needs: dict[str, set[str]] = {}
    for edge in edges:
        if edge.source != edge.target:
            needs.setdefault(edge.source, set()).add(edge.target)
    listed = frozenset(name for edge in edges for name in (edge.source, edge.target))
    return Dependence({source: tuple(sorted(targets)) for source, targets in needs.items()}, listed)
