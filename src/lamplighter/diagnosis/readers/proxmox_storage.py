"""Reads how full the storages of a Proxmox node are, and which of them are away."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import Unreadable, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.proxmox_answer import answered, full_disk, node_of, share
from lamplighter.domain.evidence import Evidence, Fact

STORAGES_MAX = 50


def read_storage(evidence: Evidence) -> list[Fact]:
    """One fact `storage` for each, and one `probe` for each that is full; they are the node's. Raises `Unreadable`."""
    found = answered(evidence.content)
    if not isinstance(found, list):
        raise Unreadable("a list of storages was expected")
    node = node_of(evidence) or owner(evidence)
    facts: list[Fact] = []
    for one in found[:STORAGES_MAX]:
        name = shown(text(one, "storage"), 80)
        if not name:
            continue
        used, active = share(one, "used", "total"), number(one, "active") != 0.0
        values = known(
            storage=name,
            type=shown(text(one, "type"), 40),
            active=active,
            used_share=used,
            free_bytes=number(one, "avail"),
        )
        level = f"{used:.0%} full" if used is not None else "there"
        said = f"storage {name} of {node} is {level if active else 'away'}"
        facts.append(draft(evidence, "storage", said, values, at=evidence.at, component=node))
        facts += full_disk(evidence, node, name, used)
    return facts
