from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def facts(data: object) -> list[Fact]:
    text = json.dumps({"data": data})
    return read(Evidence("e1", "proxmox.nodes", "jellyfin", {"node": "pve1"}, "application/json", text, AT))


def test_a_node_that_is_away_is_a_machine_that_cannot_be_reached() -> None:
    up, down = facts([{"node": "pve1", "status": "online"}, {"node": "pve2", "status": "offline"}])
    assert (up.kind, up.component, up.number("running")) == ("state", "pve1", 1.0)
    assert (down.kind, down.component, down.values["error"]) == ("probe", "pve2", "unreachable")


def test_a_node_that_may_not_be_seen_is_neither() -> None:
    assert facts([{"node": "pve1", "status": "unknown"}, "odd", {}]) == []


def test_what_a_node_uses() -> None:
    memory, disk = {"used": 95, "total": 100}, {"used": 99, "total": 100}
    usage, full = facts({"cpu": 0.97, "loadavg": ["9.1", "8", "7"], "memory": memory, "rootfs": disk})
    assert (usage.component, usage.number("cpu_share"), usage.number("load")) == ("pve1", 0.97, 9.1)
    assert usage.number("memory_share") == 0.95
    assert (full.values["probe"], full.values["target"]) == ("disk", "/")


def test_rubbish_is_unreadable_or_nothing() -> None:
    assert [fact.kind for fact in facts("odd")] == ["unreadable"]
    assert facts({"loadavg": []}) == []
