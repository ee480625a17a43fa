"""The things that the evidence of a case shows, as far as a plan needs them. Pure."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, flag, text
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.topology import Component

COMPONENTS_MAX = 2000
LABELS_MAX = 200
KINDS = {"docker": "container", "supervisor": "process", "kubectl": "pod", "systemctl": "unit", "proxmox": "guest"}
SYSTEMS = {"kubectl": "kubernetes", "systemctl": "systemd"}
# These show a thing itself and pin it; the rest only name it.
SHOWING = ("docker.inspect", "supervisor.status")


def inventory_of(case: Case) -> tuple[Component, ...]:
    """Each component once, by what shows it best; those of which only a name is known have no engine's id."""
    found: dict[str, Component] = {}
    pieces = sorted(case.evidence, key=lambda piece: piece.tool not in SHOWING)
    for piece in pieces[:COMPONENTS_MAX]:
        part = _shown(piece) if piece.tool in SHOWING and not piece.error else _named(piece)
        if part is not None:
            found.setdefault(part.name, part)
    return tuple(found.values())


def _shown(piece: Evidence) -> Component | None:
    try:
        data = decoded(piece.content)
    except Unreadable:
        return _named(piece)
    system = piece.tool.partition(".")[0]
    name = piece.component or text(data, "Name").strip("/") or text(data, "name")
    if not name:
        return None
    identity = text(data, "Id") or f"recorded:{name}"
    marks = at(data, "Config", "Labels")
    labels = (
        {str(key): str(value) for key, value in list(marks.items())[:LABELS_MAX]} if isinstance(marks, dict) else {}
    )
    running = bool(flag(data, "State", "Running")) or text(data, "statename") == "RUNNING"
    return Component(system, KINDS[system], name, identity, labels, running)


def _named(piece: Evidence) -> Component | None:
    client = piece.tool.partition(".")[0]
    if not piece.component or client not in KINDS:
        return None
    kind = piece.params.get("kind") or KINDS[client]
    return Component(SYSTEMS.get(client, client), kind, piece.component, f"recorded:{piece.component}")
