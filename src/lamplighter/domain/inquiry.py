"""What to look at, decided from the incident: what first, how far, and what a doubt leads to next. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from lamplighter.domain.cause import CONFIRMED_FROM, Diagnosis
from lamplighter.domain.evidence import Fact
from lamplighter.domain.topology import Component, Edge, Resolution, needed_by

COMPONENTS_MAX = 16
BESIDE_MAX = 4
NEXT_MAX = 4
ROUNDS_MAX = 3
DOUBTED_CAUSES_MAX = 3
SHARING = frozenset({"runs_on", "contains"})
# Values by which a fact names another component than its own.
NAMING = ("target", "host", "peer", "upstream", "service", "node", "needs")


@dataclass(frozen=True, slots=True)
class Lead:
    """A component to look at next, and why."""

    component: Component
    reason: str


def first_looks(meant: Resolution, edges: tuple[Edge, ...], components: tuple[Component, ...]) -> tuple[Component, ...]:
    """The alert's component, what it needs (nearest first), and what runs beside it; or all that could be meant."""
    if meant.component is None:
        return meant.candidates[:COMPONENTS_MAX]
    needed = needed_by(meant.component.name, edges)
    beside = _beside(meant.component.name, edges, needed)
    found = {part.id: part for name in (*needed, *beside) for part in components if name in part.names}
    return tuple(found.values())[:COMPONENTS_MAX]


def _beside(name: str, edges: Iterable[Edge], needed: Collection[str]) -> tuple[str, ...]:
    """What shares a host with it, at most BESIDE_MAX names, in the order of names."""
    places = {_place(edge) for edge in edges if edge.kind in SHARING and name in {edge.source, edge.target}}
    sharing = {_guest(edge) for edge in edges if edge.kind in SHARING and _place(edge) in places}
    return tuple(sorted(sharing - {name} - set(needed)))[:BESIDE_MAX]


def _place(edge: Edge) -> str:
    return edge.target if edge.kind == "runs_on" else edge.source


def _guest(edge: Edge) -> str:
    return edge.source if edge.kind == "runs_on" else edge.target


def next_looks(diagnosis: Diagnosis, asked: Collection[str], components: Sequence[Component]) -> tuple[Lead, ...]:
    """What the facts make doubtful: components that they blame or name and that nobody has looked at yet.

    `asked` holds the names that were looked at. Nothing where a cause is confirmed on a component that was.
    """
    best = diagnosis.best
    if best is not None and best.confidence >= CONFIRMED_FROM and best.component in asked:
        return ()
    by_name = {name: part for part in components for name in part.names}
    leads: dict[str, Lead] = {}
    for name, reason in (*_blamed(diagnosis), *_named(diagnosis.facts)):
        part = by_name.get(name)
        if part is not None and not part.names & set(asked):
            leads.setdefault(part.id, Lead(part, reason))
    return tuple(leads.values())[:NEXT_MAX]


def _blamed(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    return [
        (cause.component, f"{cause.fault} is {cause.word} there") for cause in diagnosis.causes[:DOUBTED_CAUSES_MAX]
    ]


def _named(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    """What facts name besides their own component: addresses lose their port."""
    found: list[tuple[str, str]] = []
    for fact in facts:
        for key in NAMING:
            value = fact.values.get(key)
            if isinstance(value, str) and value:
                name = value.removeprefix("/").partition(":")[0]
                found.append((name, f"{fact.component or fact.kind} names it [{fact.id}]"))
                found.append((name.partition(".")[0], f"{fact.component or fact.kind} names it [{fact.id}]"))
    return found
