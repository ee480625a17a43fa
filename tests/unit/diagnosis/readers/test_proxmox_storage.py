from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def facts(data: object) -> list[Fact]:
    text = json.dumps({"data": data})
    return read(Evidence("e1", "proxmox.storage", "jellyfin", {"node": "pve1"}, "application/json", text, AT))


def test_a_full_storage_is_a_failing_disk_of_its_node() -> None:
    level, full = facts([{"storage": "local", "type": "dir", "active": 1, "used": 99, "total": 100, "avail": 1}])
    assert (level.kind, level.number("used_share"), level.component) == ("storage", 0.99, "pve1")
    assert (full.kind, full.values["target"], full.component) == ("probe", "local", "pve1")


def test_a_storage_that_is_away_says_so() -> None:
    (away,) = facts([{"storage": "nas", "type": "nfs", "active": 0, "enabled": 1}])
    assert away.number("active") == 0.0
    assert "is away" in away.text


def test_rubbish_is_unreadable_or_nothing() -> None:
    assert [fact.kind for fact in facts({"storage": "local"})] == ["unreadable"]
    assert facts(["odd", {}, None]) == []
