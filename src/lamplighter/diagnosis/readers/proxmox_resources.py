"""Reads the list of all that a Proxmox cluster holds: nodes that are away, guests and what each of them uses."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import Unreadable, number, text
from lamplighter.diagnosis.readers.draft import draft, known, shown
from lamplighter.diagnosis.readers.proxmox_answer import ENGINE, answered, full_disk, share
from lamplighter.domain.evidence import Evidence, Fact

ROWS_MAX = 500


def read_resources(evidence: Evidence) -> list[Fact]:
    """Facts `state`, `probe` and `usage` of nodes and guests, and `probe` of full storages. Raises `Unreadable`."""
    found = answered(evidence.content)
    if not isinstance(found, list):
        raise Unreadable("a list of resources was expected")
    facts: list[Fact] = []
    for one in found[:ROWS_MAX]:
        kind = text(one, "type")
        if kind == "node":
            facts += _node(evidence, one)
        elif kind in {"qemu", "lxc"}:
            facts += _guest(evidence, one)
        elif kind == "storage":
            node, name = shown(text(one, "node"), 80), shown(text(one, "storage"), 80)
            facts += full_disk(evidence, node or name, name, share(one, "disk", "maxdisk"))
    return facts


def _node(evidence: Evidence, one: object) -> list[Fact]:
    node, status = shown(text(one, "node"), 80), text(one, "status")
    if status in {"offline", "unknown"}:
        values = known(probe="node", state="failing", error="unreachable", target=node)
        said = f"node {node} is {status}: the rest of the cluster does not reach it"
        return [draft(evidence, "probe", said, values, at=evidence.at, component=node)]
    usage = known(cpu_share=number(one, "cpu"), memory_share=share(one, "mem", "maxmem"), node=1.0)
    said = f"node {node} is {status or 'there'}" + (
        f", processor {usage['cpu_share']:.0%}" if "cpu_share" in usage else ""
    )
    return [draft(evidence, "usage", said, usage, at=evidence.at, component=node)]


def _guest(evidence: Evidence, one: object) -> list[Fact]:
    name = shown(text(one, "name"), 80) or shown(text(one, "id"), 80)
    status, node = text(one, "status"), shown(text(one, "node"), 80)
    if not status:
        return []
    template = number(one, "template") == 1.0
    values = known(
        engine=ENGINE,
        listing=1.0,
        status=shown(status, 40),
        running=status == "running",
        node=node,
        vmid=text(one, "vmid") or (f"{number(one, 'vmid'):.0f}" if number(one, "vmid") else ""),
        lock=shown(text(one, "lock"), 40),
    )
    facts = (
        []
        if template or status == "unknown"
        else [draft(evidence, "guest", f"guest {name} of {node} is {status}", values, at=evidence.at, component=name)]
    )
    cpu = number(one, "cpu")
    if status == "running" and cpu is not None:
        usage = known(cpu_share=cpu, cores=number(one, "maxcpu"), node=node)
        said = f"guest {name} of {node} uses {cpu:.0%} of its {number(one, 'maxcpu') or 0:.0f} processors"
        facts.append(draft(evidence, "usage", said, usage, at=evidence.at, component=name))
    return facts
