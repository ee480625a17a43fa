"""The streams of alerts that the grouping is measured on: interleaved incidents, different alerts, storms, flapping."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from lamplighter.domain.alert import Alert, AlertStatus, fingerprint_of
from lamplighter.domain.topology import Component, Edge

CASES_MAX = 4
SPREAD = timedelta(minutes=10)
STORM_SPREAD = timedelta(seconds=10)
CHILDREN_MAX = 12
CYCLE = timedelta(seconds=20)
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
COPIES = ("north", "south", "east", "west")
NODES = ("node-a", "node-b", "node-c")
# What every copy uses and what stays healthy: it must join nothing.
SHARED = ("dns", "telemetry")
ENTRANCE = "ingress"
NAMESPACE = "shop"
STORM_RULES = ("HighRequestErrorRate", "HighRequestLatency", "ProbeFailed", "PodNotReady")


@dataclass(frozen=True, slots=True)
class Timed:
    """An alert and when it comes in."""

    at: datetime
    alert: Alert


@dataclass(frozen=True, slots=True)
class Mixture:
    """Alerts of several incidents, in the order in which they come in; `truth` is the incident of each."""

    arrivals: tuple[Timed, ...]
    truth: tuple[str, ...]
    edges: tuple[Edge, ...]
    components: tuple[Component, ...]


def mixture(cases: Sequence[Mapping[str, Any]], random: Random) -> Mixture:
    """Two to four different incidents at once, each on its own copy of its topology."""
    chosen = random.sample(range(len(cases)), random.randint(2, CASES_MAX))
    arrivals: list[tuple[Timed, str]] = []
    edges: dict[Edge, None] = {}
    names: dict[str, None] = dict.fromkeys((*SHARED, ENTRANCE))
    for copy, number in zip(COPIES, chosen, strict=False):
        case = cases[number]
        own = {name: f"{copy}-{name}" for name in case["components"] if name not in _namespaces(case)}
        names.update(dict.fromkeys(own.values()))
        for edge in case["topology"]:
            edges[Edge(own[edge["from"]], own[edge["to"]], edge["kind"])] = None
        for edge in _shared_edges(own.values(), case["topology"], own, random):
            edges[edge] = None
        for payload in case["alerts"]:
            at = NOON + SPREAD * random.random()
            arrivals.append((Timed(at, _renamed(payload, own, at)), copy))
    random.shuffle(arrivals)
    arrivals.sort(key=lambda pair: pair[0].at)
    components = tuple(Component("kubernetes", "workload", name, f"id-{name}", group=NAMESPACE) for name in names)
    return Mixture(tuple(timed for timed, _ in arrivals), tuple(copy for _, copy in arrivals), tuple(edges), components)


def _namespaces(case: Mapping[str, Any]) -> set[str]:
    return {alert["labels"]["namespace"] for alert in case["alerts"]}


def _shared_edges(
    names: Iterable[str], topology: Sequence[Mapping[str, str]], own: Mapping[str, str], random: Random
) -> Iterable[Edge]:
    needed = {own[edge["to"]] for edge in topology}
    for name in names:
        yield Edge(name, random.choice(NODES), "runs_on")
        for shared in SHARED:
            yield Edge(name, shared)
        if name not in needed:
            yield Edge(ENTRANCE, name, "routes_to")


def _renamed(payload: Mapping[str, Any], own: Mapping[str, str], at: datetime) -> Alert:
    labels = {name: own.get(value, value) for name, value in payload["labels"].items()}
    labels["namespace"] = NAMESPACE
    said = [own.get(word, word) for word in payload["annotations"].get("summary", "").split(" ")]
    return Alert("alertmanager", fingerprint_of(labels), AlertStatus.FIRING, labels, {"summary": " ".join(said)}, at)


def read_cases(data: Path) -> list[dict[str, Any]]:
    """The cases whose alerts are mixed, in the order of their names."""
    return [json.loads(path.read_text()) for path in sorted(data.glob("cases/itbench/*/case.json"))]


def different(data: Path) -> list[Timed]:
    """Every alert rule of the retrieval set once, all at the same moment, each on a component of its own."""
    said: dict[tuple[str, str], str] = {}
    for line in (data / "retrieval" / "queries_dev.jsonl").read_text().splitlines():
        query = json.loads(line)
        if query["variant"] == "easy":
            said.setdefault((query["set"], query["alert"]), query["query"])
    return [
        Timed(NOON, _fired(name, text, f"service-{number}", team=family))
        for number, ((family, name), text) in enumerate(said.items())
    ]


def storm(size: int, random: Random) -> tuple[list[Timed], tuple[Edge, ...]]:
    """Every node of a tree fires within ten seconds, in any order; each needs its parent, and the root is the cause."""
    room = [0]
    edges: list[Edge] = []
    children: dict[int, int] = {}
    for node in range(1, size):
        place = random.randrange(len(room))
        parent = room[place]
        edges.append(Edge(_node(node), _node(parent)))
        room.append(node)
        children[parent] = children.get(parent, 0) + 1
        if children[parent] >= CHILDREN_MAX:
            room[place] = room[-1]
            room.pop()
    order = random.sample(range(size), size)
    arrivals = [
        Timed(
            NOON + STORM_SPREAD * index / size,
            _fired(STORM_RULES[node % len(STORM_RULES)], f"{_node(node)} is in trouble", _node(node)),
        )
        for index, node in enumerate(order)
    ]
    return arrivals, tuple(edges)


def flapping(cycles: int) -> list[Timed]:
    """One alert that fires and ends again, half a cycle each."""
    alert = _fired("ProbeFailed", "the probe of web fails", "web")
    found: list[Timed] = []
    for cycle in range(cycles):
        start, end = NOON + cycle * CYCLE, NOON + (cycle + 0.5) * CYCLE
        episode = replace(alert, starts_at=start)
        found += (Timed(start, episode), Timed(end, replace(episode, status=AlertStatus.RESOLVED, ends_at=end)))
    return found


def _fired(name: str, summary: str, service: str, **more: str) -> Alert:
    labels = {"alertname": name, "namespace": NAMESPACE, "service": service, "severity": "warning", **more}
    return Alert("alertmanager", fingerprint_of(labels), AlertStatus.FIRING, labels, {"summary": summary}, NOON)


def _node(number: int) -> str:
    return f"part-{number}"
