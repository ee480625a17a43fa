from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact


def _read(content: object) -> list[Fact]:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read(Evidence("e1", "alertmanager.alerts", "front", {}, "application/json", json.dumps(content), at))


def test_active_alerts_are_facts_of_their_component() -> None:
    active = {"labels": {"alertname": "Slow", "service": "store"}, "status": {"state": "active"}}
    (fact,) = _read([active | {"startsAt": "2026-03-01T11:00:00Z"}, 5, {}])
    assert (fact.kind, fact.component, fact.values["name"]) == ("alert", "store", "Slow")
    assert fact.at == datetime(2026, 3, 1, 11, tzinfo=UTC)


def test_what_is_muted_is_told_apart_with_what_mutes_it() -> None:
    loud = {"labels": {"alertname": "Loud", "service": "store"}}
    silenced = loud | {"status": {"state": "suppressed", "silencedBy": ["s1"], "inhibitedBy": []}}
    inhibited = loud | {"status": {"state": "suppressed", "silencedBy": [], "inhibitedBy": ["f1"]}}
    unprocessed = loud | {"status": {"state": "unprocessed"}}
    found = _read([silenced, inhibited, unprocessed])
    assert [(fact.kind, fact.values["by"]) for fact in found] == [
        ("alert_muted", "silence"),
        ("alert_muted", "inhibition"),
    ]


def test_rubbish() -> None:
    assert [fact.kind for fact in _read({"alerts": []})] == ["unreadable"]
