from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence, Fact

GOLDEN = Path(__file__).parents[3] / "golden" / "prometheus" / "rules.json"
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def facts(content: str, component: str = "svc1") -> list[Fact]:
    return read(Evidence("e1", "prometheus.rules", component, {}, "application/json", content, AT))


def rule(**more: object) -> str:
    told = {"name": "FrontDown", "query": "up == 0", "state": "inactive", "health": "ok", "alerts": [], **more}
    return json.dumps({"status": "success", "data": {"groups": [{"rules": [told, "odd", {}]}]}})


def test_recorded_rules_tell_their_state_and_for_whom() -> None:
    many = next(fact for fact in facts(GOLDEN.read_text()) if fact.values["name"] == "ManyDown")
    assert (many.values["state"], many.values["health"]) == ("firing", "ok")
    assert (many.number("firing_here"), many.values["expression"]) == (1.0, "probe_success == 0")
    assert many.at == datetime(2026, 11, 21, 1, 25, 4, 420337, tzinfo=UTC)


def test_a_rule_that_cannot_be_evaluated_says_why() -> None:
    (fact,) = facts(rule(health="err", lastError="found duplicate series for the match group"))
    assert fact.values["health"] == "err"
    assert "cannot be evaluated: found duplicate series" in fact.text


def test_a_quiet_rule_fires_for_nobody() -> None:
    (fact,) = facts(rule(alerts=[{"state": "pending", "labels": {"name": "svc1"}}]))
    assert (fact.values["state"], fact.number("firing")) == ("inactive", 0.0)


def test_rubbish() -> None:
    assert [fact.kind for fact in facts('{"status": "error", "error": "no"}')] == ["unreadable"]
    assert facts('{"status": "success", "data": {"groups": 5}}') == []
