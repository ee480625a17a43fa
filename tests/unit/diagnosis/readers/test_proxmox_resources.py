from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

ROWS = [
    {"id": "node/alm", "type": "node", "node": "alm", "status": "offline"},
    {"id": "node/tal", "type": "node", "node": "tal", "status": "online", "cpu": 0.4, "mem": 1, "maxmem": 4},
    {
        "id": "qemu/7",
        "type": "qemu",
        "node": "tal",
        "name": "files",
        "vmid": 7,
        "status": "running",
        "cpu": 0.97,
        "maxcpu": 8,
    },
    {"id": "lxc/9", "type": "lxc", "node": "tal", "name": "dns", "vmid": 9, "status": "stopped"},
    {"id": "storage/tal/big", "type": "storage", "node": "tal", "storage": "big", "disk": 999, "maxdisk": 1000},
]


def _read(content: object) -> list[Fact]:
    text = json.dumps(content)
    return read(Evidence("e1", "proxmox.resources", "", {}, "application/json", text, datetime(2026, 3, 1, tzinfo=UTC)))


def test_a_node_that_is_away_is_unreachable() -> None:
    fact = next(fact for fact in _read({"data": ROWS}) if fact.component == "alm")
    assert (fact.kind, fact.values["error"]) == ("probe", "unreachable")


def test_guests_know_their_node_and_use() -> None:
    facts = [fact for fact in _read({"data": ROWS}) if fact.component == "files"]
    assert [fact.kind for fact in facts] == ["guest", "usage"]
    assert (facts[1].values["node"], facts[1].values["cpu_share"]) == ("tal", 0.97)


def test_a_full_storage_is_told() -> None:
    assert any(fact.values.get("target") == "big" for fact in _read({"data": ROWS}))


def test_something_else_is_unreadable() -> None:
    assert [fact.kind for fact in _read({"data": {}})] == ["unreadable"]
