"""Puts what was measured in its place in a cluster: pods under their workloads, nodes apart, and what nodes lose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from lamplighter.diagnosis.cluster.drafting import KUBE, Ground, fact_of
from lamplighter.diagnosis.cluster.inventory import Inventory
from lamplighter.diagnosis.cluster.wires import node_named
from lamplighter.diagnosis.readers.draft import known, shown
from lamplighter.diagnosis.rows import rows_of
from lamplighter.domain.evidence import Evidence, Fact

ORIGIN, SHIFT = "origin", "metric_shift"
RANGE_TOOLS = frozenset({"prometheus.query_range"})
POINTS_MIN = 6
SERIES_MAX = 500
TIMES_MORE = 5.0
SHARE_LOST = 0.02
LOST_A_SECOND = 10.0
_LOSS = re.compile(
    r"(?i)retrans|_drop(?:ped)?_|receive_errs|transmit_errs|packet_?loss|lost_packets"
    r"|probe_icmp.{0,20}loss"
)
_WAYS = frozenset({"latency", "network"})


def measured_facts(found: Inventory, facts: list[Fact]) -> list[Fact]:
    """The facts of measurements with the names of the cluster's components; a node's delay is that of its network."""
    families: dict[str, set[str]] = {}
    for fact in facts:
        if fact.kind == SHIFT:
            families.setdefault(fact.component, set()).add(str(fact.values.get("family", "")))
    placed: list[Fact] = []
    for fact in facts:
        node = node_named(found, fact.component)
        values = dict(fact.values)
        lead = str(values.get("lead", ""))
        if fact.kind == ORIGIN and node and lead in _WAYS:
            values["lead"] = "node_network"
        elif fact.kind == ORIGIN and lead == "resource" and families.get(fact.component, set()) == {"memory"}:
            values["lead"] = "memory"
        elif fact.kind == ORIGIN and lead == "network" and fact.component in found.naming.pods:
            values["lead"] = "pod_network"
        component = node or (found.naming.said(fact.component) if fact.component else "")
        placed.append(replace(fact, component=component, values=values))
    return placed


def lost_facts(found: Inventory, pieces: list[Evidence]) -> Iterator[Fact]:
    """Facts `kube` packet_loss of nodes whose counters of lost or repeated packets rose far above what they were."""
    for piece in pieces:
        query = piece.params.get("query", "")
        if piece.tool in RANGE_TOOLS and _LOSS.search(f"{query} {piece.content[:2_000]}"):
            yield from _lost(found, piece, query)


def _lost(found: Inventory, piece: Evidence, query: str) -> Iterator[Fact]:
    for row in rows_of(piece)[:SERIES_MAX]:
        values = [value for _, value in row.points]
        host = next((row.labels[key] for key in ("node", "nodename", "instance", "host") if row.labels.get(key)), "")
        if len(values) < POINTS_MIN or not host:
            continue
        third = max(2, len(values) // 3)
        before, after = median(values[:third]), median(values[-third:])
        least = SHARE_LOST if "/" in query and max(values) <= 1.0 else LOST_A_SECOND
        if after < least or after < before * TIMES_MORE:
            continue
        plain = host.split(":", maxsplit=1)[0]
        component = node_named(found, plain) or plain
        words = f"{shown(query, 160)} of {component} rose from {before:.3g} to {after:.3g}"
        ground = Ground(piece.id, query or piece.tool, component, piece.at)
        yield fact_of(ground, KUBE, words, known(sign="packet_loss", node=True, target=component))
