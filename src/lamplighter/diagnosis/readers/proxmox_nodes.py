"""Reads which nodes of a Proxmox cluster answer, and what one of them uses."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import at, items, number, record, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.proxmox_answer import ENGINE, answered, full_disk, share
from lamplighter.domain.evidence import Evidence, Fact

NODES_MAX = 50


def read_nodes(evidence: Evidence) -> list[Fact]:
    """Facts `state` or `probe` for each node of a list, `usage` for the status of one. Raises `Unreadable`."""
    found = answered(evidence.content)
    if isinstance(found, list):
        return [fact for one in found[:NODES_MAX] if (fact := _standing(evidence, one)) is not None]
    data = record(found)
    node = evidence.params.get("node") or owner(evidence)
    values = known(
        memory_used_bytes=number(data, "memory", "used"),
        memory_ceiling_bytes=number(data, "memory", "total"),
        memory_share=share(at(data, "memory"), "used", "total"),
        swap_share=share(at(data, "swap"), "used", "total"),
        cpu_share=number(data, "cpu"),
        waiting_share=number(data, "wait"),
        load=_first(items(data, "loadavg")),
        disk_share=share(at(data, "rootfs"), "used", "total"),
    )
    if not values:
        return []
    parts = [f"{label} {value:.0%}" for label, key in _LABELS if isinstance(value := values.get(key), float)]
    said = f"node {node} uses {', '.join(parts) or 'what cannot be seen'}"
    facts = [draft(evidence, "usage", said, values, at=evidence.at, component=node)]
    return facts + full_disk(evidence, node, "/", share(at(data, "rootfs"), "used", "total"))


_LABELS = (("memory", "memory_share"), ("processor", "cpu_share"), ("disk", "disk_share"))


def _standing(evidence: Evidence, one: object) -> Fact | None:
    """A node that is away is a machine that does not answer, not a process that somebody stopped."""
    node, status = shown(text(one, "node"), 80), text(one, "status")
    if not node or status not in {"online", "offline"}:
        return None
    if status == "offline":
        values = known(probe="node", state="failing", error="unreachable", target=node)
        said = f"node {node} is offline: the rest of the cluster does not reach it"
        return draft(evidence, "probe", said, values, at=evidence.at, component=node)
    values = known(engine=ENGINE, status=status, running=1.0)
    return draft(evidence, "state", f"node {node} is online", values, component=node)


def _first(found: list[object]) -> float | None:
    return number({"first": found[0]}, "first") if found else None
